/// The classes of Unicode scalars that pre-tokenizers tell apart, looked up in a two-level table.
///
/// The table is expanded once from `runs`, which a script takes from the `tokenizers` library itself, and lives as long
/// as the process; lookups cost two loads.
struct ScalarClasses: @unchecked Sendable {
    /// Neither letter, number nor white space: punctuation, symbols, marks, controls.
    static let other: UInt8 = 0
    /// `\p{L}`
    static let letter: UInt8 = 1
    /// `\p{N}`, also taken as a digit by the digit splitter.
    static let number: UInt8 = 2
    /// `\s`
    static let space: UInt8 = 3
    /// A number of a later Unicode version: a digit for the digit splitter, yet not `\p{N}`.
    static let lateDigit: UInt8 = 4
    /// Set on scalars that canonical composition may change or join to another.
    static let composes: UInt8 = 8
    /// Set on `\p{M}`.
    static let mark: UInt8 = 16

    static let shared = ScalarClasses()
    /// The same with marks as letters, for patterns that say `[\p{L}\p{M}]` and mean no letter without a mark.
    static let marked = ScalarClasses(marksAreLetters: true)

    private let pageOf: UnsafePointer<UInt16>
    private let pages: UnsafePointer<UInt8>

    private init(marksAreLetters: Bool = false) {
        var flat = [UInt8](repeating: 0, count: 0x110000)
        for (index, run) in Self.runs.enumerated() {
            let start = Int(run >> 8)
            let end = index + 1 < Self.runs.count ? Int(Self.runs[index + 1] >> 8) : flat.count
            var flags = UInt8(run & 0xFF)
            if marksAreLetters, flags & Self.mark != 0 { flags = flags & ~7 | Self.letter }
            for scalar in start..<end { flat[scalar] = flags }
        }
        var numbers: [ArraySlice<UInt8>: UInt16] = [:]
        var unique: [UInt8] = []
        var index: [UInt16] = []
        for start in stride(from: 0, to: flat.count, by: 256) {
            let page = flat[start..<start + 256]
            if let known = numbers[page] {
                index.append(known)
            } else {
                let number = UInt16(unique.count / 256)
                numbers[page] = number
                index.append(number)
                unique.append(contentsOf: page)
            }
        }
        // Never freed: one table for the process.
        let indexStore = UnsafeMutablePointer<UInt16>.allocate(capacity: index.count)
        indexStore.initialize(from: index, count: index.count)
        let pageStore = UnsafeMutablePointer<UInt8>.allocate(capacity: unique.count)
        pageStore.initialize(from: unique, count: unique.count)
        pageOf = UnsafePointer(indexStore)
        pages = UnsafePointer(pageStore)
    }

    /// The class byte of a scalar value below 0x110000 with the composition flag.
    @inline(__always)
    func flags(_ scalar: UInt32) -> UInt8 {
        guard scalar < 0x110000 else { return 0 }
        return pages[Int(pageOf[Int(scalar >> 8)]) << 8 | Int(scalar & 0xFF)]
    }

    /// The class and the length in bytes of the scalar at `index` of valid UTF-8 that ends at `end`.
    @inline(__always)
    func at(_ text: UnsafePointer<UInt8>, _ index: Int, _ end: Int) -> (kind: UInt8, length: Int) {
        let first = text[index]
        if first < 0x80 { return (pages[Int(pageOf[0]) << 8 | Int(first)] & 7, 1) }
        let (scalar, length) = UTF8Text.scalar(text, index, end)
        return (flags(scalar) & 7, length)
    }
}
