import Foundation
import Nouns

/// Lists of numbers of a small safetensors file, as far as a check needs them.
struct ProbeNumbers {
    /// One answer in tokens.
    struct Answer: Hashable {
        let ids: [Int]
        let hasStopped: Bool
        /// Such as `[3, 4], which stopped`.
        var inWords: String { "\(ids), which \(hasStopped ? "stopped" : "was cut off")" }
    }

    private struct Entry: Decodable {
        let dtype: String
        let offsets: [Int]
        private enum CodingKeys: String, CodingKey {
            case dtype
            case offsets = "data_offsets"
        }
    }

    private let entries: [String: Entry]
    private let body: Data

    /// Nil where it is no such file.
    init?(_ path: String) {
        guard let data = FileManager.default.contents(atPath: path), data.count >= 8 else { return nil }
        let raw = data.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard let size = Int(exactly: raw), size <= data.count - 8,
            let members = try? JSONDecoder().decode([String: JSONValue].self, from: data[8..<8 + size])
        else { return nil }
        body = Data(data[(8 + size)...])
        var entries: [String: Entry] = [:]
        for (name, value) in members where name != "__metadata__" {
            guard let text = try? JSONEncoder().encode(value),
                let entry = try? JSONDecoder().decode(Entry.self, from: text),
                entry.offsets.count == 2, 0 <= entry.offsets[0], entry.offsets[0] <= entry.offsets[1],
                entry.offsets[1] <= body.count
            else { return nil }
            entries[name] = entry
        }
        self.entries = entries
    }

    /// A list of F64.
    func doubles(_ name: String) -> [Double]? { list(name, "F64", Double.self) }

    /// A list of I32 or I64.
    func integers(_ name: String) -> [Int]? {
        list(name, "I64", Int64.self)?.map { Int($0) } ?? list(name, "I32", Int32.self)?.map { Int($0) }
    }

    /// The answers of a file of the task `generate`; nil where its lists do not fit one another.
    var answers: [Answer]? {
        guard let ids = integers("ids"), let bounds = integers("rows"), let stopped = integers("stopped"),
            bounds.count == stopped.count + 1, bounds.first == 0, bounds.last == ids.count,
            zip(bounds, bounds.dropFirst()).allSatisfy(<=)
        else { return nil }
        return stopped.indices.map {
            Answer(ids: Array(ids[bounds[$0]..<bounds[$0 + 1]]), hasStopped: stopped[$0] == 1)
        }
    }

    private func list<Number>(_ name: String, _ type: String, _: Number.Type) -> [Number]? {
        let size = MemoryLayout<Number>.size
        guard let entry = entries[name], entry.dtype == type, (entry.offsets[1] - entry.offsets[0]) % size == 0 else {
            return nil
        }
        return body.withUnsafeBytes { bytes in
            stride(from: entry.offsets[0], to: entry.offsets[1], by: size).map {
                bytes.loadUnaligned(fromByteOffset: $0, as: Number.self)
            }
        }
    }
}
