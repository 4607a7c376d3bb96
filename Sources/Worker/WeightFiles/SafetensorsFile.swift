import JSONDocument
import Tensors

/// A safetensors file, mapped and checked.
///
/// Source: the format page of huggingface/safetensors. Tensors of types that the engine does not read are kept apart by
/// name, so that a model that merely carries one (an integer buffer, say) still loads.
package struct SafetensorsFile: Sendable {
    /// The longest header that the format allows.
    private static let longestHeader = 100_000_000

    package let path: String
    /// The free-form `__metadata__`.
    package let metadata: [String: String]
    package let tensors: [String: StoredTensor]
    /// Names of tensors of other types, with the type.
    package let otherTypes: [String: String]
    /// Those tensors as they lie in the file.
    package let others: [String: RawNumbers]

    /// Maps and checks the file. Throws ``WeightFileError`` naming the offset or tensor at fault.
    package init(path: String) throws(WeightFileError) {
        let mapping = try FileMapping(path: path)
        try self.init(path: path, owner: mapping, bytes: mapping.bytes)
    }

    /// Reads the file from `bytes`, which `owner` keeps alive; for parsing what lies in memory already.
    package init(path: String, owner: any AnyObject & Sendable, bytes: UnsafeRawBufferPointer) throws(WeightFileError) {
        var reader = ByteReader(file: path, bytes: bytes)
        let raw: UInt64 = try reader.number("the header's length")
        guard raw <= UInt64(Self.longestHeader) else {
            throw reader.failure(
                .malformed, "the header's length is given as \(raw), so this is not a safetensors file", at: 0,
                remedy: "Give a .safetensors file.")
        }
        let length = Int(raw)
        guard length <= reader.remaining else {
            throw reader.failure(
                .truncated, "the header takes \(length) bytes, but only \(reader.remaining) follow", at: 0)
        }
        let header = UnsafeRawBufferPointer(rebasing: bytes[8..<(8 + length)])
        guard let entries = try JSONNode(header, file: path, base: 8).members else {
            throw reader.failure(.malformed, "the header is no JSON object", at: 8)
        }
        let data = UnsafeRawBufferPointer(rebasing: bytes[(8 + length)...])
        var tensors: [String: StoredTensor] = [:]
        var otherTypes: [String: String] = [:]
        var others: [String: RawNumbers] = [:]
        var metadata: [String: String] = [:]
        var ranges: [(name: String, range: Range<Int>)] = []
        for (name, entry) in entries {
            if name == "__metadata__" {
                metadata = entry.members?.compactMapValues(\.string) ?? [:]
                continue
            }
            let checked = try Self.check(name, entry, file: path, available: data.count)
            ranges.append((name, checked.range))
            guard let type = checked.type else {
                otherTypes[name] = checked.label
                others[name] = RawNumbers(
                    type: checked.label, bytes: UnsafeRawBufferPointer(rebasing: data[checked.range]), owner: owner)
                continue
            }
            tensors[name] = StoredTensor(
                name: name, shape: checked.shape, type: type,
                bytes: UnsafeRawBufferPointer(rebasing: data[checked.range]), owner: owner)
        }
        ranges.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
        for (first, second) in zip(ranges, ranges.dropFirst()) where first.range.upperBound > second.range.lowerBound {
            throw WeightFileError(
                .malformed, file: path, place: second.name, problem: "this tensor overlaps \(first.name)",
                remedy: "The file is damaged: copy or download it again.")
        }
        self.path = path
        self.metadata = metadata
        self.tensors = tensors
        self.otherTypes = otherTypes
        self.others = others
    }

    private struct Checked {
        let shape: [Int]
        let type: StorageType?
        let label: String
        let range: Range<Int>
    }

    private static func check(_ name: String, _ entry: JSONNode, file: String, available: Int) throws(WeightFileError)
        -> Checked
    {
        func failure(_ code: WeightFileError.Code, _ problem: String) -> WeightFileError {
            WeightFileError(
                code, file: file, place: name, problem: problem,
                remedy: "The file is damaged: copy or download it again.")
        }
        guard let label = entry["dtype"]?.string, let extents = entry["shape"]?.list,
            let offsets = entry["data_offsets"]?.list
        else { throw failure(.malformed, "dtype, shape or data_offsets is missing") }
        guard extents.count <= 8 else { throw failure(.malformed, "the tensor has \(extents.count) dimensions") }
        var shape: [Int] = []
        var elements = 1
        for extent in extents {
            guard let value = extent.integer, value >= 0 else { throw failure(.malformed, "the shape holds \(extent)") }
            let (product, overflow) = elements.multipliedReportingOverflow(by: value)
            guard !overflow else { throw failure(.malformed, "the tensor has more elements than can be counted") }
            elements = product
            shape.append(value)
        }
        guard offsets.count == 2, let start = offsets[0].integer, let end = offsets[1].integer, 0 <= start, start <= end
        else { throw failure(.malformed, "data_offsets is no pair of rising offsets") }
        guard end <= available else {
            throw failure(
                .truncated, "the tensor ends at data offset \(end), but the file has only \(available) bytes of data")
        }
        let type: StorageType? =
            switch label {
            case "F32": .f32
            case "F16": .f16
            case "BF16": .bf16
            default: nil
            }
        if let type {
            guard let size = type.rowBytes(elements), size == end - start else {
                throw failure(
                    .malformed, "shape \(shape) of \(label) does not take the \(end - start) bytes that are given")
            }
        }
        return Checked(shape: shape, type: type, label: label, range: start..<end)
    }
}
