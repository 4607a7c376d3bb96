import Foundation
import Nouns
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Launching

/// Programs that make a stream of a file, confined.
struct StreamProgramTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    private var log: String { sandbox.layout.root + "/log" }

    /// Runs a line of shell with a file as its input; returns what it wrote.
    private func run(_ script: String, input: String = "", silence: Double = 300) throws -> (
        text: String, ending: StreamProgram.Ending
    ) {
        let path = sandbox.layout.root + "/input"
        try AtomicFile.write(Data(input.utf8), to: path)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        let output = Mutex(Data())
        let ending = try StreamProgram(["/bin/sh", "-c", script], silence: silence).run(descriptor, log: log) { bytes in
            output.withLock { $0.append(contentsOf: bytes) }
        }
        return (String(decoding: output.withLock { $0 }, as: UTF8.self), ending)
    }

    @Test func theFileIsItsInputAndCanBeOpenedAgain() throws {
        let (text, ending) = try run("cat; cat /dev/stdin; echo no >&2; exit 3", input: "rows\n")
        #expect(text == "rows\nrows\n")
        #expect(ending.status == 3 && ending.signal == nil && ending.errors == "no\n")
        #expect(!FileManager.default.fileExists(atPath: log))
    }

    @Test func itHasNothingOfTheDaemonsEnvironmentAndWritesNoFiles() throws {
        let names = try run("env | cut -d = -f 1 | sort | tr '\\n' ' '").text.split(separator: " ").map(String.init)
        #expect(
            Set(names).isSubset(of: ["ARROW_DEFAULT_MEMORY_POOL", "HOME", "LANG", "PATH", "PWD", "TZ", "_", "SHLVL"]))
        #expect(names.contains("TZ"))
        #expect(try run("ulimit -c; ulimit -v; ulimit -f").text == "0\n4194304\n2048\n")
    }

    @Test func oneThatWritesNothingIsEnded() throws {
        let (text, ending) = try run("echo begun; exec sleep 600", silence: 0.5)
        #expect(text == "begun\n")
        #expect(ending.wasSilent && ending.status == nil)
    }

    @Test func whatItsReaderThrowsEndsIt() throws {
        struct Enough: Error {}
        let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        #expect(throws: Enough.self) {
            _ = try StreamProgram(["/usr/bin/yes"]).run(descriptor, log: log) { _ in throw Enough() }
        }
    }

    @Test func aProgramThatIsNotThereIsSaidByItsStatus() throws {
        let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        let ending = try StreamProgram(["/nonexistent/program"]).run(descriptor, log: log) { _ in }
        #expect(ending.status == 127)
    }

    @Test func aSignalIsTold() throws { #expect(try run("kill -KILL $$").ending.signal == SIGKILL) }
}
