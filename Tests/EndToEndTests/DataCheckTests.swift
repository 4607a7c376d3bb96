import Foundation
import Nouns
import TestSupport
import Testing

/// `ftctl data check` needs no daemon.
struct DataCheckTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    private func file(_ text: String, _ name: String) throws -> String {
        let path = sandbox.root + "/" + name
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        return path
    }

    @Test func aFaultIsNamedAndTheStatusSaysSo() async throws {
        let path = try file(
            "{\"prompt\": \"q\", \"completion\": \"a\"}\n{\"prompt\": \"q\", \"completion\": 5}\n", "a.jsonl")
        let text = try await sandbox.ftctl("data", "check", path)
        #expect(text.status == 1)
        #expect(text.output.contains("line 2 /completion: error data_type"))
        let json = try await sandbox.ftctl("data", "check", path, "--json")
        #expect(json.status == 1)
        let report = try ContractCoding.decode(IntakeReport.self, from: Data(json.output.utf8))
        #expect(
            report.rowsRead == 2 && report.rowsAccepted == 1
                && report.problems.contains { $0.code == "data_type" && $0.line == 2 })
        let missing = try await sandbox.ftctl("data", "check", sandbox.root + "/nothing")
        #expect(missing.status == 1 && missing.output.contains("nothing"))
    }

    /// `| head` closes the pipe long before everything is written.
    @Test func aReaderThatLeavesEndsItQuietly() async throws {
        let path = try file(String(repeating: "{\"prompt\": 1}\n", count: 5000), "bad.jsonl")
        let ftctl = try TestSupport.program("ftctl")
        let (_, output) = try await ChildProgram.run(
            "/bin/bash",
            ["-c", "'\(ftctl)' data check '\(path)' --json 2>&1 | head -c 10 >/dev/null; echo status ${PIPESTATUS[0]}"])
        #expect(output.contains("status 141"), "\(output)")
        // Nor does a full disk trap.
        let (_, full) = try await ChildProgram.run(
            "/bin/bash", ["-c", "'\(ftctl)' data check '\(path)' > /dev/full; echo status $?"])
        #expect(
            full.contains("status 74") && full.contains("standard output: cannot write it: No space left on device"),
            "\(full)")
    }

    @Test func aSoundFileIsSaidToBe() async throws {
        let rows = (0..<12).map { "{\"prompt\": \"q\($0)\", \"completion\": \"a\"}\n" }.joined()
        let answer = try await sandbox.ftctl("data", "check", try file(rows, "a.jsonl"))
        #expect(answer.status == 0, "\(answer.output)")
        #expect(answer.output.contains("12 good"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: sandbox.layout.state).isEmpty, "nothing is dropped")
    }

    @Test func aLinkInAFolderIsAnErrorThoughTheRowsAreSound() async throws {
        let folder = sandbox.root + "/batch"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try (0..<12).map { "{\"prompt\": \"q\($0)\", \"completion\": \"a\"}\n" }.joined().write(
            toFile: folder + "/a.jsonl", atomically: false, encoding: .utf8)
        #expect(try await sandbox.ftctl("data", "check", folder).status == 0)
        try FileManager.default.createSymbolicLink(atPath: folder + "/b.jsonl", withDestinationPath: "/etc/passwd")
        let answer = try await sandbox.ftctl("data", "check", folder)
        #expect(answer.status == 1 && answer.output.contains("b.jsonl: error not_a_file"), "\(answer.output)")
    }

    @Test func aBaseThatIsToBeChosenCountsNoTokens() async throws {
        try sandbox.pipeline("auto", "base = \"auto\"\n")
        let answer = try await sandbox.ftctl(
            "data", "check", try file("{\"prompt\": \"q\", \"completion\": \"a\"}\n", "a.jsonl"), "--pipeline", "auto")
        #expect(
            answer.status != 0 && answer.output.contains("auto.toml") && answer.output.contains("without --pipeline"),
            "\(answer.output)")
    }

    @Test func aPipelinesTokensAreCountedByItsBase() async throws {
        // The base as the registry keeps it: its file and its card.
        let folder = sandbox.layout.base("tiny")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let name = "model.gguf"
        try FileManager.default.createSymbolicLink(
            atPath: folder + "/" + name, withDestinationPath: try TestSupport.model())
        var card = BaseCard(
            id: "tiny", architecture: "llama", parameters: 1, quantisation: [:], contextLength: 2048, layers: 30,
            width: 576, vocabulary: 49152,
            tokenizer: "gpt2", tokenizerDigest: "d", format: "gguf", digest: "abc", trainingMemoryBytes: 1)
        card.files = [FileReference(path: name, sha256: "", bytes: 0)]
        try ContractCoding.encode(card).write(to: URL(filePath: folder + "/card.json"))
        try sandbox.pipeline(
            "p",
            "base = \"tiny\"\n[recipe]\nmax_length = 64\n[data]\ncolumns = { prompt = \"Q\", completion = \"A\" }\n")
        let long = String(repeating: "word ", count: 100)
        let path = try file(
            "Q,A\n" + (0..<10).map { "q\($0),a\n" }.joined() + "short,\(long)\n\(long),short\n", "a.csv")
        let json = try await sandbox.ftctl("data", "check", path, "--pipeline", "p", "--json")
        #expect(json.status == 1)
        let report = try ContractCoding.decode(IntakeReport.self, from: Data(json.output.utf8))
        #expect(
            report.problems.map { "\($0.line) \($0.code)" } == ["12 too_long", "13 no_trainable_token"],
            "\(json.output)")
        #expect(report.rowsAccepted == 10 && report.rowsRejected == 2)
        try sandbox.pipeline(
            "p",
            """
            base = \"tiny\"\n[recipe]\nmax_length = 64\n[data]\ntruncate = true\ncolumns = { prompt = \"Q\", \
            completion = \"A\" }\n
            """
        )
        let cut = try await sandbox.ftctl("data", "check", path, "--pipeline", "p", "--json")
        #expect(
            try ContractCoding.decode(IntakeReport.self, from: Data(cut.output.utf8)).problems.map(\.code) == [
                "no_trainable_token"
            ])
        // Tokens are counted once a file is stored, so that they quarantine none.
        try sandbox.pipeline("p", "base = \"tiny\"\n[recipe]\nmax_length = 64\n")
        let rows = (0..<3).map { "{\"prompt\": \"q\($0)\", \"completion\": \"\(long)\"}\n" }.joined()
        let all = try await sandbox.ftctl("data", "check", try file(rows, "long.jsonl"), "--pipeline", "p")
        #expect(
            all.status == 1 && all.output.contains("It would be stored, and no row of it could be learnt from")
                && !all.output.contains("quarantined"), "\(all.output)")
    }
}
