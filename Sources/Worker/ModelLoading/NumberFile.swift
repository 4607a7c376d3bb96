import Foundation
import Nouns
import Platform
import WeightFiles

/// A small safetensors file of lists of numbers, as they pass between the worker and engines.
package struct NumberFile {
    /// One list of numbers, by its type on the disk.
    package enum Column: Hashable, Sendable {
        case int32([Int32])
        case int64([Int64])
        case float32([Float])
        case float64([Double])

        fileprivate var count: Int {
            switch self {
            case .int32(let list): list.count
            case .int64(let list): list.count
            case .float32(let list): list.count
            case .float64(let list): list.count
            }
        }

        fileprivate var type: (name: String, bytes: Int) {
            switch self {
            case .int32: ("I32", 4)
            case .int64: ("I64", 8)
            case .float32: ("F32", 4)
            case .float64: ("F64", 8)
            }
        }

        fileprivate func append(to data: inout Data) {
            switch self {
            case .int32(let list): list.withUnsafeBytes { data.append(contentsOf: $0) }
            case .int64(let list): list.withUnsafeBytes { data.append(contentsOf: $0) }
            case .float32(let list): list.withUnsafeBytes { data.append(contentsOf: $0) }
            case .float64(let list): list.withUnsafeBytes { data.append(contentsOf: $0) }
            }
        }
    }

    private let path: String
    private let file: SafetensorsFile

    /// Maps a file of this digest. Throws a Failure (`dataset.damaged`) that names it.
    package init(_ reference: FileReference) throws {
        path = reference.path
        do {
            if !reference.sha256.isEmpty {
                let digest = try FileReference(of: path).sha256
                guard digest == reference.sha256 else {
                    throw Self.damaged(path, "its SHA-256 is \(digest), and the request names \(reference.sha256)")
                }
            }
            file = try SafetensorsFile(path: path)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Self.damaged(path, "\(error)")
        }
    }

    // MARK: - Reading

    package func int32(_ name: String) throws -> [Int32] { try numbers(name, "I32", raw(name, "I32")) }

    package func int64(_ name: String) throws -> [Int64] { try numbers(name, "I64", raw(name, "I64")) }

    package func float64(_ name: String) throws -> [Double] { try numbers(name, "F64", raw(name, "F64")) }

    package func float32(_ name: String) throws -> [Float] {
        let tensor = file.tensors[name].flatMap { $0.type == .f32 ? $0 : nil }
        return try numbers(name, "F32", tensor?.bytes)
    }

    /// What lies between the bounds that a list has: from 0 up to `count`.
    package func ranges(_ name: String, over count: Int) throws -> [Range<Int>] {
        let bounds = try int64(name).map { Int($0) }
        guard bounds.first == 0, bounds.last == count, zip(bounds, bounds.dropFirst()).allSatisfy(<=) else {
            throw damaged("the bounds '\(name)' do not fit \(count) numbers")
        }
        return zip(bounds, bounds.dropFirst()).map { $0..<$1 }
    }

    private func raw(_ name: String, _ type: String) -> UnsafeRawBufferPointer? {
        file.others[name].flatMap { $0.type == type ? $0.bytes : nil }
    }

    private func numbers<Number>(_ name: String, _ type: String, _ bytes: UnsafeRawBufferPointer?) throws -> [Number] {
        let size = MemoryLayout<Number>.size
        guard let bytes, bytes.count % size == 0 else {
            throw damaged("it has no list '\(name)' of type \(type)")
        }
        return (0..<bytes.count / size).map { bytes.loadUnaligned(fromByteOffset: $0 * size, as: Number.self) }
    }

    /// Says what is wrong with the file.
    package func damaged(_ problem: String) -> Failure { Self.damaged(path, problem) }

    private static func damaged(_ path: String, _ problem: String) -> Failure {
        Failure(
            code: "dataset.damaged", "These are not the numbers that were meant: \(problem).", at: path,
            remedy: "Have the rows encoded again, and the engine asked again: remove the folder.")
    }

    // MARK: - Writing

    /// Where lists of these lengths begin that follow one another, and where the last one ends.
    package static func bounds(_ lengths: [Int]) -> [Int64] {
        lengths.reduce(into: [0]) { $0.append(($0.last ?? 0) + Int64($1)) }
    }

    /// Writes lists in this order, whole or not at all. Throws a FileFailure.
    package static func write(
        _ columns: [(name: String, numbers: Column)], metadata: [String: String] = [:], to path: String
    ) throws {
        var entries: [String: Entry] = [:]
        var from = 0
        for column in columns {
            let (type, count) = (column.numbers.type, column.numbers.count)
            let end = from + type.bytes * count
            entries[column.name] = Entry(dtype: type.name, shape: [count], dataOffsets: [from, end])
            from = end
        }
        var head = try ContractCoding.encode(Header(metadata: metadata, entries: entries))
        head += Data(repeating: 0x20, count: (8 - head.count % 8) % 8)
        var data = withUnsafeBytes(of: UInt64(head.count).littleEndian) { Data($0) } + head
        data.reserveCapacity(data.count + from)
        for column in columns { column.numbers.append(to: &data) }
        try AtomicFile.write(data, to: path)
    }

    private struct Entry: Encodable {
        var dtype: String
        var shape: [Int]
        var dataOffsets: [Int]
        private enum CodingKeys: String, CodingKey {
            case dtype, shape
            case dataOffsets = "data_offsets"
        }
    }

    private struct Header: Encodable {
        var metadata: [String: String]
        var entries: [String: Entry]

        private struct Key: CodingKey {
            var stringValue: String
            var intValue: Int? { nil }
            init(_ text: String) { stringValue = text }
            init?(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        func encode(to encoder: any Encoder) throws {
            var box = encoder.container(keyedBy: Key.self)
            if !metadata.isEmpty { try box.encode(metadata, forKey: Key("__metadata__")) }
            for (name, entry) in entries { try box.encode(entry, forKey: Key(name)) }
        }
    }
}
