import Foundation
import Nouns
import Platform
import RowFiles
import RowFormats
import StageKit

/// A sample of rows that bases are scored on: worked examples first, then what is scored. Chosen by hash, so that it is
/// the same each time.
struct ScoringSample {
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
        let ordered = all.map { (key: Digest.sha256(Data("sample:\($0.id)".utf8)), row: $0) }.sorted { $0.key < $1.key }
            .map(\.row)
        let names = Set(ordered.compactMap(\.label))
        // A few classes, each named more than once: an answer that is always different is no class.
        let isClassified =
            names.count >= 2 && names.count <= 50 && ordered.allSatisfy { $0.label != nil }
            && ordered.count >= 3 * names.count
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

    /// That enough rows have been read.
    private struct Enough: Error {}

    /// Rows of a file as people drop it, in any format. Throws a Failure where it has none.
    static func rows(ofFile path: String) throws -> [Row] {
        let descriptor: Int32
        do { descriptor = try RawPath(path).openFile() } catch {
            throw Failure(
                code: "recommend.file", "The file cannot be read.", at: path, remedy: "Upload it again.",
                cause: "\(error)")
        }
        defer { close(descriptor) }
        var rows: [Row] = []
        var first: RowProblem?
        var reader = DataFileReader(name: (path as NSString).lastPathComponent)
        do {
            try reader.read(descriptor, path: path) { line, result in
                switch result {
                case .success(let parsed):
                    rows.append(
                        Row(
                            id: try RowIdentity.id(parsed.content), content: parsed.content, split: .train,
                            label: parsed.label ?? RowIdentity.label(parsed.content),
                            promptKey: RowIdentity.promptKey(parsed.content), drop: "sample", line: line))
                    if rows.count >= most { throw Enough() }
                case .failure(let problems): first = first ?? problems.list.first
                }
            }
        } catch is Enough {}
        guard !rows.isEmpty else {
            throw Failure(
                code: "recommend.no_rows",
                "No line of the file is a row\(first.map { ": line \($0.line): \($0.message)" } ?? "").",
                at: (path as NSString).lastPathComponent,
                remedy: first?.fix
                    ?? """
                    Give a file with one JSON object a line: {\"prompt\": …, \"completion\": …} or {\"messages\": \
                    […]}.
                    """
            )
        }
        return rows
    }
}
