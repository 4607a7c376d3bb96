import ArgumentParser
import Foundation
import HubClient
import Nouns
import Testing

@testable import ftctl

/// Datasets of the Hub: what is asked for, and what is said of what came.
struct FetchTests {
    private static let line = "data fetch hf:datasets/ann/rows --pipeline tickets"

    @Test func theCommandLineIsRefusedWhereItCannotBeMeant() {
        for line in [
            "data fetch ann/rows --pipeline tickets", "data fetch hf:ann/model --pipeline tickets",
            "data fetch hf:datasets/ann/rows", Self.line + " --rows 0", Self.line + " --rows x",
            Self.line + " --columns a,,b", Self.line + " --columns a,a", Self.line + " --as prompt",
            Self.line + " --columns answer --as prompt=question,completion=answer",
        ] {
            let fault = #expect(throws: (any Error).self) { _ = try OutputHarness.parse(line) }
            #expect(fault.map { Ftctl.exitCode(for: $0).rawValue } == 64, "\(line)")
        }
    }

    @Test func whatIsAskedForIsRead() throws {
        let command = try #require(
            try OutputHarness.parse(
                Self.line + " --config main --split train --rows 500 --columns question,answer --columns 'the topic' "
                    + "--as prompt=question,completion=answer") as? DataFetch)
        #expect(command.only == ["question", "answer", "the topic"] && command.rows == 500)
        #expect(command.config == "main" && command.split == "train" && command.pipeline == "tickets")
        #expect(try command.names.columns() == ["prompt": "question", "completion": "answer"])
        #expect((try OutputHarness.parse(Self.line) as? DataFetch)?.only == nil)
    }

    @Test func whatAFetchSays() throws {
        let commit = String(repeating: "1", count: 40)
        var drop = Answers.stored
        drop.origin = DropOrigin(rows: 500, source: "hf:datasets/ann/rows@\(commit)/data/train-00000-of-00003.parquet")
        var answer = FetchedData(
            repository: "ann/rows", commit: commit, config: "default", split: "train", licence: "mit",
            files: [.init(path: "data/train-00000-of-00003.parquet", bytes: 270 << 20, isKnown: true, drop: drop)])
        (drop.state, drop.name) = (.received, "rows-data-train-00001-of-00003.parquet")
        answer.files.append(
            .init(path: "data/train-00001-of-00003.parquet", bytes: 1 << 20, isKnown: false, drop: drop))
        (drop.state, drop.note) = (.duplicate, "the same bytes as d-20270115-080000-0a1b2c3d")
        answer.files.append(.init(path: "data/train-00002-of-00003.parquet", bytes: 700, isKnown: false, drop: drop))
        answer.left = 1
        try OutputHarness.expect("data-fetch", Self.line, DataFetch.self, answer)
    }

    @Test func aDropSaysWhereItCameFrom() throws {
        var report = Answers.report
        report.source = "hf:datasets/ann/rows@\(String(repeating: "1", count: 40))/train.csv"
        try OutputHarness.expect("drop-show-source", "drop show \(report.drop)", DropShow.self, report)
    }

    @Test func aFileIsDroppedUnderItsPathOfWhichTheEndCounts() throws {
        func name(_ path: String, _ repository: String = "ann/rows") -> String {
            DatasetPlan(HubListing(repository: repository, commit: "c", files: [])).name(.init(path: path, bytes: 1))
        }
        #expect(name("data/train.csv") == "rows-data-train.csv" && name("a.csv", "old") == "old-a.csv")
        let long = name(String(repeating: "é", count: 300) + ".csv")
        #expect(long.utf8.count <= 255 && long.hasSuffix("é.csv"))
        #expect(name(String(repeating: ".", count: 300) + "x.csv") == "x.csv")
        let plan = DatasetPlan(HubListing(repository: "ann/rows", commit: "c0ffee", files: []))
        #expect(plan.source(.init(path: "d/a.csv", bytes: 1)) == "hf:datasets/ann/rows@c0ffee/d/a.csv")
    }
}
