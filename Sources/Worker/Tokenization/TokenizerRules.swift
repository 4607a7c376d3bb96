/// Builds a tokenizer's tables from its definition.
enum TokenizerRules {
    /// `▁` in UTF-8.
    static let mark: [UInt8] = [0xE2, 0x96, 0x81]

    /// Refuses a definition whose lists do not fit each other.
    static func check(_ definition: TokenizerDefinition) throws {
        func failure(_ location: String, _ problem: String) -> TokenizerFailure {
            TokenizerFailure(
                source: definition.source, location: location, problem: problem,
                remedy: "Fetch the tokenizer's files again, or export the model again")
        }
        let count = definition.tokens.count
        guard count > 0, count <= Tokenizer.maximumVocabulary else {
            throw failure("vocabulary", "\(count) tokens are not between 1 and \(Tokenizer.maximumVocabulary)")
        }
        guard definition.kinds.count == count else {
            throw failure("vocabulary", "\(definition.kinds.count) kinds for \(count) tokens")
        }
        if case .scores(let scores) = definition.merges, scores.count != count {
            throw failure("scores", "\(scores.count) scores for \(count) tokens")
        }
        let named = [definition.bos, definition.eos, definition.unknown, definition.padding].compactMap(\.self)
        for id in named + definition.prefix + definition.suffix + definition.addedTokens.map(\.id)
        where id < 0 || Int(id) >= count {
            throw failure("special tokens", "the id \(id) is not below the vocabulary's size of \(count)")
        }
        try TokenizerBounds.check(definition)
    }

    /// The bytes of each token. Control tokens cannot be found by their bytes, so that no text can spell them.
    static func pieces(of definition: TokenizerDefinition) -> PieceTable {
        var table = PieceTable(capacity: definition.tokens.count)
        for (id, token) in definition.tokens.enumerated() {
            let isText = definition.kinds[id] == .normal || definition.kinds[id] == .userDefined
            if definition.spelling == .sentencePiece {
                table.append(token.utf8, findable: isText)
            } else if let bytes = ByteAlphabet.decode(token) {
                table.append(bytes, findable: isText)
            } else {
                table.append(token.utf8, findable: false)
            }
        }
        return table
    }

    /// The token of each byte, or -1: the one-byte pieces, or SentencePiece's `<0xNN>`.
    static func byteTokens(of definition: TokenizerDefinition, pieces: PieceTable) -> [Int32] {
        var result = [Int32](repeating: -1, count: 256)
        if definition.spelling == .bytes {
            for byte in 0..<256 { result[byte] = pieces.find([UInt8(byte)]) }
            return result
        }
        for (id, token) in definition.tokens.enumerated() {
            if let byte = byteValue(token.utf8) { result[Int(byte)] = Int32(id) }
        }
        return result
    }

    /// The byte that `<0xNN>` names.
    static func byteValue(_ piece: some BidirectionalCollection<UInt8>) -> UInt8? {
        guard piece.count == 6, piece.starts(with: "<0x".utf8), piece.last == UInt8(ascii: ">") else { return nil }
        var value: UInt8 = 0
        for digit in piece.dropFirst(3).dropLast() {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | (digit - UInt8(ascii: "0"))
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | (digit - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return value
    }

    /// The table of written merges. A merge that would make a control token is left out.
    static func merges(
        _ pairs: [TokenizerDefinition.MergePair], of definition: TokenizerDefinition, pieces: PieceTable
    ) throws -> PairTable {
        var table = PairTable(capacity: pairs.count)
        var controls: Set<[UInt8]>?
        for (rank, pair) in pairs.enumerated() {
            let left = definition.spelling == .bytes ? ByteAlphabet.decode(pair.left) : Array(pair.left.utf8)
            let right = definition.spelling == .bytes ? ByteAlphabet.decode(pair.right) : Array(pair.right.utf8)
            if let left, let right {
                let ids = (pieces.find(left), pieces.find(right), pieces.find(left + right))
                if ids.0 >= 0, ids.1 >= 0, ids.2 >= 0 {
                    table.set(ids.0, ids.1, PairTable.Merge(priority: UInt64(rank), merged: ids.2))
                    continue
                }
                let unreachable =
                    controls
                    ?? Set(
                        definition.tokens.indices.filter { definition.kinds[$0] != .normal }.map {
                            Array(pieces[Int32($0)])
                        })
                controls = unreachable
                if [left, right, left + right].contains(where: unreachable.contains) { continue }
            }
            throw TokenizerFailure(
                source: definition.source, location: "merges[\(rank)]",
                problem: "\"\(pair.left)\" + \"\(pair.right)\" names a piece that is not in the vocabulary",
                remedy: "Fetch the tokenizer's files again: the merges and the vocabulary are not of one model")
        }
        return table
    }

    /// The merges that SentencePiece's scores imply: every split of a piece into two pieces. Best score first; of equal
    /// ones the longer left part, then the longer right part, then the lower id, as the `tokenizers` library orders
    /// them.
    static func merges(scores: [Float], pieces: PieceTable, kinds: [TokenKind]) -> PairTable {
        let ranks = scoreRanks(scores)
        var table = PairTable(capacity: kinds.count * 2)
        _ = pieces.withBytes { bytes, starts -> Void? in
            for id in 0..<kinds.count where kinds[id] == .normal || kinds[id] == .userDefined {
                let start = Int(starts[id])
                let end = Int(starts[id + 1])
                // Of two tokens with the same bytes, only the one that is found has merges.
                guard end > start, pieces.find(bytes + start, end - start) == Int32(id) else { continue }
                var length = 0
                for index in start..<end where bytes[index] & 0xC0 != 0x80 { length += 1 }
                var before = 0
                for split in start..<end where bytes[split] & 0xC0 != 0x80 {
                    defer { before += 1 }
                    if split == start { continue }
                    let right = pieces.find(bytes + split, end - split)
                    if right < 0 { continue }
                    let left = pieces.find(bytes + start, split - start)
                    if left < 0 { continue }
                    let priority =
                        UInt64(ranks[id]) << 42 | UInt64(1023 - min(before, 1023)) << 32
                        | UInt64(1023 - min(length - before, 1023)) << 22 | UInt64(id)
                    table.set(left, right, PairTable.Merge(priority: priority, merged: Int32(id)))
                }
            }
            return nil
        }
        return table
    }

    /// The place of each score among the distinct scores, the highest first.
    private static func scoreRanks(_ scores: [Float]) -> [UInt32] {
        let order = scores.indices.sorted { scores[$0] > scores[$1] }
        var ranks = [UInt32](repeating: 0, count: scores.count)
        var rank: UInt32 = 0
        for (place, id) in order.enumerated() {
            if place > 0, scores[order[place - 1]] != scores[id] { rank += 1 }
            ranks[id] = rank
        }
        return ranks
    }

    /// The scalars before a `▁` inside any piece.
    static func joinsBeforeMark(_ definition: TokenizerDefinition) -> Set<UInt32> {
        guard definition.spelling == .sentencePiece else { return [] }
        var result: Set<UInt32> = []
        for token in definition.tokens where token.utf8.count > 3 {
            var last: UInt32?
            for scalar in token.unicodeScalars {
                if scalar.value == 0x2581, let last { result.insert(last) }
                last = scalar.value
            }
        }
        return result
    }
}
