/// A cursor over untrusted bytes: every read is checked against what is left, and a failure names its offset.
struct ByteReader {
    let file: String
    let bytes: UnsafeRawBufferPointer
    private(set) var offset = 0

    init(file: String, bytes: UnsafeRawBufferPointer) {
        self.file = file
        self.bytes = bytes
    }

    /// The bytes after the cursor.
    var remaining: Int { bytes.count - offset }

    /// A failure at `offset` (the cursor by default).
    func failure(
        _ code: WeightFileError.Code, _ problem: String, at place: Int? = nil,
        remedy: String = "The file is damaged: copy or download it again."
    ) -> WeightFileError {
        WeightFileError(code, file: file, place: "offset \(place ?? offset)", problem: problem, remedy: remedy)
    }

    /// Reads one little-endian number.
    mutating func number<T: FixedWidthInteger>(_ what: @autoclosure () -> String, as: T.Type = T.self)
        throws(WeightFileError) -> T
    {
        let size = MemoryLayout<T>.size
        guard remaining >= size else {
            throw failure(.truncated, "the file ends inside \(what())")
        }
        let value = bytes.loadUnaligned(fromByteOffset: offset, as: T.self)
        offset += size
        return T(littleEndian: value)
    }

    /// Reads a 64-bit count of things that take at least `minimumBytes` each, refusing more than the file can hold.
    mutating func count(_ what: @autoclosure () -> String, minimumBytes: Int) throws(WeightFileError) -> Int {
        let start = offset
        let raw: UInt64 = try number(what())
        guard let value = Int(exactly: raw), value <= remaining / max(1, minimumBytes) else {
            throw failure(
                .truncated, "\(what()) is given as \(raw), more than the \(remaining) bytes that follow can hold",
                at: start)
        }
        return value
    }

    /// Reads a length-prefixed UTF-8 string.
    mutating func string(_ what: @autoclosure () -> String) throws(WeightFileError) -> String {
        let length = try count("the length of \(what())", minimumBytes: 1)
        let start = offset
        offset += length
        guard let text = String(validating: bytes[start..<offset], as: UTF8.self) else {
            throw failure(.malformed, "\(what()) is not valid UTF-8", at: start)
        }
        return text
    }

    /// Moves on without reading.
    mutating func skip(_ size: Int, _ what: @autoclosure () -> String) throws(WeightFileError) {
        guard size >= 0, size <= remaining else {
            throw failure(.truncated, "the file ends inside \(what())")
        }
        offset += size
    }
}
