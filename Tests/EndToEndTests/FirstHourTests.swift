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

    /// What one does: a command of `ftctl`, one of another program, or something else between two of them.
    private enum Step: Sendable {
        case ftctl(String, last: Bool = false)
        case shell(String, last: Bool = false)
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
                try await isSaid("gate_share = 0.4", in: "pipeline tickets --toml", sandbox)
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
        ] + files + questions + answers + search + changes + slips + machine

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
        .does("compress, recode and link monday.jsonl, and make a folder and an empty file") { sandbox in
            let script = """
                gzip -k monday.jsonl && head -3 monday.jsonl | iconv -t UTF-16 > wide.jsonl && ln -s monday.jsonl \
                link.jsonl && mkdir folder && head -30 monday.jsonl > folder/a.jsonl && cp wide.jsonl folder && \
                printf 'PK\\003\\004' > letter.docx && : > empty.jsonl
                """
            let (status, said) = try await run(script, sandbox)
            #expect(status == 0, "\(said)")
        },
        .ftctl("data check monday.jsonl.gz"), .ftctl("data check wide.jsonl"), .ftctl("data check letter.docx"),
        .ftctl("data check empty.jsonl"), .ftctl("data check link.jsonl"), .ftctl("data check folder"),
        .ftctl("drop tickets letter.docx empty.jsonl --wait"),
        // An editor's backup, and what a browser has not fetched whole, are no data.
        .does("leave tmp.jsonl~ and big.jsonl.crdownload in the drop folder") { sandbox in
            for name in ["tmp.jsonl~", "big.jsonl.crdownload"] {
                try sandbox.drop(rows(100..<160), as: name, into: "tickets")
            }
        },
        write("tuesday.jsonl", rows(60..<100)), .ftctl("drop tickets tuesday.jsonl --watch", last: true),
        .ftctl("drops --columns pipeline,file,state --sort file"), .ftctl("pipelines"),
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

    /// What one asks the model.
    private static let answers: [Step] = [
        .ftctl("generate tickets 'question number 3'"), .ftctl("generate tickets 'question number 3' --base"),
        .ftctl("generate tickets one two --max-new-tokens 3"), .ftctl("generate tickets"),
        write("question.txt", "from a file\n"), .ftctl("generate tickets - < question.txt"),
        .ftctl("generate tickets hello --model r-000001"), .ftctl("generate tickets hello --model tinny"),
        write("talk.txt", "hello\nand now?\n"), .ftctl("chat tickets --system 'Be brief.' < talk.txt"),
        .ftctl("chat tinny < talk.txt"),
        write("begun.json", "[{\"role\": \"user\", \"content\": \"from a file\"}]"),
        .ftctl("chat tickets --messages begun.json < question.txt"), .ftctl("chat tickets --messages talk.txt"),
        write("prompts.jsonl", "{\"prompt\": \"where?\", \"completion\": \"here\"}\n{\"prompt\": \"when?\"}\n"),
        .ftctl("diff-answers tickets prompts.jsonl"), .ftctl("diff-answers tickets prompts.jsonl --candidate tiny"),
        .ftctl("diff-answers tickets monday.jsonl --candidate tiny"),
    ]

    /// What one searches for.
    private static let search: [Step] = [
        .ftctl("experiment start tikets"), .ftctl("experiment start tickets --strategy best"),
        .ftctl("experiment start tickets --trials 3 --watch", last: true), .ftctl("experiment show"),
        .ftctl("experiment list"), .ftctl("experiment show --csv - | cut -d , -f 1-10"),
        .ftctl("experiment show x-000009"), .ftctl("experiment x-000001 --html page.html"),
        .ftctl("experiment stop x-000001"),
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
        .ftctl("drops --columns file,state --sort file"), .ftctl("audit --columns action,subject,outcome"),
        .ftctl("version export tickets --format peft --out adapter 2> waits"),
        .ftctl("version export tickets --format peft --out adapter"), .ftctl("version export tickets --format ggu"),
        .ftctl("backup kept", last: true), .ftctl("verify", last: true), .ftctl("base remove tiny"),
        .does("ask for more free disk than there is") { try await minimumFree("900T", $0) },
        .ftctl("run tickets"), .ftctl("watch tickets --timeout 2"), .ftctl("status"),
        .does("ask for less again") { try await minimumFree("1M", $0) }, .ftctl("watch tickets", last: true),
    ]

    /// Slips in the pipeline's file.
    private static let slips: [Step] = [
        // A slip in the file takes nothing away.
        .does("write learning_rat into tickets.toml") { sandbox in
            try sandbox.pipeline("tickets", "base = \"tiny\"\n[recipe]\nlearning_rat = 1e-3\n")
            try await isSaid("learning_rat", in: "status", sandbox)
        },
        .ftctl("pipeline check tickets"), .ftctl("status"), .ftctl("generate tickets 'and now?'"),
        .ftctl("run tickets --watch", last: true),
        .does("end tickets.toml in the middle of a line") { sandbox in
            try sandbox.pipeline("tickets", "base = \"tin")
            try await isSaid("not TOML", in: "status", sandbox)
        },
        .ftctl("pipeline check tickets"),
        .does("write primary = acuracy into tickets.toml") { sandbox in
            try sandbox.pipeline("tickets", "base = \"tiny\"\n[gates]\nprimary = \"acuracy\"\n")
            try await isSaid("acuracy", in: "status", sandbox)
        },
        .ftctl("pipeline check tickets"), .ftctl("status"),
        .does("write primary = accuracy into tickets.toml, and an impossible bound") { sandbox in
            try sandbox.pipeline(
                "tickets",
                "base = \"tiny\"\n[gates]\nprimary = \"accuracy\"\n[[gates.rule]]\nmetric = \"accuracy\"\nmin = 1.5\n")
            try await isSaid("1.5", in: "status", sandbox)
        },
        .ftctl("pipeline check tickets"),
        .does("write base = auto into letters.toml") { try $0.pipeline("letters", "base = \"auto\"\n") },
        .ftctl("pipeline check letters"),
        // No answer of theirs is a class.
        .does("write letters.jsonl, with long answers, and ask for accuracy") { sandbox in
            let long = String(repeating: "a longer answer ", count: 6)
            let rows = (0..<60).map { "{\"prompt\": \"letter \($0)\", \"completion\": \"\(long)\($0)\"}\n" }
            try rows.joined().write(toFile: sandbox.root + "/letters.jsonl", atomically: true, encoding: .utf8)
            try sandbox.pipeline(
                "letters", "base = \"tiny\"\n[trigger]\nminimum_rows = 100\n[gates]\nprimary = \"accuracy\"\n")
            try await isSaid("minimum_rows = 100", in: "pipeline letters --toml", sandbox)
        },
        .ftctl("drop letters letters.jsonl --watch", last: true), .ftctl("pipeline check letters"),
        // The command may know sooner than the daemon's next look that the drop has settled.
        .does("give the daemon a moment") { try await isSaid("waiting for 69", in: "status letters", $0) },
        .ftctl("status letters"), .ftctl("pipeline rename letters tickets"), .ftctl("pipeline rename letters mail"),
        .ftctl("pipeline retire mail --reason 'only a try'"), .ftctl("pipeline retire mail --reason 'only a try'"),
        .does("move tickets.toml away") { sandbox in
            try FileManager.default.removeItem(atPath: sandbox.layout.pipelineFile("tickets"))
            try await isSaid("'tickets'", in: "status", sandbox)
        },
        .ftctl("status"), .ftctl("version list tickets --columns version"), .ftctl("history tickets --verify"),
        .ftctl("status --sort gates"), .ftctl("--root /nowhere status"),
        .ftctl("report r-000001 --html /nonexist/x"),
    ]

    /// What the other programs say, and what the machine lacks.
    private static let machine: [Step] = [
        .shell("finetune-worker /nope"), .shell("finetune-worker"), .shell("finetuned --root ."),
        .shell("finetuned --rot ."),
        .does("write quiet_secons into another root's finetuned.toml") { sandbox in
            let folder = sandbox.root + "/other/etc/finetuned"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try "quiet_secons = 1\n".write(toFile: folder + "/finetuned.toml", atomically: true, encoding: .utf8)
        },
        .shell("finetuned --root other"),
    ]

    @Test func theFirstHourReadsAsItsTranscript() async throws {
        let sandbox = try Sandbox()
        try Self.settings("1M", sandbox)
        let daemon = try sandbox.startDaemon()
        defer { daemon.signal(SIGTERM) }
        try #require(try await sandbox.ready())
        var transcript = ""
        for step in Self.steps {
            switch step {
            case .does(let what, let body):
                try await body(sandbox)
                transcript += "# \(what)\n\n"
            case .ftctl(let line, let last): transcript += try await Self.told("ftctl " + line, last, sandbox)
            case .shell(let line, let last): transcript += try await Self.told(line, last, sandbox)
            }
        }
        let difference = try Self.golden.difference("first-hour", input: "The first hour", output: transcript)
        #expect(difference == nil, "\(difference ?? "")")
    }

    private static func settings(_ minimumFree: String, _ sandbox: Sandbox) throws {
        try sandbox.settings(
            """
            quiet_seconds = 0.1
            scan_seconds = 0.5
            minimum_free = "\(minimumFree)"
            [worker]
            program = "\(try TestSupport.program("fake-worker"))"
            """)
    }

    private static func minimumFree(_ size: String, _ sandbox: Sandbox) async throws {
        try settings(size, sandbox)
        let isLow = size != "1M"
        let isSeen = try await TestSupport.eventually {
            try await run("ftctl status", sandbox).1.contains("minimum_free") == isLow
        }
        #expect(isSeen, "minimum_free = \(size)")
    }

    /// The daemon reads a changed file within a moment.
    private static func isSaid(_ text: String, in command: String, _ sandbox: Sandbox) async throws {
        let isSaid = try await TestSupport.eventually { try await run("ftctl " + command, sandbox).1.contains(text) }
        #expect(isSaid, "\(command): \(text)")
    }

    /// A command with what it says and its exit status; of some only the last line is the same every time.
    private static func told(_ line: String, _ last: Bool, _ sandbox: Sandbox) async throws -> String {
        let (status, output) = try await run(line, sandbox)
        let shown = last ? output.split(separator: "\n").last.map { $0 + "\n" } ?? "" : output
        return "$ \(line)\n\(plain(shown, sandbox))[\(status)]\n\n"
    }

    /// In the folder of the sandbox, as one stands there; a failure names paths.
    private static func run(_ line: String, _ sandbox: Sandbox) async throws -> (Int32, String) {
        let folder = (try TestSupport.program("ftctl") as NSString).deletingLastPathComponent
        let environment = ["FINETUNED_ROOT": sandbox.root, "TZ": "UTC"]
        let (ending, output) = try await ChildProgram.run(
            "sh", ["-c", "cd '\(sandbox.root)' && PATH='\(folder)':$PATH && \(line)"], environment: environment)
        guard case .exited(let status) = ending else { return (-1, output) }
        return (status, output)
    }

    /// Without what differs from one run to the next.
    private static func plain(_ text: String, _ sandbox: Sandbox) -> String {
        var text = text.replacing(sandbox.root, with: "ROOT")
        for (pattern, name) in [
            (#"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?Z"#, "TIME"),
            (#"since \d{4}-\d\d-\d\d"#, "since DAY"),
            (#"\(\d+ bytes\)"#, "(SIZE)"), (#"\bd-\d{8}-\d{6}-[0-9a-f]{8}"#, "DROP"),
            // What was promoted is delivered a moment later.
            (#"is (promoted|delivered)\b"#, "is promoted"), (#"r-\d{6} (promoted|delivered)\b"#, "RUN delivered"),
            (#"from-base  (promoted|delivered)\b"#, "from-base  promoted"), (#"\bv-[0-9a-f]{12,16}"#, "VERSION"),
            (#"\bs-[0-9a-f]{6,}"#, "SNAPSHOT"), (#"\b[0-9a-f]{64}\b"#, "DIGEST"),
            (#"\b[0-9a-f]{16}\b"#, "DIGEST"), (#"pid \d+"#, "pid PID"),
            (#"\d+(\.\d+)? (TiB|GiB|MiB|KiB|B)\b"#, "SIZE"), (#"\d+ s\b"#, "N s"),
        ] {
            guard let regex = try? Regex(pattern) else { continue }
            text = text.replacing(regex, with: name)
        }
        return text
    }
}
