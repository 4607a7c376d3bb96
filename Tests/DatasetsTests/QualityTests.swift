import DataQuality
import Foundation
import Ledger
import Nouns
import Platform
import Settings
import StageKit
import Testing

@testable import Datasets

/// What is found in a drop as it is stored, against all that came before.
struct QualityTests {
    /// A question of its own for each number, long enough that a word more or less changes little.
    static func text(_ index: Int, _ more: String = "") -> String {
        let words = (0..<24).map {
            "\(["alpha", "bravo", "delta", "gamma", "omega"][(index + $0) % 5])\((index * 7919 + $0 * 104_729) % 9973)"
        }
        return words.joined(separator: " ") + more
    }

    static func rows(_ range: Range<Int>, _ more: String = "") -> [RowContent] {
        range.map { .completion(prompt: text($0, more), completion: "yes") }
    }

    @Test func aNewDropIsComparedWithAllThatCameBefore() throws {
        let scene = try DatasetScene("[data]\ngate_share = 0.3\nvalidation_share = 0.1\n")
        try scene.store("d-1", Self.rows(0..<100))
        try scene.store("d-2", Self.rows(100..<140))
        try scene.store("d-3", Self.rows(0..<140, " indeed"))
        let report = try #require(try scene.context.ledger.report("p", drop: "d-3"))
        #expect(report.nearDuplicates.rows == 140 && report.nearDuplicates.examples.count == 20)
        #expect(report.nearDuplicates.examples.allSatisfy { $0.similarity >= 0.8 })
        #expect(try scene.context.ledger.report("p", drop: "d-1")?.nearDuplicates.rows == 0)
        #expect(try scene.context.ledger.report("p")?.nearDuplicates.rows == 140)
        #expect(try scene.context.ledger.report("p")?.drops == 3)
    }

    @Test func whatResemblesAGateRowIsKeptOutOfTraining() throws {
        let scene = try DatasetScene("[data]\ngate_share = 0.3\nvalidation_share = 0.1\n")
        try scene.store("d-1", Self.rows(0..<100))
        try scene.store("d-2", Self.rows(0..<100, " indeed"))
        let rows = try scene.rows()
        let gate = Set(try #require(rows[.gate]).map(\.id))
        let aside = try scene.context.ledger.setAside("p")
        #expect(!aside.isEmpty && aside.allSatisfy { $0.reason == .nearDuplicateOfGate && ($0.score ?? 0) >= 0.8 })
        for row in aside {
            #expect(!gate.contains(row.id), "a gate row is never removed")
            #expect(row.other.map { gate.contains($0) } == true)
        }
        // Whichever of the two came first: every pair of which one is a gate row, and the other is not.
        func number(_ row: Row) -> String {
            if case .completion(let prompt, _) = row.content { prompt.replacing(" indeed", with: "") } else { "" }
        }
        let split = Dictionary(grouping: rows.flatMap { split, list in list.map { (number($0), split) } }, by: \.0)
            .mapValues { $0.map(\.1) }
        let mixed = split.values.filter { $0.contains(.gate) && $0.contains { $0 != .gate } }
        #expect(mixed.count == aside.count && Set(aside.map(\.drop)) == ["d-1", "d-2"])
        // The dataset keeps the row; only what is learnt from is without it.
        #expect(rows.values.reduce(0) { $0 + $1.count } == 200)
        let train = try scene.context.ledger.storedDrops("p").reduce(0) { $0 + $1.trainRows }
        let out = Set(aside.map(\.id))
        #expect(train == rows[.train]?.count { !out.contains($0.id) })
    }

    @Test func nearDuplicatesGoWhereThePipelineSaysSo() throws {
        let scene = try DatasetScene(
            "[data]\ngate_share = 0.01\nvalidation_share = 0.0\nnear_duplicates = \"remove\"\n")
        try scene.store("d-1", Self.rows(0..<50) + Self.rows(0..<10, " indeed"))
        let aside = try scene.context.ledger.setAside("p").filter { $0.reason == .nearDuplicate }
        #expect(aside.count >= 8 && aside.allSatisfy { $0.line > 50 && $0.drop == "d-1" })
    }

    @Test func aTemplateDoesNotEmptyTheTrainingRows() throws {
        let scene = try DatasetScene("[data]\ngate_share = 0.3\nvalidation_share = 0.1\n")
        let prefix = String(
            repeating:
                "Classify the following ticket as billing, technical or shipping and answer with one word only. ",
            count: 4)
        let subjects = ["the kettle", "an invoice", "my laptop", "that parcel", "a refund", "the app"]
        let verbs = ["broke", "vanished", "doubled", "froze", "arrived late", "was refused"]
        let rows: [RowContent] = (0..<300).map {
            .completion(
                prompt: "\(prefix)Ticket \($0 * 7919 % 10_007): \(subjects[$0 % 6]) \(verbs[$0 / 6 % 6]) \($0)",
                completion: "billing")
        }
        try scene.store("d-1", Array(rows[..<40]))
        try scene.store("d-2", Array(rows[40...]))
        // The third drop is beyond 64 rows: the template is known by now, and what was taken for near duplicates is not
        // any more.
        try scene.store("d-3", Self.rows(0..<3))
        let removed = try scene.context.ledger.removed("p").values.reduce(0, +)
        #expect(removed < 20, "\(removed) of 300")
    }

    @Test func aDamagedIndexIsMadeAnew() throws {
        let scene = try DatasetScene("[data]\ngate_share = 0.3\n")
        try scene.store("d-1", Self.rows(0..<100))
        let folder = scene.sandbox.layout.nearIndex("p")
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasSuffix(".near") {
            try Data("FTNEAR01 but no more".utf8).write(to: URL(filePath: folder + "/" + name))
        }
        try scene.store("d-2", Self.rows(0..<100, " indeed"))
        #expect(try scene.context.ledger.report("p", drop: "d-2")?.nearDuplicates.rows == 100)
        try FileManager.default.removeItem(atPath: folder)
        try scene.store("d-3", Self.rows(0..<100, " surely"))
        #expect(try scene.context.ledger.report("p", drop: "d-3")?.nearDuplicates.rows == 100)
    }

    @Test func manySmallDropsAreFewSegments() throws {
        let scene = try DatasetScene()
        for index in 0..<40 { try scene.store(DropID("d-\(index)"), Self.rows((index * 3)..<(index * 3 + 3))) }
        let folder = scene.sandbox.layout.nearIndex("p")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".near") }
        #expect(files.count <= 16, "\(files.count)")
        try scene.store("d-last", Self.rows(0..<120, " indeed"))
        #expect(try scene.context.ledger.report("p", drop: "d-last")?.nearDuplicates.rows == 120)
        #expect(try scene.context.ledger.report("p")?.rows.values.reduce(0, +) == 240)
    }

    static let leaks: [RowContent] = [
        .completion(prompt: "Who is anna@example.org?", completion: "A colleague."),
        .completion(prompt: "Who was Ada?", completion: "A mathematician."),
        .chat(
            messages: [
                Message(role: "user", content: "my card is 4111 1111 1111 1111"),
                Message(role: "assistant", content: "Thanks."),
            ], tools: nil),
    ]

    @Test(arguments: ["allow", "redact", "reject"])
    func personalDataIsTreatedAsThePipelineSays(action: String) throws {
        let scene = try DatasetScene("[data]\nsensitive = \"\(action)\"\n")
        let drop = try scene.store("d-1", Self.leaks, fields: [["by": "+49 30 901820"], nil, nil])
        let texts = try scene.rows().values.flatMap { $0 }.map { "\($0.content) \($0.fields ?? [:])" }.joined()
        let report = try #require(try scene.context.ledger.report("p", drop: "d-1"))
        #expect(report.sensitive == [.email: 1, .phone: 1, .card: 1] && report.sensitiveAction == action)
        switch action {
        case "allow":
            #expect(drop?.rowsAccepted == 3 && texts.contains("anna@example.org"))
            #expect(report.findings.contains { $0.code == "personal_data" })
        case "redact":
            #expect(drop?.rowsAccepted == 3)
            #expect(
                ["[EMAIL]", "[CARD]", "[PHONE]"].allSatisfy(texts.contains) && !texts.contains("anna@")
                    && !texts.contains("4111"))
        default:
            #expect(drop?.rowsAccepted == 1 && !texts.contains("anna"))
            #expect(try scene.context.ledger.setAside("p", reason: .sensitive).map(\.line) == [1, 3])
        }
    }

    @Test func contradictionsAreFoundAcrossDrops() throws {
        let scene = try DatasetScene()
        try scene.store("d-1", DatasetScene.questions(0..<10, answer: "yes"))
        try scene.store("d-2", DatasetScene.questions(5..<12, answer: "no"))
        let report = try #require(try scene.context.ledger.report("p"))
        #expect(
            report.contradictions.prompts == 5 && report.contradictions.rows == 10
                && report.contradictions.examples.allSatisfy { $0.count == 2 })
        #expect(report.findings.contains { $0.code == "contradictions" })
        try scene.store("d-3", DatasetScene.questions(0..<2, answer: " YES "))
        #expect(
            try scene.context.ledger.report("p")?.contradictions.prompts == 5,
            "white space and case are no other answer")
    }

    @Test func emptySidesAreSaid() throws {
        let scene = try DatasetScene("[data]\ngate_share = 0.01\nvalidation_share = 0.01\n")
        try scene.store("d-1", DatasetScene.questions(0..<3))
        let codes = try #require(try scene.context.ledger.report("p")).findings.map(\.code)
        #expect(codes.contains("empty_gate") && codes.contains("empty_validation") && codes.contains("few_rows"))
    }

    @Test func theDatasetsCountsAreMadeAnewWhereTheyAreLost() throws {
        let scene = try DatasetScene()
        try scene.store("d-1", Self.rows(0..<30))
        try scene.store("d-2", Self.rows(10..<60))
        var before = try #require(try scene.context.ledger.report("p"))
        try scene.context.ledger.forgetReport("p")
        let pipeline = try #require(scene.context.settings.pipeline("p"))
        var after = try ReportMaking(context: scene.context, pipeline: pipeline).dataset()
        (before.at, after.at) = (Date(timeIntervalSince1970: 0), Date(timeIntervalSince1970: 0))
        #expect(before == after)
    }
}
