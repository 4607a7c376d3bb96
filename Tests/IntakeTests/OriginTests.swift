import Foundation
import Ledger
import Nouns
import Parquet
import Platform
import TestSupport
import Testing

@testable import Intake

/// What is said of a drop beside its bytes: which columns and how many rows of it are read.
struct OriginTests {
    private static let header = "Question,Answer,System\n"
    private static let lines = (0..<30).map { "q\($0),a,secret\($0)\n" }.joined()
    private static let columns = ["prompt": "Question", "completion": "Answer", "system": "System"]

    /// Has a file dropped and judged.
    private func take(_ scene: IntakeScene, _ text: String, _ origin: DropOrigin, name: String = "a.csv") throws -> Drop
    {
        let file = scene.sandbox.root + "/sent"
        try Data(text.utf8).write(to: URL(filePath: file))
        let drop = try scene.service.take(file, named: name, origin, of: "p")
        try scene.pass()
        return try #require(try scene.context.ledger.drop(drop.id))
    }

    private func text(_ scene: IntakeScene, _ drop: Drop) throws -> [String] {
        try scene.rows(drop).map { String(decoding: try ContractCoding.encode($0), as: UTF8.self) }
    }

    @Test func aDropIsReadWholeWhereNothingIsSaid() throws {
        let scene = try IntakeScene()
        let drop = try take(scene, Self.header + Self.lines, DropOrigin(columns: Self.columns))
        #expect(drop.state == .validated && drop.rowsAccepted == 30)
        #expect(try text(scene, drop).allSatisfy { $0.contains("secret") })
    }

    @Test func onlyTheColumnsThatAreNamedAreRead() throws {
        let scene = try IntakeScene()
        let origin = DropOrigin(columns: Self.columns, only: ["Question", "Answer"])
        let drop = try take(scene, Self.header + Self.lines, origin)
        #expect(drop.state == .validated && drop.rowsAccepted == 30)
        let rows = try text(scene, drop)
        #expect(rows.count == 30 && rows.allSatisfy { !$0.contains("secret") && $0.contains("\"q") })
        // Without the column of the prompt no row has a shape.
        let none = try take(
            scene, Self.header + Self.lines, DropOrigin(columns: Self.columns, only: ["Answer"]))
        #expect(none.state == .quarantined && none.rowsAccepted == 0)
    }

    @Test(arguments: [("a.csv", 12), ("a.jsonl", 12), ("a.csv", 30), ("a.csv", 31)])
    func noMoreRowsAreReadThanAreWanted(name: String, rows: Int) throws {
        let scene = try IntakeScene()
        let jsonl = (0..<30).map { #"{"Question":"q\#($0)","Answer":"a"}"# + "\n" }.joined()
        let text = name == "a.csv" ? Self.header + Self.lines : jsonl
        let drop = try take(scene, text, DropOrigin(columns: Self.columns, rows: rows), name: name)
        #expect(drop.state == .validated && drop.rowsAccepted == min(rows, 30))
        // The record is of the whole file all the same.
        #expect(drop.sha256 == Digest.sha256(Data(text.utf8)) && drop.bytes == text.utf8.count)
        let report = try scene.report(drop)
        #expect(report.rowsRead == min(rows, 30))
        let read = try scene.rows(drop).count
        #expect(read == min(rows, 30))
    }

    @Test func aBadRowBehindThemIsNoneOfIts() throws {
        let scene = try IntakeScene()
        let bad = Self.header + Self.lines + (0..<40).map { "lone\($0),,\n" }.joined()
        #expect(try take(scene, bad, DropOrigin(columns: Self.columns, rows: 30)).state == .validated)
        #expect(try take(scene, bad, DropOrigin(columns: Self.columns)).state == .quarantined)
    }

    @Test func rowsThatAProgramMadeAreCutAsWell() throws {
        let folder = try Sandbox()
        let script = """
            #!/bin/sh
            case "$*" in
            --version) echo 'v9.8.7 (Duck) 0123456789';;
            *parquet_schema*) for name in prompt completion system
            do printf '{"column_name":"%s","column_type":"VARCHAR"}\\n' $name; done;;
            *) i=0; while [ $i -lt 30 ]; do i=$((i+1))
            echo "{\\"prompt\\":\\"q$i\\",\\"completion\\":\\"a\\",\\"system\\":\\"secret\\"}"; done;;
            esac
            """
        try AtomicFile.write(Data(script.utf8), to: folder.root + "/duckdb", mode: 0o755)
        let scene = try IntakeScene(programs: ParquetPrograms(folders: [folder.root], patience: 0))
        let origin = DropOrigin(only: ["prompt", "completion"], rows: 14)
        let drop = try take(scene, "PAR1 whatever a program makes of it PAR1", origin, name: "a.parquet")
        #expect(drop.state == .validated && drop.rowsAccepted == 14 && drop.reader == "DuckDB 9.8.7")
        #expect(try text(scene, drop).allSatisfy { !$0.contains("secret") })
    }

    @Test func anotherCutOfTheSameBytesIsAnotherDrop() throws {
        let scene = try IntakeScene()
        let text = Self.header + Self.lines
        let states = try [20, 20, 25].map {
            try take(scene, text, DropOrigin(columns: Self.columns, rows: $0)).state
        }
        #expect(states == [.validated, .duplicate, .validated])
    }
}
