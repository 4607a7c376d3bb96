import ArgumentParser
import ControlClient
import ControlProtocol
import Foundation
import Nouns

extension Base {
    struct Recommend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Which registered base suits the data: every base scored on a sample, without training.",
            discussion: """
                Bases are ordered by bits per byte of the answers, which needs no common tokenizer; two within 3 % \
                are a draw. Where the
                answers are classes, a share of labels chosen rightly (with worked examples) that is higher by more \
                than 10 points goes first. Memory, context length and licence are checked.
                """)
        @OptionGroup var connection: Connection
        @Argument(help: "A pipeline, or a file of rows as one would drop it.") var data: String
        @Option(help: "Rows that each base scores.") var rows = 48

        func run() async throws {
            guard (4...2000).contains(rows) else { throw ValidationError("--rows \(rows) is not in 4 … 2000.") }
            try await connection.use { client in
                if Terminal.isInteractive, !connection.json {
                    Terminal.replace("  scoring every base on \(rows) rows…")
                }
                let ranked = try await answer(client)
                if Terminal.isInteractive, !connection.json { Terminal.replace("") }
                try connection.show(ranked, Self.text)
            }
        }

        private func answer(_ client: ControlClient) async throws -> [BaseRecommendation] {
            guard FileManager.default.fileExists(atPath: data) else {
                return try await client.post(
                    [BaseRecommendation].self, ControlRoute.recommendBase(data), RecommendRequest(rows: rows))
            }
            let upload = try await client.post(UploadAnswer.self, ControlRoute.uploads, [String: String]())
            try await client.put(ControlRoute.upload(upload.id, file: "rows.jsonl"), file: data) { _ in }
            return try await client.post(
                [BaseRecommendation].self, ControlRoute.recommendData,
                RecommendDataRequest(upload: upload.id, file: "rows.jsonl", rows: rows))
        }

        static func text(_ ranked: [BaseRecommendation]) -> String {
            let table = Terminal.table(
                ["#", "BASE", "BITS/BYTE", "LABELS RIGHT", "A PASS", "TOKENS/S", "TRAINS IN", "CONTEXT", "LICENCE"],
                ranked.map {
                    [
                        $0.rank.map(String.init) ?? "–", $0.base.rawValue, Terminal.number($0.bitsPerByte),
                        $0.labelAccuracy.map { String(format: "%.0f %%", $0 * 100) } ?? "–",
                        $0.epochSeconds.map(Terminal.duration) ?? "–",
                        $0.tokensPerSecond.map { String(format: "%.0f", $0) } ?? "–",
                        Terminal.bytes($0.trainingMemoryBytes),
                        $0.contextLength.map(String.init) ?? "–", $0.licence ?? "unknown",
                    ]
                })
            return table + "\n\n"
                + ranked.map { "\($0.base): \($0.reasons.joined(separator: "; "))" }.joined(separator: "\n")
        }
    }
}
