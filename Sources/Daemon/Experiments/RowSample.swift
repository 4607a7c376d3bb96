import Contracts
import Foundation
import Platform
import RowFormats
import Stages

/// A sample of rows that bases are scored on: worked examples first, then what is scored. Chosen by hash, so that it is the same each time.
struct RowSample {
    var rows: [Row]
    /// How many of the first rows are worked examples.
    var shots: Int
    /// The classes, where every row names one of a few.
    var labels: [String]?
    /// Training rows of the whole dataset.
    var trainingRows: Int

    /// The most rows of a file that are looked at.
    private static let most = 50_000

    /// A sample of `count` rows out of `all`, which must hold no gate row.
    init(_ all: [Row], count: Int, trainingRows: Int) {
        let ordered = all.map { (key: Digest.sha256(Data("sample:\($0.id)".utf8)), row: $0) }.sorted { $0.key < $1.key }.map(\.row)
        let names = Set(ordered.compactMap(\.label))
        // A few classes, each named more than once: an answer that is always different is no class.
        let isClassified = names.count >= 2 && names.count <= 50 && ordered.allSatisfy { $0.label != nil } && ordered.count >= 3 * names.count
        labels = isClassified ? names.sorted() : nil
        var examples: [Row] = []
        if isClassified {
            var shown: Set<String> = []
            for row in ordered where examples.count < 8 {
                if let label = row.label, shown.insert(label).inserted { examples.append(row) }
            }
        }
        let used = Set(examples.map(\.id))
        rows = examples + ordered.filter { !used.contains($0.id) }.prefix(max(1, count))
        shots = examples.count
        self.trainingRows = trainingRows
    }

    /// Rows of a pipeline that may choose: training and validation, never the gate.
    static func rows(of pipeline: PipelineName, _ context: StageContext) throws -> [Row] {
        var rows: [Row] = []
        for shard in try context.ledger.shards(pipeline) where shard.split != .gate && rows.count < most {
            try RowFile.read(shard.file.path) { if rows.count < most { rows.append($0) } }
        }
        return rows
    }

    /// Rows of a file as people drop it: JSON lines. Throws a Failure where none of its first lines is a row.
    static func rows(ofFile path: String) throws -> [Row] {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw Failure(code: "recommend.file", "The file cannot be read.", at: path, remedy: "Upload it again.")
        }
        defer { try? handle.close() }
        let parser = RowParser()
        var reader = LineReader()
        var rows: [Row] = []
        var first: RowProblem?
        func take(_ number: Int, _ bytes: [UInt8]?) throws {
            guard rows.count < most, let result = parser.parse(bytes, line: number) else { return }
            switch result {
            case .success(let parsed):
                rows.append(
                    Row(
                        id: try RowIdentity.id(parsed.content), content: parsed.content, split: .train, label: RowIdentity.label(parsed.content),
                        promptKey: RowIdentity.promptKey(parsed.content), drop: "sample", line: number))
            case .failure(let problems): first = first ?? problems.list.first
            }
        }
        while rows.count < most, let data = try handle.read(upToCount: 1 << 20), !data.isEmpty {
            try data.withUnsafeBytes { try reader.push($0, take) }
        }
        try reader.finish(take)
        guard !rows.isEmpty else {
            throw Failure(
                code: "recommend.no_rows", "No line of the file is a row\(first.map { ": line \($0.line): \($0.message)" } ?? "").", at: (path as NSString).lastPathComponent,
                remedy: first?.fix ?? "Give a file with one JSON object a line: {\"prompt\": …, \"completion\": …} or {\"messages\": […]}.")
        }
        return rows
    }
}
