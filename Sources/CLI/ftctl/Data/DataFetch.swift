import ArgumentParser
import ControlClient
import ControlProtocol
import Foundation
import HubClient
import Nouns
import Reports

struct DataFetch: Question {
    static let configuration = CommandConfiguration(
        commandName: "fetch", abstract: "Drop a dataset of the Hub.",
        discussion: """
            SOURCE is hf:datasets/OWNER/NAME[@REVISION][:FILE], or the address of a dataset's page. The files of one \
            split are fetched by one commit and each is a drop; one that came before, of the same commit and by the \
            same options, is not fetched again. Which files are a split, the dataset's card says, else their names \
            (data/train-00000-of-00003.parquet, train.jsonl). Where there are several configurations or splits, name \
            one; without a choice they are listed. Scripts and pickles are never fetched. Ctrl-C or a lost connection \
            costs nothing: the same command goes on where it was, within a day.

            Set up as for other programs of the Hub: HF_ENDPOINT, HF_TOKEN, HF_TOKEN_PATH, HF_HUB_OFFLINE, \
            https_proxy and no_proxy. With --json, events come on standard error, one a line.

            Example: ftctl data fetch hf:datasets/openai/gsm8k --config main --split train --as \
            prompt=question,completion=answer --pipeline tickets
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The dataset; see above.") var source: String
    @Option(help: ArgumentHelp("The configuration, where there are several.", valueName: "name")) var config: String?
    @Option(help: ArgumentHelp("The split, where there are several.", valueName: "name")) var split: String?
    @Option(
        help: ArgumentHelp("How many rows are read at most; files behind them are not fetched.", valueName: "count"))
    var rows: Int?
    @Option(help: ArgumentHelp("The only columns or keys that are read.", valueName: "a,b")) var columns: [String] = []
    @OptionGroup var names: ColumnNames
    @Option(help: "The pipeline.", completion: .pipelines) var pipeline: PipelineName

    /// The columns that are read; nil for all of them.
    var only: [String]? {
        let given = columns.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
        return given.isEmpty ? nil : given
    }

    func validate() throws {
        guard source.hasPrefix("hf:datasets/") || source.hasPrefix("https://") || source.hasPrefix("http://") else {
            throw ValidationError("'\(source)' is no dataset of the Hub: give hf:datasets/OWNER/NAME.")
        }
        if let rows, rows < 1 { throw ValidationError("--rows takes a number of 1 and more.") }
        guard let only else { return }
        guard !only.contains(""), Set(only).count == only.count else {
            throw ValidationError("--columns takes names between commas, each once.")
        }
        if let absent = try names.columns()?.values.sorted().first(where: { !only.contains($0) }) {
            throw ValidationError("--as names '\(absent)', which --columns leaves out.")
        }
    }

    func ask(_ client: ControlClient) async throws -> FetchedData {
        if !connection.json { Interruption.endsTheLine() }
        return try await DataFetching(self, client).fetch()
    }

    func document(_ answer: FetchedData) -> Document { answer.document }

    func status(_ answer: FetchedData) -> Int32 { answer.files.contains { $0.drop.state == .quarantined } ? 1 : 0 }
}
