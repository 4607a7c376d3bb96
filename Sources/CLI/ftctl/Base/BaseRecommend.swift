import ArgumentParser
import ControlClient
import ControlProtocol
import Foundation
import Nouns
import Reports

struct BaseRecommend: Question {
    static let configuration = CommandConfiguration(
        commandName: "recommend",
        abstract: "Which registered base suits the data: every base scored on a sample, without training.",
        discussion: """
            Bases are ordered by bits per byte of the answers, which needs no common tokenizer; two within 3 % are a \
            draw. Where the answers are classes, a share of labels chosen rightly (with worked examples) that is \
            higher by more than 10 points goes first. Memory, context length and licence are checked.

            Example: ftctl base recommend tickets --rows 200
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "A pipeline, or a file of rows as one would drop it.") var data: String
    @Option(help: ArgumentHelp("Rows that each base scores.", valueName: "count")) var rows = 48

    func validate() throws {
        guard (4...2000).contains(rows) else { throw ValidationError("--rows \(rows) is not in 4 … 2000.") }
    }

    func ask(_ client: ControlClient) async throws -> [BaseRecommendation] {
        let isLive = Terminal.isInteractive && !connection.json
        if isLive { Terminal.replace("  The daemon scores every base on \(rows) rows…") }
        defer { if isLive { Terminal.replace("") } }
        guard FileManager.default.fileExists(atPath: data) else {
            return try await client.send(.bases.recommend(PipelineName(data), RecommendRequest(rows: rows)))
        }
        let upload = try await client.send(.uploads.open(UploadQuery(purpose: .data)))
        try await client.upload(.uploads.put(UploadPlace(upload.id, file: "rows.jsonl")), file: data)
        return try await client.send(
            .bases.recommendData(
                RecommendDataRequest(upload: upload.id, file: "rows.jsonl", rows: rows)))
    }

    func document(_ ranked: [BaseRecommendation]) -> Document { .list(ranked, none: "No base is registered.") }
}

extension BaseRecommendation: TableRow {
    package static var columns: [Column] {
        [
            .number("#"), "BASE", .number("BITS/BYTE"), .number("LABELS RIGHT"), .number("A PASS"),
            .number("TOKENS/S"), .number("TRAINS IN"), .number("CONTEXT"), "LICENCE", .text("WHY"),
        ]
    }

    package var cells: [Cell] {
        [
            Cell(rank.map(String.init) ?? Quantity.none), Cell(base.rawValue), .number(bitsPerByte),
            Cell(Quantity.share(labelAccuracy)), Cell(Quantity.duration(epochSeconds)), .number(tokensPerSecond),
            Cell(Quantity.bytes(trainingMemoryBytes)), Cell(contextLength.map(String.init) ?? Quantity.none),
            Cell(licence ?? "unknown"), Cell(reasons.joined(separator: "; ")),
        ]
    }
}
