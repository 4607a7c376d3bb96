import Foundation
import TestSupport

/// A container in which a real systemd runs the built programs and the unit files of this checkout, installed where a
/// package puts them.
///
/// Its root is the machine's own, read-only under an overlay in memory: nothing that happens inside lasts.
final class SystemdMachine: Sendable {
    struct Failed: Error, CustomStringConvertible { let description: String }

    let name: String
    private static let script = TestSupport.repository + "/Tests/SystemdLab/boot.sh"
    private static let lab = NSTemporaryDirectory() + "/systemd-lab"

    /// Boots it, installs units, users, folders, catalog and the pipelines given, and leaves the service stopped.
    ///
    /// - Parameters:
    ///   - dropIn: lines for the service on top of the shipped unit, such as a short `WatchdogSec`.
    ///   - installs: whether the programs are installed; false leaves that to whoever asked.
    init(
        dropIn: String = "", settings: String = "", pipelines: [String: String] = [:], installs: Bool = true
    ) async throws {
        name = "ft" + UUID().uuidString.prefix(6).lowercased()
        for program in ["finetuned", "finetune-worker", "ftctl"] { _ = try TestSupport.program(program) }
        // The toolchain is hidden: what is installed must run without one.
        var options = Self.toolchain().map { ["--tmpfs=\($0)"] } ?? []
        if let model = try? TestSupport.model() {
            let real = URL(filePath: model).resolvingSymlinksInPath().path
            options.append("--bind-ro=\(real):/opt/models/SmolLM2-135M-Instruct.Q4_1.gguf")
        }
        let (ending, output) = try await ChildProgram.run(
            Self.script, ["up", name] + options, environment: ["LAB_DIR": Self.lab], seconds: 120)
        guard ending == .exited(0), output.contains("state=running") || output.contains("state=degraded") else {
            await powerOff()
            throw Failed(description: "The container did not boot: \(output) \(console())")
        }
        guard installs else { return }
        let (installed, said) = try await install()
        guard installed == .exited(0) else {
            await powerOff()
            throw Failed(description: "tools/install.sh failed: \(said)")
        }
        try await shell(
            "systemd-sysusers finetuned.conf; systemd-tmpfiles --create finetuned.conf; journalctl --update-catalog")
        if !dropIn.isEmpty {
            try await write("[Service]\n" + dropIn, to: "/etc/systemd/system/finetuned.service.d/test.conf")
        }
        if !settings.isEmpty { try await write(settings, to: "/etc/finetuned/finetuned.toml") }
        for (pipeline, text) in pipelines { try await write(text, to: "/etc/finetuned/pipelines/\(pipeline).toml") }
        try await shell("systemctl daemon-reload")
    }

    /// Puts a file of the machine outside into it.
    func put(_ path: String, to place: String) throws {
        try FileManager.default.copyItem(atPath: path, toPath: Self.lab + "/\(name)/root" + place)
    }

    /// Installs what was built into it, as `make install` does for a package.
    func install() async throws -> (ending: ChildProgram.Ending?, output: String) {
        try await ChildProgram.run(
            TestSupport.repository + "/tools/install.sh", [],
            environment: ["DESTDIR": Self.lab + "/\(name)/root", "BUILT": TestSupport.programs])
    }

    /// Powers it off and removes everything of it; to be called at the end of each test, as a destructor cannot wait.
    func powerOff() async {
        _ = try? await ChildProgram.run(
            Self.script, ["kill", name], environment: ["LAB_DIR": Self.lab], seconds: 60)
    }

    /// Runs a shell command inside as root and returns what it printed; throws where it fails.
    @discardableResult
    func shell(_ command: String, seconds: Double = 120) async throws -> String {
        let (status, output) = try await attempt(command, seconds: seconds)
        guard status == 0 else { throw Failed(description: "\(command): exit \(status)\n\(output)") }
        return output
    }

    /// Runs a shell command inside as root; exit status and what it printed.
    func attempt(_ command: String, seconds: Double = 120) async throws -> (status: Int32, output: String) {
        let (ending, output) = try await ChildProgram.run(
            Self.script, ["exec", name, "/bin/bash", "-c", command], environment: ["LAB_DIR": Self.lab],
            seconds: seconds)
        guard case .exited(let status) = ending else { return (-1, output) }
        return (status, output)
    }

    /// Writes a file inside.
    func write(_ text: String, to path: String) async throws {
        let encoded = Data(text.utf8).base64EncodedString()
        // Arguments are bounded at 128 KiB each; larger files go in pieces.
        try await shell("mkdir -p \"$(dirname '\(path)')\"; : > '\(path)'")
        var rest = encoded[...]
        while !rest.isEmpty {
            // A multiple of 4, so that each piece decodes by itself.
            try await shell("base64 -d >> '\(path)' <<< '\(rest.prefix(80_000))'")
            rest = rest.dropFirst(80_000)
        }
    }

    /// Drops a file as a member of group finetuned who is nobody else, by rename.
    func drop(_ text: String, as file: String, into pipeline: String) async throws {
        try await waitForFolder(pipeline)
        try await shell("id alice >/dev/null 2>&1 || useradd -m -G finetuned alice")
        try await write(text, to: "/home/alice/\(file)")
        let folder = "/var/lib/finetuned/drop/\(pipeline)"
        try await shell(
            """
            chown alice: /home/alice/\(file)
            runuser -u alice -- sh -c 'umask 077; cp /home/alice/\(file) \(folder)/.\(file).part; mv \
            \(folder)/.\(file).part \(folder)/\(file)'
            """)
    }

    /// One property of the service, as `systemctl show` gives it.
    func property(_ name: String) async throws -> String {
        try await shell("systemctl show finetuned -P \(name)").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Records that match, oldest first.
    func journal(_ matches: String...) async throws -> Journal {
        Journal(try await shell("journalctl --sync; journalctl -q -o json \(matches.joined(separator: " "))"))
    }

    /// Everything that helps to understand a failure.
    func story() async -> String {
        let command =
            """
            systemctl status finetuned --no-pager -l; journalctl -q --no-pager -n 80 -o short-monotonic; ftctl \
            status; ftctl runs
            """
        return (try? await attempt(command))?.output ?? "(the container does not answer) \(console())"
    }

    private func console() -> String {
        (try? String(contentsOfFile: Self.lab + "/\(name)/console.log", encoding: .utf8)) ?? ""
    }

    /// The toolchain's folder, as far as this program's own runtime tells: the part of its path before
    /// `/usr/lib/swift/`.
    private static func toolchain() -> String? {
        // Files of /proc have no size to read by.
        let data = try? FileHandle(forReadingAtPath: "/proc/self/maps")?.readToEnd()
        let maps = String(decoding: data ?? Data(), as: UTF8.self)
        guard let line = maps.split(separator: "\n").first(where: { $0.hasSuffix("/libswiftCore.so") }),
            let start = line.firstIndex(of: "/"),
            let end = line[start...].range(of: "/usr/lib/swift/")?.lowerBound, start < end
        else { return nil }
        return String(line[start..<end])
    }
}
