import Foundation
import Nouns
import TestSupport

@testable import RowFormats

/// A data file read to its end.
struct Reading {
    var rows: [(line: Int, row: RowReader.Parsed)] = []
    var problems: [RowProblem] = []
    var format: DataFormat?

    init(
        _ bytes: [UInt8], _ name: String = "a.jsonl", shape: RowShape? = nil, columns: [String: String] = [:],
        controlTokens: ControlTokens = .common
    ) throws {
        let path = NSTemporaryDirectory() + "/ft-" + UUID().uuidString
        try Data(bytes).write(to: URL(filePath: path))
        defer { unlink(path) }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        var reader = DataFileReader(name: name, shape: shape, columns: columns, controlTokens: controlTokens)
        try reader.read(descriptor, path: path) { line, result in
            switch result {
            case .success(let parsed):
                rows.append((line, parsed))
                problems += parsed.warnings
            case .failure(let found): problems += found.list
            }
        }
        format = reader.format
    }

    init(_ text: String, _ name: String = "a.jsonl", shape: RowShape? = nil, columns: [String: String] = [:]) throws {
        try self.init(Array(text.utf8), name, shape: shape, columns: columns)
    }

    var contents: [RowContent] { rows.map(\.row.content) }
    var lines: [Int] { rows.map(\.line) }
    var codes: [String] { problems.map(\.code) }
    /// `code pointer` of every problem.
    var faults: [String] { problems.map { $0.pointer.isEmpty ? $0.code : "\($0.code) \($0.pointer)" } }
}
