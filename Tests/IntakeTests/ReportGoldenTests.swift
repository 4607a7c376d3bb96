import Foundation
import Nouns
import TestSupport
import Testing

@testable import Intake

/// Rows in, the report of intake out. The first part of a name is the file's ending.
struct ReportGoldenTests {
    private static let golden = Golden("IntakeTests/Golden")

    @Test func rowsBecomeTheReportThatTheyShould() throws {
        let names = try Self.golden.names()
        #expect(names.count >= 4)
        for name in names {
            let scene = try IntakeScene()
            let input = try Self.golden.input(name).trimmingCharacters(in: .newlines)
            let file = "file." + (name.split(separator: "-").first.map(String.init) ?? "jsonl")
            try scene.put(input + "\n", file)
            try scene.pass(file)
            let drop = try #require(try scene.drops().first)
            let report = try String(decoding: ContractCoding.pretty(scene.report(drop)), as: UTF8.self)
            let output =
                "\(drop.state.rawValue): \(drop.note ?? "–")\n"
                + report.replacing(drop.id.rawValue, with: "DROP").replacing(scene.sandbox.root, with: "")
                .replacing(/"at" : "[^"]*"/, with: "\"at\" : \"…\"")
            let difference = try Self.golden.difference(name, input: input, output: output + "\n")
            #expect(difference == nil)
        }
    }
}
