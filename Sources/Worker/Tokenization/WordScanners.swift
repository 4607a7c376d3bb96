/// Finds where the next word ends: a pre-tokenizer's pattern, written out by hand over UTF-8.
protocol WordScanner {
    /// The classes by which the pattern tells scalars apart.
    static var classes: ScalarClasses { get }
    /// The end of the word that begins at `start`, which is below `end`; always above `start`.
    static func wordEnd(_ text: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ classes: ScalarClasses) -> Int
}

extension WordScanner {
    static var classes: ScalarClasses { .shared }
}

/// Runs that the patterns share.
enum Runs {
    /// The end of the run of scalars of one class from `index`.
    @inline(__always)
    static func end(
        _ kind: UInt8, _ text: UnsafePointer<UInt8>, _ index: Int, _ end: Int, _ classes: ScalarClasses
    ) -> Int {
        var index = index
        while index < end {
            let (found, length) = classes.at(text, index, end)
            guard found == kind else { break }
            index += length
        }
        return index
    }

    /// The length of `'s 't 'm 'd 're 've 'll` at an apostrophe, or 0.
    @inline(__always)
    static func contraction(_ text: UnsafePointer<UInt8>, _ index: Int, _ end: Int, ignoringCase: Bool) -> Int {
        guard index + 1 < end else { return 0 }
        let fold: UInt8 = ignoringCase ? 0x20 : 0
        let first = text[index + 1] | (text[index + 1] < 0x80 && text[index + 1] > 0x40 ? fold : 0)
        switch first {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return 2
        // The long s folds to s.
        case 0xC5 where ignoringCase && index + 2 < end && text[index + 2] == 0xBF: return 3
        case UInt8(ascii: "r"), UInt8(ascii: "v"), UInt8(ascii: "l"):
            guard index + 2 < end else { return 0 }
            let second = text[index + 2] | (text[index + 2] < 0x80 && text[index + 2] > 0x40 ? fold : 0)
            return second == (first == UInt8(ascii: "l") ? first : UInt8(ascii: "e")) ? 3 : 0
        default: return 0
        }
    }

    /// The end of `\s+(?!\S)|\s+` over white space from `start` to `runEnd`, where a word follows or nothing does.
    @inline(__always)
    static func spaceEnd(_ text: UnsafePointer<UInt8>, _ start: Int, _ runEnd: Int, atEnd: Bool) -> Int {
        if atEnd { return runEnd }
        // The last space is left for the word after it, unless it is the only one.
        var last = runEnd - 1
        while last > start, text[last] & 0xC0 == 0x80 { last -= 1 }
        return last > start ? last : runEnd
    }
}

/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
enum GPT2Scanner: WordScanner {
    @inline(__always)
    static func wordEnd(_ text: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ classes: ScalarClasses) -> Int {
        var (kind, length) = classes.at(text, start, end)
        if kind == ScalarClasses.lateDigit { kind = ScalarClasses.other }
        var index = start
        if text[start] == 0x20, start + 1 < end {
            let (second, secondLength) = classes.at(text, start + 1, end)
            if second != ScalarClasses.space {
                kind = second == ScalarClasses.lateDigit ? ScalarClasses.other : second
                length = secondLength
                index = start + 1
            }
        } else if text[start] == UInt8(ascii: "'") {
            let contraction = Runs.contraction(text, start, end, ignoringCase: false)
            if contraction > 0 { return start + contraction }
        }
        if kind == ScalarClasses.other { return otherEnd(text, index + length, end, classes) }
        let runEnd = Runs.end(kind, text, index + length, end, classes)
        if kind == ScalarClasses.space { return Runs.spaceEnd(text, start, runEnd, atEnd: runEnd >= end) }
        return runEnd
    }

    @inline(__always)
    static func otherEnd(_ text: UnsafePointer<UInt8>, _ index: Int, _ end: Int, _ classes: ScalarClasses) -> Int {
        var index = index
        while index < end {
            let (found, length) = classes.at(text, index, end)
            guard found == ScalarClasses.other || found == ScalarClasses.lateDigit else { break }
            index += length
        }
        return index
    }
}

/// Every digit on its own; GPT-2's pattern between them.
enum DigitsThenGPT2Scanner: WordScanner {
    @inline(__always)
    static func wordEnd(_ text: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ classes: ScalarClasses) -> Int {
        var (kind, length) = classes.at(text, start, end)
        if isDigit(kind) { return start + length }
        var index = start
        if text[start] == 0x20, start + 1 < end {
            let (second, secondLength) = classes.at(text, start + 1, end)
            if second != ScalarClasses.space, !isDigit(second) {
                (kind, length, index) = (second, secondLength, start + 1)
            }
        } else if text[start] == UInt8(ascii: "'") {
            let contraction = Runs.contraction(text, start, end, ignoringCase: false)
            if contraction > 0 { return start + contraction }
        }
        let runEnd = Runs.end(kind, text, index + length, end, classes)
        guard kind == ScalarClasses.space else { return runEnd }
        // A digit ends the piece, so that white space before it is at the end of its own.
        return Runs.spaceEnd(text, start, runEnd, atEnd: runEnd >= end || isDigit(classes.at(text, runEnd, end).kind))
    }

    @inline(__always)
    private static func isDigit(_ kind: UInt8) -> Bool {
        kind == ScalarClasses.number || kind == ScalarClasses.lateDigit
    }
}

/// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,n}|
/// ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
protocol Llama3Pattern: WordScanner {
    /// The longest group of digits.
    static var digits: Int { get }
}

enum Llama3Scanner: Llama3Pattern { static let digits = 3 }

enum Qwen2Scanner: Llama3Pattern { static let digits = 1 }

/// The same with `[\p{L}\p{M}]` for `\p{L}` where letters make a word, and where they make none.
enum Qwen35Scanner: Llama3Pattern {
    static let digits = 1
    static var classes: ScalarClasses { .marked }
}

extension Llama3Pattern {
    @inline(__always)
    static func wordEnd(_ text: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ classes: ScalarClasses) -> Int {
        let first = text[start]
        if first == UInt8(ascii: "'") {
            let contraction = Runs.contraction(text, start, end, ignoringCase: true)
            if contraction > 0 { return start + contraction }
        }
        let (kind, length) = classes.at(text, start, end)
        if kind == ScalarClasses.letter { return Runs.end(kind, text, start + length, end, classes) }
        if kind == ScalarClasses.number {
            var index = start + length
            for _ in 1..<max(digits, 1) where index < end {
                let (more, size) = classes.at(text, index, end)
                guard more == kind else { break }
                index += size
            }
            return index
        }
        let second = start + length
        let isLineEnd = first == 0x0A || first == 0x0D
        var otherStart = kind == ScalarClasses.space ? -1 : second
        if second < end {
            let (following, size) = classes.at(text, second, end)
            if following == ScalarClasses.letter, !isLineEnd {
                return Runs.end(following, text, second + size, end, classes)
            }
            if first == 0x20, following == ScalarClasses.other || following == ScalarClasses.lateDigit {
                otherStart = second + size
            }
        }
        if otherStart >= 0 {
            var index = GPT2Scanner.otherEnd(text, otherStart, end, classes)
            while index < end, text[index] == 0x0A || text[index] == 0x0D { index += 1 }
            return index
        }
        let runEnd = Runs.end(ScalarClasses.space, text, second, end, classes)
        var line = runEnd - 1
        while line >= start, text[line] != 0x0A, text[line] != 0x0D { line -= 1 }
        if line >= start { return line + 1 }
        return Runs.spaceEnd(text, start, runEnd, atEnd: runEnd >= end)
    }
}
