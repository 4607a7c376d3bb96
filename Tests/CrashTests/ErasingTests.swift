import Compression
import Foundation
import Ledger
import Nouns
import Platform
import TestSupport
import Testing

/// What is erased is nowhere: no file that the daemon keeps has a word of it.
@Suite(.serialized)
struct ErasingTests {
    private static let word = "xyzzyplugh"

    @Test func aPlantedWordIsNowhere() async throws {
        let scene = try CrashScene()
        try scene.start()
        try await scene.begin()
        try await scene.delivered()
        let text = (0..<30).map {
            "{\"prompt\": \"\(Self.word) asks \($0)\", \"completion\": \"\(Self.word) says \($0)\"}\n"
        }.joined()
        try scene.sandbox.drop(text, as: "planted.jsonl", into: "tickets")
        try await scene.delivered(runs: 2)
        // The same bytes again, an upload that nobody finishes, and a copy of the ledger.
        try scene.sandbox.drop(text, as: "again.jsonl", into: "tickets")
        #expect(try await TestSupport.eventually { scene.log.contains("again.jsonl is the same bytes") })
        let copy = scene.sandbox.layout.ledger + ".before-9"
        try Data(Self.word.utf8).write(to: URL(filePath: copy))
        #expect(try found(scene).count > 3, "the word is in many places before")
        let drops = try await scene.sandbox.answer([Drop].self, "drops")
        let planted = try #require(drops.first { $0.name == "planted.jsonl" })
        let (status, output) = try await scene.sandbox.ftctl(
            "data", "revoke", planted.id.rawValue, "--erase", "--reason", "asked for")
        #expect(status == 0 && output.contains("weights may remember"), "\(output)")
        // The index and the report are made anew from the rows that are left.
        #expect(
            try await TestSupport.eventually { try await scene.sandbox.ftctl("data", "report", "tickets").status == 0 })
        scene.daemon?.signal(SIGTERM)
        #expect(try await scene.daemon?.wait(seconds: 240) == .exited(0))
        let left = try found(scene)
        #expect(left.isEmpty, "\(left)")
        #expect(!FileManager.default.fileExists(atPath: copy))
    }

    /// A job's file is a drop, and what it chooses by goes with it: the rows, and the files as they were sent.
    @Test func aPlantedWordOfAJobsFilesIsNowhere() async throws {
        let scene = try CrashScene()
        try scene.start()
        try await scene.begin()
        try await scene.delivered()
        func rows(_ range: Range<Int>, _ what: String) -> String {
            range.map { "{\"prompt\": \"\(Self.word) \(what) \($0)\", \"completion\": \"says \(Self.word)\"}\n" }
                .joined()
        }
        let training = try await keep(rows(0..<40, "asks"), "training.jsonl", scene)
        let validation = try await keep(rows(40..<60, "checks"), "validation.jsonl", scene)
        let other = try await keep("{\"prompt\": \"other\", \"completion\": \"file\"}\n", "other.jsonl", scene)
        let made = try await post(
            "fine_tuning/jobs",
            "{\"model\": \"tickets\", \"training_file\": \"\(training)\", \"validation_file\": \"\(validation)\"}",
            scene)
        let over = try await TestSupport.eventually {
            try await scene.sandbox.answer([Run].self, "runs").first { $0.job != nil }?.state.isUnderWay == false
        }
        try #require(over, "the job is worked on: \(made)")
        let run = try #require(try await scene.sandbox.answer([Run].self, "runs").first { $0.job != nil })
        let ledger = try Ledger(path: scene.sandbox.layout.ledger)
        let chosen = try #require(try ledger.snapshot(run.snapshot)?.files[.validation])
        #expect(chosen.map(\.rows) == [20] && chosen.allSatisfy { FileManager.default.fileExists(atPath: $0.path) })
        let job = try #require(run.job)
        let drop = try #require(try ledger.job(job)?.drop)
        let (status, output) = try await scene.sandbox.ftctl(
            "data", "revoke", drop.rawValue, "--erase", "--reason", "asked for")
        #expect(status == 0, "\(output)")
        #expect(try ledger.keptFile(training) == nil && ledger.keptFile(validation) == nil)
        #expect(try ledger.keptFile(other) != nil, "what has none of the rows stays")
        #expect(
            try await TestSupport.eventually { try await scene.sandbox.ftctl("data", "report", "tickets").status == 0 })
        scene.daemon?.signal(SIGTERM)
        #expect(try await scene.daemon?.wait(seconds: 240) == .exited(0))
        let left = try found(scene)
        #expect(left.isEmpty, "\(left)")
    }

    /// Sends a file as OpenAI's clients do; returns its identifier.
    private func keep(_ text: String, _ name: String, _ scene: CrashScene) async throws -> String {
        let path = scene.sandbox.root + "/" + name
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try await id(ask(["-F", "purpose=fine-tune", "-F", "file=@\(path)"], "files", scene))
    }

    private func post(_ path: String, _ body: String, _ scene: CrashScene) async throws -> String {
        try await id(ask(["-H", "Content-Type: application/json", "-d", body], path, scene))
    }

    private func ask(_ arguments: [String], _ path: String, _ scene: CrashScene) async throws -> String {
        let (ending, output) = try await ChildProgram.run(
            "curl",
            ["-sS", "--unix-socket", scene.sandbox.layout.socket] + arguments + ["http://localhost/v1/\(path)"])
        try #require(ending == .exited(0), "\(output)")
        return output
    }

    private func id(_ answer: String) throws -> String {
        struct Made: Decodable { var id: String }
        return try JSONDecoder().decode(Made.self, from: Data(answer.utf8)).id
    }

    /// Files of the state that have the word, as they lie there or unpacked.
    private func found(_ scene: CrashScene) throws -> [String] {
        let state = scene.sandbox.layout.state
        return try FileManager.default.subpathsOfDirectory(atPath: state).filter { name in
            let path = state + "/" + name
            var status = stat()
            guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
                let data = FileManager.default.contents(atPath: path)
            else { return false }
            if data.range(of: Data(Self.word.utf8)) != nil { return true }
            guard name.hasSuffix(".zst") else { return false }
            var text = Data()
            let reader = try ZstdReader()
            try data.withUnsafeBytes { try reader.push($0) { text.append(contentsOf: $0) } }
            return text.range(of: Data(Self.word.utf8)) != nil
        }
    }
}
