/// Text inside a template: UTF-8, with a note of which bytes came from data rather than from the template.
///
/// Control tokens are later recognised in the template's own bytes alone, so every operation carries the note along;
/// where it cannot follow single bytes, the whole result counts as data.
package struct TemplateText: Sendable, Hashable {
    private var storage: [UInt8]
    /// Ranges of `bytes` that came from data: ascending, apart, not empty.
    package private(set) var untrusted: [Range<Int>]
    /// The numbers of the data that some of it came from, as whoever made that data gave them.
    package private(set) var sources: Set<Int32> = []
    /// Who wants to know whether anyone looks at the bytes.
    private var watch: Watch?

    /// The text in UTF-8.
    package var bytes: [UInt8] {
        watch?.isLookedAt = true
        return storage
    }

    package init() { (storage, untrusted) = ([], []) }

    /// Text of the template's own, or of data.
    package init(_ string: some StringProtocol, isData: Bool = false, sources: Set<Int32> = []) {
        self.init(bytes: Array(string.utf8), isData: isData, sources: sources)
    }

    init(bytes: [UInt8], isData: Bool, sources: Set<Int32> = [], watch: Watch? = nil) {
        storage = bytes
        self.watch = watch
        self.sources = sources
        untrusted = isData && !bytes.isEmpty ? [0..<bytes.count] : []
    }

    package static func == (left: Self, right: Self) -> Bool { left.bytes == right.bytes }

    package func hash(into hasher: inout Hasher) { hasher.combine(bytes) }

    /// The text as a string.
    package var string: String { String(decoding: bytes, as: UTF8.self) }

    var isEmpty: Bool { bytes.isEmpty }
    var count: Int { bytes.count }
    /// How many bytes there are, asked by whoever only passes the text on.
    var size: Int { storage.count }
    /// The same text, which nobody watches.
    var unwatched: TemplateText {
        var text = self
        text.watch = nil
        return text
    }
    /// The stand-in that the text is, and nothing else; nil of other text.
    var standIn: StandIn? { watch == nil ? nil : StandIn(storage[...]) }
    /// Whether any of it came from data.
    var isTouchedByData: Bool { !untrusted.isEmpty }

    /// The ranges that are the template's own.
    package var trusted: [Range<Int>] {
        var result: [Range<Int>] = []
        var start = 0
        for range in untrusted {
            if range.lowerBound > start { result.append(start..<range.lowerBound) }
            start = range.upperBound
        }
        if start < bytes.count { result.append(start..<bytes.count) }
        return result
    }

    mutating func append(_ other: TemplateText) {
        let shift = storage.count
        storage.append(contentsOf: other.storage)
        if watch == nil { watch = other.watch }
        if !other.sources.isEmpty, !other.storage.isEmpty { sources.formUnion(other.sources) }
        for range in other.untrusted {
            let moved = range.lowerBound + shift..<range.upperBound + shift
            if let last = untrusted.last, last.upperBound == moved.lowerBound {
                untrusted[untrusted.count - 1] = last.lowerBound..<moved.upperBound
            } else {
                untrusted.append(moved)
            }
        }
    }

    /// A part by byte offsets, which are clamped.
    package subscript(part range: Range<Int>) -> TemplateText { self[range] }

    /// A part by byte offsets, which are clamped.
    subscript(range: Range<Int>) -> TemplateText {
        let range = range.clamped(to: 0..<bytes.count)
        var result = TemplateText()
        result.storage = Array(bytes[range])
        for part in untrusted {
            let cut = part.clamped(to: range)
            if !cut.isEmpty {
                result.untrusted.append(cut.lowerBound - range.lowerBound..<cut.upperBound - range.lowerBound)
            }
        }
        if !result.untrusted.isEmpty { result.sources = sources }
        return result
    }

    static func + (left: TemplateText, right: TemplateText) -> TemplateText {
        var result = left
        result.append(right)
        return result
    }

    /// Text made anew from this: data as a whole if any part was. Keeps single bytes apart when only ASCII letters
    /// change.
    func mapped(_ transform: (String) -> String) -> TemplateText {
        let made = Array(transform(string).utf8)
        var result = TemplateText(bytes: made, isData: isTouchedByData, sources: sources)
        if made.count == bytes.count, bytes.allSatisfy({ $0 < 0x80 }) { result.untrusted = untrusted }
        return result
    }

    // MARK: Characters, which are Unicode scalars as in Python

    var scalarCount: Int { bytes.reduce(0) { $1 & 0xC0 == 0x80 ? $0 : $0 + 1 } }

    /// The byte offset at which each scalar begins, and the end.
    var scalarOffsets: [Int] { bytes.indices.filter { bytes[$0] & 0xC0 != 0x80 } + [bytes.count] }

    /// The scalars as texts of their own.
    var scalars: [TemplateText] {
        let offsets = scalarOffsets
        return zip(offsets, offsets.dropFirst()).map { self[$0..<$1] }
    }

    // MARK: Searching

    /// Where a pattern first occurs at or after an offset.
    func find(_ pattern: TemplateText, from start: Int = 0) -> Int? {
        let needle = pattern.bytes
        guard let first = needle.first else { return start <= bytes.count ? start : nil }
        var index = start
        while index + needle.count <= bytes.count {
            if bytes[index] == first, bytes[index..<index + needle.count].elementsEqual(needle) { return index }
            index += 1
        }
        return nil
    }

    /// Where a pattern last occurs, ending at or before an offset.
    func findLast(_ pattern: TemplateText, before end: Int) -> Int? {
        let needle = pattern.bytes
        var index = min(end, bytes.count) - needle.count
        while index >= 0 {
            if bytes[index..<index + needle.count].elementsEqual(needle) { return index }
            index -= 1
        }
        return nil
    }

    /// Without the scalars at the ends that `drops` names.
    func stripped(left: Bool = true, right: Bool = true, _ drops: (Unicode.Scalar) -> Bool) -> TemplateText {
        let scalars = Array(string.unicodeScalars)
        var (first, last) = (0, scalars.count)
        var (start, end) = (0, bytes.count)
        while left, first < last, drops(scalars[first]) {
            start += UTF8.width(scalars[first])
            first += 1
        }
        while right, last > first, drops(scalars[last - 1]) {
            last -= 1
            end -= UTF8.width(scalars[last])
        }
        return self[start..<max(start, end)]
    }

    /// Without white space at the ends.
    func trimmed() -> TemplateText {
        // What a stand-in is without them nobody needs to know yet.
        if let standIn {
            return TemplateText(bytes: standIn.trimmed.bytes, isData: true, sources: sources, watch: watch)
        }
        return stripped(PythonText.isSpace)
    }

    /// Each occurrence of a pattern replaced, at most `limit` times.
    func replacing(_ pattern: TemplateText, with content: TemplateText, limit: Int = .max) -> TemplateText {
        var result = TemplateText()
        var (start, done) = (0, 0)
        if pattern.isEmpty {
            for scalar in scalars {
                if done < limit { result.append(content) }
                done += 1
                result.append(scalar)
            }
            if done < limit { result.append(content) }
            return result
        }
        while done < limit, let found = find(pattern, from: start) {
            result.append(self[start..<found])
            result.append(content)
            start = found + pattern.count
            done += 1
        }
        result.append(self[start..<bytes.count])
        return result
    }
}

extension UTF8 {
    /// The bytes of a scalar.
    fileprivate static func width(_ scalar: Unicode.Scalar) -> Int {
        scalar.value < 0x80 ? 1 : scalar.value < 0x800 ? 2 : scalar.value < 0x10000 ? 3 : 4
    }
}
