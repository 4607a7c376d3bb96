import Foundation
import Nouns
import TestSupport
import Testing

/// The first hour with the product: what one types, mistypes and asks, in order, and what is answered to each.
///
/// The transcript lies in Golden; what differs from one run to the next (times, digests, figures of the machine) is
/// left out of it.
struct FirstHourTests {
    private static let golden = Golden("EndToEndTests/Golden")

    /// What one does: a command of `ftctl`, or something else between two of them.
    private enum Step: Sendable {
        case ftctl(String, last: Bool = false)
        case does(String, @Sendable (Sandbox) async throws -> Void)
    }

    private static func rows(_ range: Range<Int>) -> String {
        range.map { "{\"prompt\": \"question number \($0)\", \"completion\": \"answer \($0 % 7)\"}\n" }.joined()
    }

    private static func write(_ name: String, _ text: String) -> Step {
        .does("write \(name)") {
            try text.write(toFile: $0.root + "/" + name, atomically: true, encoding: .utf8)
        }
    }

    private static let steps: [Step] =
        [
            .ftctl("stauts"), .ftctl("status"), .ftctl("pipeline chek tickets"), .ftctl("init tickets"),
            write("tiny.gguf", "a base model, to the fake worker"), .ftctl("base add tiny.gguf --id tiny", last: true),
            .ftctl("init tickets --base tinny"), .ftctl("init tickets --base tiny --answers text"),
            .ftctl("init tickets --base tiny"),
            .does("shorten the settle time, and have more rows judge") { sandbox in
                try sandbox.pipeline(
                    "tickets",
                    "base = \"tiny\"\n[trigger]\nsettle_seconds = 0.1\n[data]\nvalidation_share = 0.2\n"
                        + "gate_share = 0.4\n"
                )
                // What is dropped before the daemon has read the file is taken by the settings that were.
                let isRead = try await TestSupport.eventually {
                    try await run("pipeline tickets --toml", sandbox).1.contains("gate_share = 0.4")
                }
                #expect(isRead)
            },
            // A data file, checked and dropped the way that comes to mind, then the right way.
            write("monday.jsonl", rows(0..<60) + "{\"prompt\": 7}\n"), .ftctl("data check monday.jsonl"),
            .ftctl("drop monday.jsonl"), .ftctl("drop monday.jsonl tickets"), .ftctl("drop tikets monday.jsonl"),
            .ftctl("drop tickets nothing.jsonl"), .ftctl("drop tickets monday.jsonl --watch", last: true),
            .ftctl("runs --columns run,pipeline,mode,state"), .ftctl("runs --columns run,sate"),
            .ftctl("runs --state DELIVERED"), .ftctl("runs --pipeline foo"), .ftctl("runs --limit 0"),
            .ftctl("history foo"), .ftctl("version list foo"), .ftctl("report r-000009"), .ftctl("show r-9 --json"),
            .ftctl("report 1 --worst 1"), .ftctl("cancel r-1"), .ftctl("--color never runs --limit 1 --columns run"),
            .ftctl("cancel r-000001"), .ftctl("drop tickets monday.jsonl --watch", last: true),
            .ftctl("generate tikets hello"), .ftctl("rollback tickets"), .ftctl("rollback tickets"),
            .ftctl("pipeline check tickets"), .ftctl("status --check"), .ftctl("watch tickets --timeout 1"),
            .ftctl("runs --limit -3"), .ftctl("runs --state foo"), .ftctl("drops --pipeline foo"),
            .ftctl("experiment show --json"), .ftctl("version list tickets"), .ftctl("history tickets --verify"),
        ] + files + questions + changes + slips

    /// Files as people have them.
    private static let files: [Step] = [
        write("names.csv", "Frage;Antwort\nwo;hier\nwann;jetzt\nwer;niemand\n"), .ftctl("data check names.csv"),
        write("pairs.jsonl", "{\"question\": \"a\", \"answer\": \"b\"}\n{\"input\": \"a\", \"output\": \"b\"}\n"),
        .ftctl("data check pairs.jsonl"),
        write("pretty.json", "{\n  \"prompt\": \"a\",\n  \"completion\": \"b\"\n}\n"), .ftctl("data check pretty.json"),
        .ftctl("data check - < monday.jsonl"),
        .does("make an empty folder") {
            try FileManager.default.createDirectory(
                atPath: $0.root + "/nothing", withIntermediateDirectories: true)
        },
        .ftctl("data check nothing"), .ftctl("data check absent.jsonl"),
        // An editor's backup, and what a browser has not fetched whole, are no data.
        .does("leave tmp.jsonl~ and big.jsonl.crdownload in the drop folder") { sandbox in
            for name in ["tmp.jsonl~", "big.jsonl.crdownload"] {
                try sandbox.drop(rows(100..<160), as: name, into: "tickets")
            }
        },
        write("tuesday.jsonl", rows(60..<100)), .ftctl("drop tickets tuesday.jsonl --watch", last: true),
        .ftctl("drops --columns pipeline,file,state"), .ftctl("pipelines"),
    ]

    /// What one asks of what was done.
    private static let questions: [Step] = [
        .ftctl("data chek x"), .ftctl("pipeline"), .ftctl("drop $(ftctl drops --columns drop | sed -n 2p)"),
        .ftctl("data show $(ftctl drops --columns drop | sed -n 2p)"), .ftctl("data report tickets"),
        .ftctl("data diff tickets"), .ftctl("report r-000002"), .ftctl("explain r-000002"), .ftctl("show r-000002"),
        .ftctl("compare tickets previous current"), .ftctl("compare tickets base current"),
        .ftctl("data lineage r-000002"), .ftctl("history tickets"), .ftctl("base list"), .ftctl("base show tinny"),
        .ftctl("base recommend tickets", last: true), .ftctl("experiment list"), .ftctl("watch --timeout 1"),
        .ftctl("watch r-000002", last: true), .ftctl("engines"), .ftctl("token list"), .ftctl("gc --dry-run"),
        .ftctl("runs"),
    ]

    /// What one changes, and takes back.
    private static let changes: [Step] = [
        .ftctl("run tickets --watch", last: true), .ftctl("report r-000003"),
        .ftctl("promote r-000002 --force --reason again"),
        .ftctl("version alias tickets current best-so-far"), .ftctl("version alias tickets best-so-far"),
        .ftctl("version alias tickets best-so-far current"),
        .ftctl("version annotate tickets best-so-far --note 'the one for the demo' --tag demo"),
        .ftctl("version annotate tickets best-so-far --note 'the one for the demo' --tag at=demo"),
        .ftctl("version list tickets"), .ftctl("version show tickets best-so-far"),
        .ftctl("data revoke $(ftctl drops --columns drop | sed -n 2p)"),
        .ftctl("data revoke $(ftctl drops --columns drop | sed -n 2p) --erase --reason 'sent by mistake'"),
        .ftctl("drops --columns file,state"), .ftctl("audit --columns action,subject,outcome"),
        .ftctl("verify", last: true), .ftctl("base remove tiny"),
    ]

    /// Slips in the pipeline's file.
    private static let slips: [Step] = [
        // A slip in the file takes nothing away.
        .does("write learning_rat into tickets.toml") { sandbox in
            try sandbox.pipeline("tickets", "base = \"tiny\"\n[recipe]\nlearning_rat = 1e-3\n")
        },
        .ftctl("pipeline check tickets"),
        .does("write primary = acuracy into tickets.toml") { sandbox in
            try sandbox.pipeline("tickets", "base = \"tiny\"\n[gates]\nprimary = \"acuracy\"\n")
        },
        .ftctl("pipeline check tickets"),
        .does("write base = auto into letters.toml") { try $0.pipeline("letters", "base = \"auto\"\n") },
        .ftctl("pipeline check letters"),
        .does("remove letters.toml again") {
            try FileManager.default.removeItem(atPath: $0.layout.pipelineFile("letters"))
        },
        .does("move tickets.toml away") { sandbox in
            try FileManager.default.removeItem(atPath: sandbox.layout.pipelineFile("tickets"))
            let isSaid = try await TestSupport.eventually {
                try await run("status", sandbox).1.contains("'tickets'")
            }
            #expect(isSaid, "the dataset and the model that are left are named")
        },
        .ftctl("status"), .ftctl("version list tickets --columns version"), .ftctl("history tickets --verify"),
        .ftctl("status --sort gates"), .ftctl("--root /nowhere status"),
        .ftctl("report r-000001 --html /nonexist/x"),
    ]

    @Test func theFirstHourReadsAsItsTranscript() async throws {
        let sandbox = try Sandbox()
        try sandbox.settings(
            """
            quiet_seconds = 0.1
            scan_seconds = 0.5
            minimum_free = "1M"
            [worker]
            program = "\(try TestSupport.program("fake-worker"))"
            """)
        let daemon = try sandbox.startDaemon()
        defer { daemon.signal(SIGTERM) }
        try #require(try await sandbox.ready())
        var transcript = ""
        for step in Self.steps {
            switch step {
            case .does(let what, let body):
                try await body(sandbox)
                transcript += "# \(what)\n\n"
            case .ftctl(let line, let last):
                let (status, output) = try await Self.run(line, sandbox)
                let shown = last ? output.split(separator: "\n").last.map { $0 + "\n" } ?? "" : output
                transcript += "$ ftctl \(line)\n\(Self.plain(shown, sandbox))[\(status)]\n\n"
            }
        }
        let difference = try Self.golden.difference("first-hour", input: "The first hour", output: transcript)
        #expect(difference == nil, "\(difference ?? "")")
    }

    /// In the folder of the sandbox, as one stands there; a failure names paths.
    private static func run(_ line: String, _ sandbox: Sandbox) async throws -> (Int32, String) {
        let folder = (try TestSupport.program("ftctl") as NSString).deletingLastPathComponent
        let environment = ["FINETUNED_ROOT": sandbox.root, "TZ": "UTC"]
        let (ending, output) = try await ChildProgram.run(
            "sh", ["-c", "cd '\(sandbox.root)' && PATH='\(folder)':$PATH && ftctl \(line)"], environment: environment)
        guard case .exited(let status) = ending else { return (-1, output) }
        return (status, output)
    }

    /// Without what differs from one run to the next.
    private static func plain(_ text: String, _ sandbox: Sandbox) -> String {
        var text = text.replacing(sandbox.root, with: "ROOT")
        for (pattern, name) in [
            (#"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ"#, "TIME"), (#"\bd-\d{8}-\d{6}-[0-9a-f]{8}"#, "DROP"),
            // What was promoted is delivered a moment later.
            (#"is (promoted|delivered)\b"#, "is promoted"), (#"r-\d{6} (promoted|delivered)\b"#, "RUN delivered"),
            (#"from-base  (promoted|delivered)\b"#, "from-base  promoted"), (#"\bv-[0-9a-f]{12,16}"#, "VERSION"),
            (#"\bs-[0-9a-f]{6,}"#, "SNAPSHOT"), (#"\b[0-9a-f]{64}\b"#, "DIGEST"),
            (#"\b[0-9a-f]{16}\b"#, "DIGEST"), (#"pid \d+"#, "pid PID"),
            (#"\d+ (MiB|KiB|B)\b"#, "SIZE"), (#"\d+ s\b"#, "N s"),
        ] {
            guard let regex = try? Regex(pattern) else { continue }
            text = text.replacing(regex, with: name)
        }
        return text
    }
}
