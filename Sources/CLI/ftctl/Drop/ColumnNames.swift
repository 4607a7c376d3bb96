import ArgumentParser
import Nouns

/// The option by which a file's own names of columns or keys are told, for what is dropped now.
struct ColumnNames: ParsableArguments {
    @Option(
        name: .customLong("as"),
        help: ArgumentHelp(
            "The file's names of columns or keys, by ours, for this drop alone: prompt=Question,completion=Answer.",
            valueName: "ours=theirs,…"))
    var given: [String] = []

    func validate() throws { _ = try columns() }

    /// The file's names by ours; nil where none was given.
    func columns() throws -> [String: String]? {
        if given.isEmpty { return nil }
        var columns: [String: String] = [:]
        for pair in given.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, columns.updateValue(parts[1], forKey: parts[0]) == nil else {
                throw ValidationError("'\(pair)' is not OURS=THEIRS, such as prompt=Question, or OURS is there twice.")
            }
        }
        if let fault = RowShape.fault(ofColumns: columns) {
            throw ValidationError("--as is a table \(fault).")
        }
        return columns
    }
}
