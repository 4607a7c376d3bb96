import Foundation
import Nouns
import TestSupport
import Testing

@testable import Datasets

/// Rows in, the data report out: of a drop, then of the dataset that it was added to.
struct DataReportGoldenTests {
    private static let golden = Golden("DatasetsTests/Golden")

    private struct Line: Decodable {
        var prompt: String
        var completion: String
    }

    @Test func rowsBecomeTheDataReportThatTheyShould() throws {
        let names = try Self.golden.names()
        #expect(names.count >= 3)
        for name in names {
            let input = try Self.golden.input(name).trimmingCharacters(in: .newlines)
            // A line of the pipeline's settings may stand first.
            var lines = input.split(separator: "\n")
            let settings = lines.first?.hasPrefix("{") == false ? "[data]\n\(lines.removeFirst())\n" : ""
            let scene = try DatasetScene(settings)
            let contents = try lines.map { text -> RowContent in
                let line = try JSONDecoder().decode(Line.self, from: Data(text.utf8))
                return .completion(prompt: line.prompt, completion: line.completion)
            }
            let half = contents.count / 2
            try scene.store("d-1", Array(contents[..<half]))
            try scene.store("d-2", Array(contents[half...]))
            let drop = try #require(try scene.context.ledger.report("p", drop: "d-2"))
            let whole = try #require(try scene.context.ledger.report("p"))
            let output = try [drop, whole].map { report in
                var report = report
                report.at = Date(timeIntervalSince1970: 0)
                return try String(decoding: ContractCoding.pretty(report), as: UTF8.self) + "\n"
            }.joined()
            let difference = try Self.golden.difference(name, input: input, output: output)
            #expect(difference == nil)
        }
    }
}
