import Compression
import Foundation
import Ledger
import Nouns
import Parquet
import Platform
import TestSupport
import Testing

@testable import Intake

/// How Parquet files come in, with programs that answer as DuckDB does; Tests/Interop has the real ones.
struct ParquetTests {
    let scene: IntakeScene
    /// Where programs are looked for.
    private let folder: Sandbox
    private var programs: String { folder.root }
    private static let bytes = Array("PAR1 whatever a program makes of it PAR1".utf8)

    init() throws {
        folder = try Sandbox()
        scene = try IntakeScene(programs: ParquetPrograms(folders: [folder.root], patience: 0))
    }

    /// Installs a program that says what columns there are, and writes rows by `rows`, a line of shell.
    private func install(_ rows: String, as name: String = "duckdb", columns: String? = nil) throws {
        let described =
            columns
            ?? ["prompt", "completion"].map { #"{"column_name":"\#($0)","column_type":"VARCHAR"}"# }
            .joined(separator: "\\n")
        let script = """
            #!/bin/sh
            case "$*" in
            --version) echo 'v9.8.7 (Duck) 0123456789';;
            *parquet_schema*) printf '\(described)\\n';;
            *) [ "$(head -c 4 /dev/stdin)" = PAR1 ] || exit 9
            \(rows);;
            esac
            """
        let path = programs + "/" + name
        try AtomicFile.write(Data(script.utf8), to: path, mode: 0o755)
    }

    private static let twelve = """
        i=0; while [ $i -lt 12 ]; do i=$((i+1)); echo "{\\"prompt\\":\\"q$i\\",\\"completion\\":\\"a\\"}"; done
        """

    private func made(_ drop: Drop) -> [String] {
        let folder = scene.context.layout.intake("p", drop: drop.id) + "/parquet"
        return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    @Test func rowsAreMadeAndKeptBesideTheOriginal() throws {
        try install(Self.twelve)
        try scene.put(Self.bytes, "rows.parquet")
        try scene.pass("rows.parquet")
        let drop = try #require(try scene.drops().first)
        #expect(drop.state == .validated && drop.rowsAccepted == 12)
        #expect(drop.reader == "DuckDB 9.8.7" && drop.bytes == Self.bytes.count)
        #expect(drop.sha256 == Digest.sha256(Self.bytes))
        #expect(made(drop) == ["\(drop.sha256).json", "\(drop.sha256).jsonl.zst"])
        #expect(try scene.report(drop).formats == ["parquet": 1])
        #expect(try scene.rows(drop).map(\.line) == Array(1...12))
    }

    @Test func whereNoProgramIsInstalledTheFileWaits() throws {
        try scene.put(Self.bytes, "rows.parquet")
        #expect(try scene.pass("rows.parquet"))
        #expect(try scene.pass())
        let waiting = try #require(scene.context.waiting["p"].first)
        #expect(waiting.name == "rows.parquet" && waiting.reason.hasPrefix("waiting: parquet reader"))
        #expect(waiting.reason.contains("pip install duckdb-cli"))
        #expect(try scene.drops().map(\.state) == [.received])
        #expect(scene.problems.isEmpty)
        // It does not hold up others, and is taken once a program comes.
        try scene.put(IntakeScene.rows(0..<12), "other.jsonl")
        try scene.pass("other.jsonl")
        #expect(try Set(scene.drops().map(\.state)) == [.received, .validated])
        try install(Self.twelve)
        #expect(try !scene.pass())
        #expect(try scene.drops().map(\.state) == [.validated, .validated])
        #expect(scene.context.waiting["p"].isEmpty)
    }

    @Test func whatIsMadeOnceIsReadAgain() throws {
        // So many are bad that the file is quarantined.
        try install(#"echo '{"prompt":"q"}'"#)
        try scene.put(Self.bytes, "rows.parquet")
        try scene.pass("rows.parquet")
        #expect(try scene.drops().map(\.state) == [.quarantined])
        // Were it asked again, it would say that the file is damaged.
        try install("exit 1")
        try scene.put(Self.bytes, "again.parquet")
        try scene.pass("again.parquet")
        #expect(try scene.drops().map(\.state) == [.quarantined, .quarantined])
        for drop in try scene.drops() { #expect(made(drop).count == 2 && drop.reader == "DuckDB 9.8.7") }
    }

    @Test(arguments: [
        ("echo broken >&2; exit 1", "intake.parquet"), ("kill -SEGV $$", "intake.parquet"),
        ("yes '{\"prompt\":\"q\",\"completion\":\"a\"}'", "intake.expands_too_much"),
    ]) func whatCannotBeReadIsQuarantined(rows: String, code: String) throws {
        try install(rows)
        try scene.put(Self.bytes, "rows.parquet")
        try scene.pass("rows.parquet")
        let drop = try #require(try scene.drops().first)
        #expect(drop.state == .quarantined)
        let failure = try #require(try scene.report(drop).quarantined)
        #expect(failure.code == code)
        #expect(code != "intake.parquet" || failure.message.contains("DuckDB 9.8.7"))
        #expect(made(drop).filter { $0.hasSuffix(".zst") } == [])
    }

    @Test(arguments: [
        (#"{"column_name":"d","column_type":"INTERVAL"}"#, "INTERVAL"),
        (
            #"{"name":"root","children":2}\n{"name":"a","children":0}\n{"name":"A","children":0}"#,
            "differ from it by case"
        ),
        (#"{"name":"root","children":1,"precision":0}\n{"name":"a","children":0,"precision":40}"#, "38 digits"),
    ]) func columnsWithoutARuleAreRefused(columns: String, word: String) throws {
        try install(Self.twelve, columns: columns)
        try scene.put(Self.bytes, "rows.parquet")
        try scene.pass("rows.parquet")
        let drop = try #require(try scene.drops().first)
        let failure = try #require(try scene.report(drop).quarantined)
        #expect(failure.code == "intake.parquet_type" && failure.message.contains(word))
    }

    @Test func aProgramThatIsEndedFromOutsideSaysNothingOfTheFile() throws {
        try install("kill -TERM $$")
        try scene.put(Self.bytes, "rows.parquet")
        try scene.pass("rows.parquet")
        #expect(try scene.drops().map(\.state) == [.received])
        #expect(scene.problems.contains { $0.code == "intake.parquet" })
        try install(Self.twelve)
        try scene.pass()
        #expect(try scene.drops().map(\.state) == [.validated])
        #expect(scene.problems.isEmpty)
    }

    @Test func oneInAFolderIsReadWithTheOthers() throws {
        try install(Self.twelve)
        try AtomicFile.makeFolder(scene.dropFolder + "/all")
        try scene.put(Self.bytes, "all/it's \"one\".parquet")
        try scene.put(IntakeScene.rows(0..<3), "all/b.jsonl")
        try scene.pass("all")
        let drop = try #require(try scene.drops().first)
        #expect(drop.rowsAccepted == 15 && drop.reader == "DuckDB 9.8.7")
        #expect(try scene.report(drop).formats == ["parquet": 1, "jsonl": 1])
    }

    @Test func theConfiguredProgramIsTheOnlyOne() throws {
        try install(Self.twelve)
        let path = programs + "/mine"
        _ = scene.context.settings.change { folder in
            var folder = folder
            folder.daemon.parquetReader = path
            return folder
        }
        try scene.put(Self.bytes, "rows.parquet")
        try scene.pass("rows.parquet")
        #expect(scene.context.waiting["p"].first?.reason.contains("data.parquet_reader") == true)
        try install(Self.twelve, as: "mine")
        try scene.pass()
        #expect(try scene.drops().map(\.state) == [.validated])
    }
}
