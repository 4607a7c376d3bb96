import Tensors

/// The checked header of a GGUF file: metadata, and where each tensor lies.
struct GGUFHeader {
    /// One tensor: what it is and which bytes of the file hold it.
    struct Entry {
        let name: String
        let shape: [Int]
        let type: StorageType
        let range: Range<Int>
    }

    let version: UInt32
    private(set) var metadata: [String: GGUFValue] = [:]
    /// Where each key's type and value lie in the file, in file order.
    private(set) var valueRanges: [(key: String, range: Range<Int>)] = []
    private(set) var tensors: [Entry] = []

    /// What a tensor's entry says before the place of the data section is known.
    private struct Announcement {
        let name: String
        let shape: [Int]
        let type: StorageType
        let size: Int
        let offset: UInt64
        let place: Int
    }

    init(file: String, bytes: UnsafeRawBufferPointer) throws(WeightFileError) {
        var reader = ByteReader(file: file, bytes: bytes)
        let magic: UInt32 = try reader.number("the magic number")
        guard magic == 0x4655_4747 else {
            throw reader.failure(
                .malformed, "this is not a GGUF file (it does not begin with “GGUF”)", at: 0,
                remedy: "Give a .gguf file or a Hugging Face folder.")
        }
        version = try reader.number("the version")
        guard version == 2 || version == 3 else {
            let bigEndian = version.byteSwapped == 2 || version.byteSwapped == 3
            throw reader.failure(
                .unsupported, bigEndian ? "the file is big-endian" : "GGUF version \(version) is not supported", at: 4,
                remedy: "Convert the model again with a current llama.cpp (little-endian, version 3).")
        }
        let tensorCount = try reader.count("the number of tensors", minimumBytes: 8 + 4 + 8 + 4 + 8)
        let keyCount = try reader.count("the number of metadata keys", minimumBytes: 8 + 4 + 1)
        metadata.reserveCapacity(keyCount)
        for index in 0..<keyCount {
            let place = reader.offset
            let key = try reader.string("metadata key \(index)")
            let start = reader.offset
            let value = try Self.value(&reader, key)
            valueRanges.append((key, start..<reader.offset))
            guard metadata.updateValue(value, forKey: key) == nil else {
                throw reader.failure(.malformed, "the metadata key \(key) appears twice", at: place)
            }
        }
        try readTensors(&reader, count: tensorCount, alignment: try alignment(reader))
    }

    /// Where tensor data may begin: `general.alignment`, 32 unless the file says otherwise.
    private func alignment(_ reader: ByteReader) throws(WeightFileError) -> Int {
        guard let value = metadata["general.alignment"] else { return 32 }
        guard let alignment = value.integer, (1...(1 << 20)).contains(alignment), alignment & (alignment - 1) == 0
        else {
            throw WeightFileError(
                .malformed, file: reader.file, place: "general.alignment",
                problem: "\(value) is no alignment (a power of two up to 1,048,576)",
                remedy: "The file is damaged: copy or download it again.")
        }
        return alignment
    }

    private mutating func readTensors(_ reader: inout ByteReader, count: Int, alignment: Int)
        throws(WeightFileError)
    {
        var announced: [Announcement] = []
        announced.reserveCapacity(count)
        var names: Set<String> = []
        for index in 0..<count {
            let entry = try Self.announcement(&reader, index)
            guard names.insert(entry.name).inserted else {
                throw reader.failure(.malformed, "the tensor \(entry.name) appears twice", at: entry.place)
            }
            announced.append(entry)
        }
        let (padded, overflow) = reader.offset.addingReportingOverflow(alignment - 1)
        let dataStart = padded & ~(alignment - 1)
        guard !overflow, count == 0 || dataStart <= reader.bytes.count else {
            throw reader.failure(.truncated, "the file ends before its tensor data")
        }
        let available = max(0, reader.bytes.count - dataStart)
        for entry in announced {
            guard let offset = Int(exactly: entry.offset), offset <= available, entry.size <= available - offset else {
                throw reader.failure(
                    .truncated,
                    "the tensor \(entry.name) takes \(entry.size) bytes at data offset \(entry.offset), "
                        + "but the file has only \(available) bytes of tensor data", at: entry.place)
            }
            guard offset % alignment == 0 else {
                throw reader.failure(
                    .malformed, "the tensor \(entry.name) lies at \(offset), which is no multiple of \(alignment)",
                    at: entry.place)
            }
            let start = dataStart + offset
            tensors.append(
                Entry(name: entry.name, shape: entry.shape, type: entry.type, range: start..<(start + entry.size)))
        }
        try refuseOverlaps(reader)
    }

    /// Two tensors on the same bytes mean that the header lies about one of them.
    private func refuseOverlaps(_ reader: ByteReader) throws(WeightFileError) {
        let byPlace = tensors.sorted { $0.range.lowerBound < $1.range.lowerBound }
        for (first, second) in zip(byPlace, byPlace.dropFirst()) where first.range.upperBound > second.range.lowerBound
        {
            throw reader.failure(
                .malformed, "the tensors \(first.name) and \(second.name) overlap", at: second.range.lowerBound)
        }
    }

    private static func announcement(_ reader: inout ByteReader, _ index: Int) throws(WeightFileError) -> Announcement {
        let place = reader.offset
        let name = try reader.string("the name of tensor \(index)")
        let rank: UInt32 = try reader.number("the rank of tensor \(name)")
        guard (1...4).contains(rank) else {
            throw reader.failure(
                .malformed, "the tensor \(name) has \(rank) dimensions (1 to 4 are possible)", at: place)
        }
        var shape: [Int] = []
        var elements = 1
        for _ in 0..<rank {
            let raw: UInt64 = try reader.number("the shape of tensor \(name)")
            guard let extent = Int(exactly: raw), extent > 0 else {
                throw reader.failure(.malformed, "the tensor \(name) has a dimension of \(raw)", at: place)
            }
            let (product, overflow) = elements.multipliedReportingOverflow(by: extent)
            guard !overflow else {
                throw reader.failure(.malformed, "the tensor \(name) has more elements than can be counted", at: place)
            }
            elements = product
            shape.insert(extent, at: 0)
        }
        let code: Int32 = try reader.number("the type of tensor \(name)")
        guard let type = StorageType(rawValue: code) else {
            throw reader.failure(
                .unsupported, "the tensor \(name) is stored as ggml type \(code), which is not supported", at: place,
                remedy: "Use one of \(StorageType.allCases.map(\.label).joined(separator: ", ")).")
        }
        let columns = shape.last ?? 1
        guard let rowBytes = type.rowBytes(columns) else {
            throw reader.failure(
                .malformed,
                "the tensor \(name) has rows of \(columns), no multiple of the \(type.blockSize) that "
                    + "\(type.label) stores together", at: place)
        }
        let (size, overflow) = (elements / columns).multipliedReportingOverflow(by: rowBytes)
        guard !overflow else {
            throw reader.failure(.malformed, "the tensor \(name) takes more bytes than can be counted", at: place)
        }
        let offset: UInt64 = try reader.number("the offset of tensor \(name)")
        return Announcement(name: name, shape: shape, type: type, size: size, offset: offset, place: place)
    }
}
