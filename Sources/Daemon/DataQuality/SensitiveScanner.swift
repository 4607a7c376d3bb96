import Nouns

/// Finds personal data and secrets by their shapes, check digits and well-known prefixes; one pass over the bytes.
///
/// Precise rather than complete: a card must pass Luhn's test, an IBAN its remainder and its country's length, an
/// address must be public, a phone number must be written as one. Names, streets and dates are not looked for.
package struct SensitiveScanner {
    package struct Match: Hashable, Sendable {
        package var kind: SensitiveKind
        /// Bytes of the text's UTF-8.
        package var range: Range<Int>
    }

    /// The search stops after so many bytes, so the time stays proportional to the length of the text.
    private static let longest = 4096

    private let bytes: UnsafeBufferPointer<UInt8>
    private var matches: [Match] = []
    private var keyBlocks = 0

    private init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// Every match, in order and without overlaps; of two that overlap, that of the kind named first in
    /// ``SensitiveKind``.
    package static func matches(in text: String) -> [Match] {
        var text = text
        return text.withUTF8 { bytes in
            var scanner = SensitiveScanner(bytes)
            scanner.scan()
            return scanner.matches
        }
    }

    /// The text with each match replaced by its kind in brackets, such as `[EMAIL]`.
    package static func redacted(_ text: String, _ matches: [Match]) -> String {
        guard !matches.isEmpty else { return text }
        let bytes = Array(text.utf8)
        var output: [UInt8] = []
        var end = 0
        for match in matches where match.range.lowerBound >= end && match.range.upperBound <= bytes.count {
            output.append(contentsOf: bytes[end..<match.range.lowerBound])
            output.append(contentsOf: "[\(match.kind.rawValue.uppercased())]".utf8)
            end = match.range.upperBound
        }
        output.append(contentsOf: bytes[end...])
        return String(decoding: output, as: UTF8.self)
    }

    private mutating func scan() {
        var found: [Match] = []
        func add(_ kind: SensitiveKind, _ range: Range<Int>?) {
            if let range { found.append(Match(kind: kind, range: range)) }
        }
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "@") { add(.email, email(at: index)) }
            let begins = index == 0 || !Self.isWord(bytes[index - 1])
            if begins {
                switch byte {
                case 0x30...0x39:
                    add(.ip, ipv4(at: index) ?? ipv6(at: index))
                    add(.card, card(at: index))
                    add(.phone, phone(at: index))
                case UInt8(ascii: "+"), UInt8(ascii: "("): add(.phone, phone(at: index))
                case UInt8(ascii: "-"): add(.secret, privateKey(at: index))
                case 0x41...0x5A, 0x61...0x7A:
                    add(.secret, token(at: index))
                    if byte <= 0x5A { add(.iban, iban(at: index)) }
                    add(.ip, ipv6(at: index))
                default: break
                }
            }
            index += 1
        }
        guard !found.isEmpty else { return }
        let rank = Dictionary(uniqueKeysWithValues: SensitiveKind.allCases.enumerated().map { ($1, $0) })
        found.sort { ($0.range.lowerBound, rank[$0.kind] ?? 0) < ($1.range.lowerBound, rank[$1.kind] ?? 0) }
        for match in found {
            guard let last = matches.last, last.range.overlaps(match.range) else {
                matches.append(match)
                continue
            }
            if (rank[match.kind] ?? 0) < (rank[last.kind] ?? 0) { matches[matches.count - 1] = match }
        }
    }

    // MARK: - E-mail

    private func email(at index: Int) -> Range<Int>? {
        func isLocal(_ byte: UInt8) -> Bool { Self.isAlphanumeric(byte) || "._%+-".utf8.contains(byte) }
        var start = index
        while start > 0, isLocal(bytes[start - 1]) { start -= 1 }
        while start < index, bytes[start] == UInt8(ascii: ".") { start += 1 }
        var end = index + 1
        while end < bytes.count,
            Self.isAlphanumeric(bytes[end]) || bytes[end] == UInt8(ascii: ".") || bytes[end] == UInt8(ascii: "-")
        { end += 1 }
        while end > index + 1, !Self.isAlphanumeric(bytes[end - 1]) { end -= 1 }
        let domain = bytes[(index + 1)..<end]
        guard start < index, let dot = domain.lastIndex(of: UInt8(ascii: ".")), dot > index + 1, end - dot > 2,
            bytes[(dot + 1)..<end].allSatisfy(Self.isLetter)
        else { return nil }
        return start..<end
    }

    // MARK: - Numbers

    private func ipv4(at start: Int) -> Range<Int>? {
        if start > 0, bytes[start - 1] == UInt8(ascii: ".") { return nil }
        var parts: [Int] = []
        var index = start
        while parts.count < 4 {
            var value = 0
            let first = index
            while index < bytes.count, Self.isDigit(bytes[index]), index - first < 3 {
                value = value * 10 + Int(bytes[index] - 0x30)
                index += 1
            }
            guard index > first, value < 256, index - first == 1 || bytes[first] != 0x30 else { return nil }
            parts.append(value)
            if parts.count < 4 {
                guard index < bytes.count, bytes[index] == UInt8(ascii: ".") else { return nil }
                index += 1
            }
        }
        // 1.2.3.4.5 and 1.2.3.4a are something else; a full stop at the end of a sentence is not.
        if index < bytes.count, Self.isWord(bytes[index]) { return nil }
        if index + 1 < bytes.count, bytes[index] == UInt8(ascii: "."), Self.isDigit(bytes[index + 1]) { return nil }
        return Self.isPublic(parts) ? start..<index : nil
    }

    /// Whether an address is routed: none of the special-purpose blocks of RFC 6890 and multicast.
    static func isPublic(_ p: [Int]) -> Bool {
        switch (p[0], p[1], p[2]) {
        case (0, _, _), (10, _, _), (127, _, _), (224..., _, _), (169, 254, _), (192, 168, _), (192, 0, 0), (192, 0, 2),
            (198, 51, 100), (203, 0, 113),
            (198, 18...19, _), (100, 64...127, _), (172, 16...31, _):
            false
        default: true
        }
    }

    /// A global unicast address (2000::/3), of at least three groups.
    private func ipv6(at start: Int) -> Range<Int>? {
        var end = start
        var colons = 0
        while end < bytes.count, end - start < 40 {
            if bytes[end] == UInt8(ascii: ":") { colons += 1 } else if !Self.isHexadecimal(bytes[end]) { break }
            end += 1
        }
        guard colons >= 2, end == bytes.count || !Self.isWord(bytes[end]) else { return nil }
        while end > start, bytes[end - 1] == UInt8(ascii: ":"),
            !(end - 2 >= start && bytes[end - 2] == UInt8(ascii: ":"))
        { end -= 1 }
        let text = String(decoding: bytes[start..<end], as: UTF8.self)
        let halves = text.split(separator: "::", omittingEmptySubsequences: false)
        let groups = halves.flatMap { $0.split(separator: ":", omittingEmptySubsequences: true) }
        guard halves.count <= 2, groups.allSatisfy({ $0.count <= 4 }),
            halves.count == 2 ? groups.count < 8 : groups.count == 8, groups.count >= 3 || text.hasSuffix("::"),
            let first = groups.first.flatMap({ UInt16($0, radix: 16) }), first & 0xE000 == 0x2000,
            !text.lowercased().hasPrefix("2001:db8")
        else { return nil }
        return start..<end
    }

    /// Digits from `start` with single separators of `allowed` between them; where the last digit ends.
    private func digits(from start: Int, upTo limit: Int, separators: String) -> (values: [Int], end: Int) {
        var values: [Int] = []
        var index = start
        var end = start
        while index < bytes.count, values.count <= limit {
            if Self.isDigit(bytes[index]) {
                values.append(Int(bytes[index] - 0x30))
                index += 1
                end = index
            } else if index > start, Self.isDigit(bytes[index - 1]), separators.utf8.contains(bytes[index]) {
                index += 1
            } else {
                break
            }
        }
        return (values, end)
    }

    private func card(at start: Int) -> Range<Int>? {
        let (values, end) = digits(from: start, upTo: 19, separators: " -")
        guard (13...19).contains(values.count), end == bytes.count || !Self.isWord(bytes[end]),
            let first = values.first, (3...6).contains(first),
            Set(values).count > 1
        else { return nil }
        return Self.passesLuhn(values) ? start..<end : nil
    }

    /// The check digit of ISO/IEC 7812-1.
    static func passesLuhn(_ digits: [Int]) -> Bool {
        var sum = 0
        for (offset, digit) in digits.reversed().enumerated() {
            let value = offset.isMultiple(of: 2) ? digit : digit * 2
            sum += value > 9 ? value - 9 : value
        }
        return sum.isMultiple(of: 10)
    }

    /// A number written as one to call: with a country code (`+49 30 1234567`), or as in North America (`(555)
    /// 123-4567`, `555-123-4567`).
    private func phone(at start: Int) -> Range<Int>? {
        if bytes[start] == UInt8(ascii: "+") {
            guard start + 1 < bytes.count, 0x31...0x39 ~= bytes[start + 1] else { return nil }
            var index = start + 1
            var count = 0
            var end = index
            while index < bytes.count, count < 16 {
                if Self.isDigit(bytes[index]) {
                    count += 1
                    end = index + 1
                } else if !" -./()".utf8.contains(bytes[index]) || index - end > 1 {
                    break
                }
                index += 1
            }
            return (8...15).contains(count) && (end == bytes.count || !Self.isWord(bytes[end])) ? start..<end : nil
        }
        // area code, exchange, line: three, three and four digits, separated.
        var index = start
        func group(_ count: Int) -> Bool {
            guard index + count <= bytes.count, bytes[index..<(index + count)].allSatisfy(Self.isDigit) else {
                return false
            }
            index += count
            return true
        }
        func separator(_ allowed: String) -> Bool {
            guard index < bytes.count, allowed.utf8.contains(bytes[index]) else { return false }
            index += 1
            return true
        }
        if separator("(") {
            guard group(3), separator(")") else { return nil }
            _ = separator(" ")
        } else {
            guard group(3), separator("-.") else { return nil }
        }
        guard group(3), separator("-."), group(4), index == bytes.count || !Self.isWord(bytes[index]) else {
            return nil
        }
        return start..<index
    }

    // MARK: - IBAN

    private static let ibanLengths: [String: Int] = [
        "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28,
        "CH": 21, "CR": 22, "CY": 28, "CZ": 24,
        "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22,
        "GI": 23, "GL": 18, "GR": 27, "GT": 28,
        "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28,
        "LC": 32, "LI": 21, "LT": 20, "LU": 20,
        "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24,
        "PL": 28, "PS": 29, "PT": 25, "QA": 29,
        "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23,
        "TN": 24, "TR": 26, "UA": 29, "VA": 22,
        "VG": 24, "XK": 20,
    ]

    private func iban(at start: Int) -> Range<Int>? {
        guard start + 15 <= bytes.count, Self.isUpper(bytes[start + 1]), Self.isDigit(bytes[start + 2]),
            Self.isDigit(bytes[start + 3]),
            let length = Self.ibanLengths[String(decoding: bytes[start..<(start + 2)], as: UTF8.self)]
        else { return nil }
        var characters: [UInt8] = []
        var index = start
        while index < bytes.count, characters.count < length {
            if Self.isDigit(bytes[index]) || Self.isUpper(bytes[index]) {
                characters.append(bytes[index])
            } else if bytes[index] != 32 {
                return nil
            }
            index += 1
        }
        guard characters.count == length, index == bytes.count || !Self.isWord(bytes[index]) else { return nil }
        // ISO 7064: letters are 10 to 35; the whole, its first four characters last, leaves 1 modulo 97.
        var remainder = 0
        for character in characters[4...] + characters[..<4] {
            let value = Self.isDigit(character) ? Int(character - 0x30) : Int(character) - 0x41 + 10
            remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97
        }
        return remainder == 1 ? start..<index : nil
    }

    // MARK: - Secrets

    /// Prefix, the characters after it beyond letters and digits, and how many there are at least.
    private static let tokens: [(prefix: [UInt8], extra: [UInt8], least: Int)] = [
        ("sk-", "-_", 20), ("sk_live_", "", 16), ("rk_live_", "", 16), ("sk_test_", "", 16), ("ghp_", "", 36),
        ("gho_", "", 36), ("ghu_", "", 36),
        ("ghs_", "", 36), ("ghr_", "", 36), ("github_pat_", "_", 50), ("glpat-", "-_", 20), ("AKIA", "", 16),
        ("ASIA", "", 16), ("AIza", "-_", 35),
        ("xoxb-", "-", 20), ("xoxp-", "-", 20), ("xoxa-", "-", 20), ("xoxr-", "-", 20), ("xoxs-", "-", 20),
        ("npm_", "", 36), ("hf_", "", 30),
        ("pypi-", "-_", 50), ("whsec_", "+/=", 24), ("SG.", "-_.", 40), ("dop_v1_", "", 60), ("shpat_", "", 32),
        ("EAAC", "", 60),
    ].map { (Array($0.0.utf8), Array($0.1.utf8), $0.2) }

    private func token(at start: Int) -> Range<Int>? {
        for (prefix, extra, least) in Self.tokens
        where bytes[start] == prefix[0] && start + prefix.count <= bytes.count
            && bytes[start..<(start + prefix.count)].elementsEqual(prefix)
        {
            var end = start + prefix.count
            while end < bytes.count, end - start < Self.longest,
                Self.isAlphanumeric(bytes[end]) || extra.contains(bytes[end])
            { end += 1 }
            if end - start - prefix.count >= least { return start..<end }
        }
        return webToken(at: start)
    }

    /// A signed JSON web token: three base64url parts, the first two of which begin as JSON objects do.
    private func webToken(at start: Int) -> Range<Int>? {
        guard start + 3 < bytes.count, bytes[start] == UInt8(ascii: "e"), bytes[start + 1] == UInt8(ascii: "y"),
            bytes[start + 2] == UInt8(ascii: "J")
        else { return nil }
        var end = start
        var dots: [Int] = []
        while end < bytes.count, end - start < Self.longest {
            if bytes[end] == UInt8(ascii: ".") {
                dots.append(end)
            } else if !Self.isAlphanumeric(bytes[end]), bytes[end] != UInt8(ascii: "-"), bytes[end] != UInt8(ascii: "_")
            {
                break
            }
            end += 1
        }
        guard dots.count >= 2, dots[0] - start >= 10, dots[1] - dots[0] > 10, end - dots[1] > 10,
            bytes[dots[0] + 1] == UInt8(ascii: "e")
        else { return nil }
        return start..<end
    }

    private mutating func privateKey(at start: Int) -> Range<Int>? {
        let begin = Array("-----BEGIN ".utf8)
        guard start + begin.count < bytes.count, bytes[start..<(start + begin.count)].elementsEqual(begin),
            keyBlocks < 64
        else { return nil }
        keyBlocks += 1
        let rest = String(decoding: bytes[start..<min(bytes.count, start + 16_384)], as: UTF8.self)
        guard let head = rest.firstMatch(of: /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/),
            head.range.lowerBound == rest.startIndex
        else { return nil }
        let end = rest.firstMatch(of: /-----END [A-Z0-9 ]*PRIVATE KEY-----/)?.range.upperBound ?? head.range.upperBound
        return start..<(start + rest.utf8.distance(from: rest.startIndex, to: end))
    }

    // MARK: - Bytes

    private static func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }
    private static func isUpper(_ byte: UInt8) -> Bool { 0x41...0x5A ~= byte }
    private static func isLetter(_ byte: UInt8) -> Bool { 0x41...0x5A ~= byte || 0x61...0x7A ~= byte }
    private static func isAlphanumeric(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) }
    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        isDigit(byte) || 0x41...0x46 ~= byte || 0x61...0x66 ~= byte
    }
    /// Part of a word or number, so that what begins after it is not the beginning of one.
    private static func isWord(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || byte == UInt8(ascii: "_") || byte >= 0x80
    }
}
