import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct VersionCompare: Question {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Two versions side by side.",
        discussion: """
            Figures are those of the same gate rows where both versions were scored on some; where not, it is said.

            Example: ftctl version compare tickets previous current
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The pipeline.", completion: .pipelines) var pipeline: PipelineName
    @Argument(help: ArgumentHelp("A version or an alias.", valueName: "version"), completion: .versions) var a: String
    @Argument(help: ArgumentHelp("Another of the same pipeline.", valueName: "other-version"), completion: .versions)
    var b: String

    func ask(_ client: ControlClient) async throws -> VersionComparison {
        try await client.send(.versions.compare(VersionPairQuery(pipeline: pipeline, a: a, b: b)))
    }

    func document(_ comparison: VersionComparison) -> Document {
        let names = Set(comparison.a.figures.keys).union(comparison.b.figures.keys).sorted()
        let (a, b) = (comparison.a.version.id.rawValue, comparison.b.version.id.rawValue)
        let figures = names.map { name -> [Cell] in
            let (x, y) = (comparison.a.figures[name], comparison.b.figures[name])
            let difference = x.flatMap { x in y.map { $0 - x } }
            return [Cell(name.rawValue), .number(x), .number(y), Cell(Quantity.signed(difference))]
        }
        return Document([
            .table(Table(["FIGURE", .number(a), .number(b), .number("DIFFERENCE")], cells: figures)),
            .paragraph(
                comparison.sameGateRows
                    ? ""
                    : "The two were judged on different gate rows; their figures are only roughly comparable."),
            .table(
                Table(
                    ["DIFFERS", .text(a), .text(b)],
                    cells: comparison.differences.map { [Cell($0.what), Cell($0.a), Cell($0.b)] })),
        ])
    }
}
