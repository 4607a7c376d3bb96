import Foundation
import Nouns
import Platform
import TestSupport

/// A real Slurm cluster in namespaces of this machine, for one test.
final class Lab: Sendable {
    /// Whether this machine can have one.
    static let isUsable =
        geteuid() == 0
        && ["/usr/sbin/slurmctld", "/usr/sbin/munged", "/usr/sbin/ip"].allSatisfy {
            FileManager.default.isExecutableFile(atPath: $0)
        }
    /// Whether this machine can be another one, too, as ssh sees it.
    static let hasSSHServer = geteuid() == 0 && FileManager.default.isExecutableFile(atPath: "/usr/sbin/sshd")
    /// Whether what takes long is tried as well: `make clusters`.
    static let isLong = ProcessInfo.processInfo.environment["FINETUNED_CLUSTERS"] == "long"

    static let script = TestSupport.repository + "/Tests/SlurmLab/slurm-lab.sh"
    /// Short, since sockets lie in it.
    let folder = "/tmp/ftlab-" + UUID().uuidString.prefix(6).lowercased()

    init(_ nodes: Int = 3, _ options: String...) async throws {
        _ = try await ask(["up", "\(nodes)", "net"] + options)
    }

    deinit {
        // A cluster that stays would be found by nobody.
        if let child = try? ChildProgram(Self.script, [folder, "down"], output: folder + "/down") {
            while child.isRunning { usleep(20_000) }
        }
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// What goes before Slurm's commands.
    var via: [String] { [Self.script, folder, "run"] }

    /// Has the lab do something, such as `kill n2`. Throws a Failure where it cannot.
    @discardableResult
    func ask(_ words: [String]) async throws -> String {
        let (ending, said) = try await ChildProgram.run(Self.script, [folder] + words)
        guard ending == .exited(0) else { throw Failure(code: "lab", "\(words): \(said)") }
        return said
    }

    @discardableResult
    func ask(_ words: String...) async throws -> String { try await ask(words) }

    /// The jobs of the cluster: names and states.
    func jobs() async throws -> [String: String] {
        let text = try await ask("run", "squeue", "-h", "-a", "-t", "all", "-o", "%j@%T")
        let pairs = text.split(separator: "\n").map { $0.split(separator: "@").map(String.init) }.filter {
            $0.count == 2
        }
        return Dictionary(pairs.map { ($0[0], $0[1]) }) { $1 }
    }

    /// The number of the newest job.
    func newest() async throws -> String {
        let text = try await ask("run", "squeue", "-h", "-a", "-t", "all", "-o", "%i", "-S", "-i")
        return text.split(separator: "\n").first.map(String.init) ?? ""
    }
}
