import Compression
import Foundation
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
