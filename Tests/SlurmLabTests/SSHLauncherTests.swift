import Foundation
import Launching
import Nouns
import Platform
import Settings
import TestSupport
import Testing
import WorkerProtocol

/// The launcher program for one other machine, by a real sshd on the loopback; what is shared with this machine is
/// everything but the stage.
@Suite(.serialized, .enabled(if: Lab.hasSSHServer, "needs root and openssh-server"))
struct SSHLauncherTests {
    let sandbox: Sandbox
    let server: ChildProgram
    let program: String
    var stage: String { sandbox.root + "/stage" }

    init() async throws {
        let sandbox = try Sandbox()
        self.sandbox = sandbox
        let port = Int.random(in: 20_000..<30_000)
        let root = sandbox.root
        for path in [root + "/stage", "/run/sshd"] { try AtomicFile.makeFolder(path) }
        for key in ["host", "user"] {
            let (ending, said) = try await ChildProgram.run(
                "ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", "\(root)/\(key)"])
            try #require(ending == .exited(0), "\(said)")
        }
        server = try ChildProgram(
            "unshare",
            [
                "--mount", "bash", "-c",
                """
                mount -t tmpfs none \(root)/stage && exec /usr/sbin/sshd -D -e -f /dev/null -p \(port) \\
                    -h \(root)/host -o ListenAddress=127.0.0.1 -o AuthorizedKeysFile=\(root)/user.pub \\
                    -o StrictModes=no -o PidFile=none -o PermitRootLogin=yes -o UsePAM=no
                """,
            ], output: root + "/sshd.log")
        program = try await sandbox.script("launcher", "")
        let text = try String(
            contentsOfFile: TestSupport.repository + "/examples/launchers/ssh", encoding: .utf8)
        try Data(text.utf8).write(to: URL(filePath: program))
        try """
        host=127.0.0.1 stage=\(root)/stage
        options=(-F none -p \(port) -i \(root)/user -o BatchMode=yes -o StrictHostKeyChecking=no)
            options+=(-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR)
        """.write(toFile: program + ".conf", atomically: true, encoding: .utf8)
        let isUp = try await TestSupport.eventually {
            try await ChildProgram.run(program, ["find", "nobody"]).ending == .exited(0)
        }
        try #require(isUp)
    }

    @Test func theExampleKeepsTheRules() async throws {
        let (ending, said) = try await ChildProgram.run(
            TestSupport.repository + "/Tests/SlurmLab/conformance.sh", [program, stage], seconds: 300)
        #expect(ending == .exited(0), "\(said)")
        #expect(!said.contains("✗") && said.split(separator: "\n").count >= 15)
    }

    @Test(.enabled(if: Lab.isLong, "left to `make clusters`"))
    func aRunGoesToTheOtherMachineAndComesBack() async throws {
        let work = try await LabWork(nil, steps: 300, stage: true) {
            $0.launcher = program
            $0.stage = stage
        }
        let end = try await work.run { handle in
            try await work.reached(3)
            await work.launcher.stop(handle)
        }
        #expect(end == .interrupted && EventReader.events(in: work.folder).last?.status == 75)
        await work.restart()
        #expect(try await work.run() == nil)
        #expect(work.steps == Array(1...300) && work.attempts == [1, 2])
        #expect(FileManager.default.fileExists(atPath: work.folder + "/adapter/adapter_model.safetensors"))
    }

    @Test(.enabled(if: Lab.isLong, "left to `make clusters`"))
    func nothingIsConcludedWhileTheOtherMachineIsAway() async throws {
        let work = try await LabWork(nil, steps: 40, stage: true) {
            $0.launcher = program
            $0.stage = stage
        }
        let end = try await work.run { _ in
            try await work.reached(3)
            // The server answers nobody; what it has started goes on.
            server.signal(SIGSTOP)
            try await Task.sleep(for: .seconds(3))
            server.signal(SIGCONT)
        }
        #expect(end == nil && work.steps == Array(1...40) && work.attempts == [1])
    }
}
