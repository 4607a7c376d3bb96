import Foundation
import TestSupport
import Testing

extension SystemdTests {
    /// The installed service on a kernel with control groups of version 2, which the machine itself need not have: a
    /// kernel that is a program, with a real systemd in it.
    @Suite(.enabled(if: GuestKernel.isInstalled, "needs user-mode-linux: tools/install-deps.sh test"))
    struct ControlGroupTests {
        /// Workers that note where they work. The first that trains takes all the memory that there is; the first that
        /// evaluates is killed by somebody.
        private static let worker = #"""
            #!/bin/sh
            [ "$1" = --describe ] && exec /usr/libexec/finetuned/fake-worker "$@"
            work=$(dirname "$1") group=/sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup)
            case $(basename "$group") in
            work-train-*)
                basename "$group" >> "$work/seen"
                cat "$group/memory.max" "$group/cpu.weight" "$group/memory.oom.group" >> "$work/seen"
                grep -io '"memory_*bytes" *: *[0-9]*' "$1" | grep -o '[0-9]*$' >> "$work/asked"
                [ -e "$work/reductions" ] || exec tail /dev/zero;;
            work-evaluate-*) [ -e "$work/killed" ] || { : > "$work/killed"; kill -9 $$; };;
            esac
            exec /usr/libexec/finetuned/fake-worker "$@"
            """#

        private static let script = #"""
            #!/bin/bash
            say() { echo "$1: $(tr '\n' ' ' <<< "$2" | sed 's/ *$//')"; }
            systemd-sysusers finetuned.conf; systemd-tmpfiles --create finetuned.conf
            systemctl daemon-reload
            systemctl start finetuned || journalctl -u finetuned --no-pager
            group=/sys/fs/cgroup/finetuned.slice/finetuned.service
            say daemon "$(cat /proc/$(systemctl show finetuned -P MainPID)/cgroup)"
            say divided "$(cat $group/cgroup.subtree_control)"
            say doctor "$(ftctl doctor | grep -i 'control groups')"
            say status "$(ftctl status --json | grep -c remarks)"
            echo 'a base model, to the fake worker' > /tmp/tiny.gguf
            ftctl base add /tmp/tiny.gguf --id tiny > /dev/null
            for row in $(seq 60); do
                echo "{\"prompt\": \"question number $row\", \"completion\": \"answer $((row % 7))\"}"
            done > /tmp/first.jsonl
            ftctl drop tickets /tmp/first.jsonl > /dev/null
            for turn in $(seq 300); do
                state=$(ftctl run show r-000001 --json 2>/dev/null | grep -o '"state" *: *"[a-z]*"' | tail -1)
                case $state in *delivered*|*promoted*|*rejected*|*inconclusive*|*failed*) break;; esac
                sleep 0.5
            done
            run=/var/lib/finetuned/runs/r-000001
            say state "$state"
            say seen "$(cat $run/seen)"
            say asked "$(cat $run/asked)"
            say died "$(journalctl -q -o cat EVENT=worker.died)"
            for turn in $(seq 60); do grep -qs . /var/lib/finetuned/hooks/*.log && break; sleep 0.5; done
            say hook "$(cat /var/lib/finetuned/hooks/*.log)"
            say left "$(ls $group | grep -c '^work-')"
            say alive "$(systemctl show finetuned -P NRestarts) $(systemctl is-active finetuned)"
            systemctl stop finetuned
            say stopped "$(systemctl show finetuned -P Result)"
            """#

        @Test func workersAreBoundedAndEndedByTheKernelAlone() async throws {
            let said = try await GuestKernel.run(
                Self.script,
                files: [
                    "/usr/libexec/finetuned/worker": Self.worker,
                    "/etc/finetuned/finetuned.toml": """
                    quiet_seconds = 0.1
                    scan_seconds = 0.5
                    minimum_free = "1M"
                    [worker]
                    program = "/usr/libexec/finetuned/worker"
                    """,
                    "/etc/finetuned/pipelines/tickets.toml": """
                    base = "tiny"
                    [trigger]
                    settle_seconds = 0.1
                    [resources]
                    memory_max = "96M"
                    cpu_weight = 40
                    [delivery]
                    hooks.promoted = ["/usr/bin/cat", "/proc/self/cgroup"]
                    [data]
                    validation_share = 0.2
                    gate_share = 0.4
                    """,
                ])
            #expect(said["daemon"] == "0::/finetuned.slice/finetuned.service/daemon", "\(said)")
            #expect(said["divided"] == "cpu io memory")
            #expect(
                said["doctor"]?.contains("Workers have control groups of their own, with cpu, io and memory.") == true)
            #expect(said["status"] == "0")
            // Started again with half the memory, in the same bounds and under its own name.
            let seen = try #require(said["seen"])
            #expect(seen.components(separatedBy: " 100663296 40 1").count == 3, "\(seen)")
            #expect(seen.hasPrefix("work-train-r-000001-"), "\(seen)")
            #expect(said["asked"] == "\(512 << 20) \(256 << 20)")
            let died = try #require(said["died"])
            #expect(died.contains("The kernel ended the worker for want of memory, which may have 96 MiB"))
            #expect(died.contains("tried again with micro-batches for 256 MiB"))
            #expect(died.contains("which somebody sent it: memory had not run out"))
            #expect(died.components(separatedBy: "for want of memory").count == 2)
            #expect(said["hook"] == "0::/finetuned.slice/finetuned.service/programs", "\(said)")
            // The daemon has not noticed, nothing is left behind, and the run has come to its end.
            #expect(said["left"] == "0" && said["alive"] == "0 active" && said["stopped"] == "success")
            #expect(said["state"]?.contains("failed") == false, "\(said)")
        }
    }
}

/// A kernel that is a program, with a real systemd and what is installed here in it.
enum GuestKernel {
    static let isInstalled: Bool = {
        let isThere = access("/usr/bin/linux.uml", X_OK) == 0
        if !isThere {
            FileHandle.standardError.write(
                Data("SystemdTests.ControlGroupTests are SKIPPED: user-mode-linux is not installed.\n".utf8))
        }
        return isThere
    }()

    /// Installs what was built, runs a script in the guest, and returns what it said, `KEY: VALUE` a line.
    ///
    /// - Parameter files: what else lies in the guest, by path; what lies beside the programs can be run.
    static func run(_ script: String, files: [String: String]) async throws -> [String: String] {
        let folder = NSTemporaryDirectory() + "/guest-" + UUID().uuidString.prefix(8)
        let root = folder + "/root"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        let (installed, said) = try await ChildProgram.run(
            TestSupport.repository + "/tools/install.sh", [],
            environment: ["DESTDIR": root, "BUILT": TestSupport.programs], seconds: 240)
        try #require(installed == .exited(0), "\(said)")
        let home = root + "/usr/libexec/finetuned"
        try FileManager.default.copyItem(
            atPath: try TestSupport.program("fake-worker"), toPath: home + "/fake-worker")
        for (path, text) in files.merging(["/../script": script], uniquingKeysWith: { $1 }) {
            try Data((text + "\n").utf8).write(to: URL(filePath: root + path))
            let isProgram = path.hasPrefix("/usr/") || path.hasSuffix("/script")
            try FileManager.default.setAttributes(
                [.posixPermissions: isProgram ? 0o755 : 0o644], ofItemAtPath: root + path)
        }
        let (ending, _) = try await ChildProgram.run(
            TestSupport.repository + "/Tests/SystemdLab/guest.sh", [folder], seconds: 300)
        let output = (try? String(contentsOfFile: folder + "/output", encoding: .utf8)) ?? ""
        let console = (try? String(contentsOfFile: folder + "/console", encoding: .utf8)) ?? ""
        try #require(ending == .exited(0) && !output.isEmpty, "\(output)\n\(console.suffix(4000))")
        return output.split(separator: "\n").reduce(into: [:]) { facts, line in
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { facts[String(parts[0])] = parts[1].trimmingCharacters(in: .whitespaces) }
        }
    }
}
