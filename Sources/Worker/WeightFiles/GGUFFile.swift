import Tensors

/// A GGUF file (version 2 or 3), mapped; every length, count and offset in it is checked before it is believed.
///
/// Source: ggml `docs/gguf.md`.
package struct GGUFFile: Sendable {
    package let path: String
    /// 2 or 3.
    package let version: UInt32
    package let metadata: [String: GGUFValue]
    private let source: Source

    /// The mapped bytes, for what is copied as it is.
    private struct Source: @unchecked Sendable {
        let bytes: UnsafeRawBufferPointer
        let owner: any AnyObject & Sendable
        let values: [(key: String, range: Range<Int>)]
    }

    /// Each key with the bytes of its type and value as the file has them, in file order; for files made from this one.
    package var rawMetadata: [(key: String, bytes: [UInt8])] {
        source.values.map { value in
            (value.key, withExtendedLifetime(source.owner) { Array(source.bytes[value.range]) })
        }
    }

    /// By name; shapes are outermost first (GGUF itself lists the innermost dimension first).
    package let tensors: [String: StoredTensor]
    /// Tensor names in the order of the file.
    package let tensorNames: [String]
    /// The files that it was read from, in their order: one, or all parts of a split one.
    package let parts: [String]

    /// Maps and checks the file. Throws ``WeightFileError`` naming the offset, key or tensor at fault.
    package init(path: String) throws(WeightFileError) {
        let mapping = try FileMapping(path: path)
        try self.init(path: path, owner: mapping, bytes: mapping.bytes)
    }

    /// Reads the file from `bytes`, which `owner` keeps alive; for parsing what lies in memory already.
    package init(path: String, owner: any AnyObject & Sendable, bytes: UnsafeRawBufferPointer) throws(WeightFileError) {
        let header = try GGUFHeader(file: path, bytes: bytes)
        var tensors: [String: StoredTensor] = [:]
        tensors.reserveCapacity(header.tensors.count)
        for entry in header.tensors {
            tensors[entry.name] = StoredTensor(
                name: entry.name, shape: entry.shape, type: entry.type,
                bytes: UnsafeRawBufferPointer(rebasing: bytes[entry.range]), owner: owner)
        }
        self.path = path
        version = header.version
        metadata = header.metadata
        source = Source(bytes: bytes, owner: owner, values: header.valueRanges)
        tensorNames = header.tensors.map(\.name)
        self.tensors = tensors
        parts = [path]
    }

    /// Reads a whole model, of which `path` may be the first of several parts (`NAME-00001-of-00003.gguf`) that lie
    /// beside one another. Throws ``WeightFileError`` naming the part at fault.
    package init(wholeAt path: String) throws(WeightFileError) {
        let first = try GGUFFile(path: path)
        guard let count = first.metadata["split.count"]?.integer, (2...999).contains(count),
            let match = path.wholeMatch(of: /(.*)-00001-of-([0-9]{5})\.gguf/), Int(match.2) == count
        else {
            self = first
            return
        }
        var tensors = first.tensors
        var names = first.tensorNames
        var parts = [path]
        for number in 2...count {
            let digits = String(number)
            let place = "\(match.1)-\(String(repeating: "0", count: 5 - digits.count))\(digits)-of-\(match.2).gguf"
            let part = try GGUFFile(path: place)
            guard part.metadata["split.no"]?.integer == number - 1,
                part.metadata["split.count"]?.integer == count, part.tensorNames.allSatisfy({ tensors[$0] == nil })
            else {
                throw WeightFileError(
                    .malformed, file: place, place: "split.no",
                    problem: "this is not part \(number) of \(count) of the model that begins in \(path)",
                    remedy: "Download all parts again, of one revision.")
            }
            tensors.merge(part.tensors) { one, _ in one }
            names += part.tensorNames
            parts.append(place)
        }
        self.path = path
        version = first.version
        metadata = first.metadata.filter { !$0.key.hasPrefix("split.") }
        source = Source(
            bytes: first.source.bytes, owner: first.source.owner,
            values: first.source.values.filter { !$0.key.hasPrefix("split.") })
        self.tensors = tensors
        tensorNames = names
        self.parts = parts
    }

    /// The value of a key that must be there, read by `read`.
    package func required<T>(_ key: String, _ what: String, _ read: (GGUFValue) -> T?) throws(WeightFileError) -> T {
        guard let value = metadata[key] else {
            throw WeightFileError(
                .missing, file: path, place: key, problem: "this key is missing",
                remedy: "Convert the model again with a current llama.cpp.")
        }
        guard let result = read(value) else {
            throw WeightFileError(
                .malformed, file: path, place: key, problem: "this key holds \(value.kind) where \(what) is expected",
                remedy: "Convert the model again with a current llama.cpp.")
        }
        return result
    }

    /// A tensor that must be there.
    package func tensor(_ name: String) throws(WeightFileError) -> StoredTensor {
        guard let tensor = tensors[name] else {
            throw WeightFileError(
                .missing, file: path, place: name, problem: "this tensor is missing",
                remedy: "The model is incomplete: convert or download it again.")
        }
        return tensor
    }
}
