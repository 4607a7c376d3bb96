import Foundation
import Nouns
import Places
import Settings
import Testing

@testable import Doctor

/// The doctor on machines that are made up: what is right is said to be so, and every fault is found, with a remedy.
struct DoctorTests {
    /// What a machine is like; sound unless a test spoils it.
    struct Scene {
        var files: [String: Machine.Sight] = [:]
        var texts: [String: String] = [
            "/proc/1/limits": "Limit  Soft  Hard\nMax open files            8192                 8192  files\n",
            "/proc/meminfo": "MemTotal: 16000000 kB\nMemAvailable:   8000000 kB\n",
            "/proc/sys/fs/inotify/max_user_watches": "65536\n", "/proc/sys/fs/inotify/max_user_instances": "128\n",
            "/proc/self/mountinfo": "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n",
            "/proc/1/cgroup": "0::/finetuned.slice/finetuned.service/daemon\n",
            "/sys/fs/cgroup/finetuned.slice/finetuned.service/cgroup.subtree_control": "cpu io memory\n",
            "/proc/cpuinfo": "processor : 0\nflags : fpu avx2 fma\n",
        ]
        var acl = Machine.Attribute.there
        var room: Machine.Room? = Machine.Room(bytes: 100 << 30, inodes: 1_000_000)
        var said: [String: Machine.Said] = [
            "systemctl": .init(
                status: 0,
                text: "LoadState=loaded\nActiveState=active\nUnitFileState=enabled\nNeedDaemonReload=no\nDropInPaths=\n"
            ),
            "systemd-analyze": .init(status: 0, text: "→ Overall exposure level for finetuned.service: 0.5 SAFE\n"),
            "/worker": .init(status: 0, text: "{}"),
        ]
        var users: [String: UInt32] = ["finetuned": 990]
        var groups: [String: UInt32] = ["finetuned": 990, "finetuned-admin": 991, "finetuned-daemon": 992]
        var members: [String: [String]] = [:]
        var user: UInt32 = 0
        var ownGroups: Set<UInt32> = [0]
        var landlock: Int? = 4
        var clock: Bool? = true
        var worker: String? = "/worker"
        var daemon = Examination.Daemon.answers(version: "1", pid: 1, problems: [])
        var settings = SettingsFolder()
        var root = "/"

        init() {
            let folder = { (user: UInt32, mode: UInt32) in
                Machine.Sight.there(.init(mode: S_IFDIR | mode, user: user, group: 990))
            }
            files = [
                "/etc/finetuned": folder(0, 0o755), "/var/lib/finetuned": folder(990, 0o700),
                "/var/lib/finetuned/drop": folder(990, 0o2770), "/run/systemd/system": folder(0, 0o755),
                "/var/log/journal": folder(0, 0o755),
                "/var/lib/finetuned/ledger.sqlite": .there(
                    .init(mode: S_IFREG | 0o640, user: 990, group: 990, modified: 900)),
                "/run/finetuned/finetuned.sock": .there(.init(mode: S_IFSOCK | 0o660, user: 990, group: 990)),
            ]
        }

        var findings: [DoctorFinding] {
            let scene = self
            let machine = Machine(
                user: user, groups: ownGroups, userName: "ada", now: 1000,
                sight: { scene.files[$0] ?? .absent }, text: { scene.texts[$0] }, defaultACL: { _ in scene.acl },
                room: { _ in scene.room }, run: { program, _ in scene.said[program] },
                userID: { scene.users[$0] }, groupID: { scene.groups[$0] },
                groupMembers: { scene.members[$0] ?? [] }, nameOfUser: { $0 == 990 ? "finetuned" : "user \($0)" },
                landlock: { scene.landlock }, clockIsKept: { scene.clock }, worker: worker)
            return Examination(Layout(root: root), machine, daemon, settings: settings, version: "1").findings()
        }

        /// What is not right, as `area grade`.
        var wrong: [String] {
            findings.filter { $0.grade != .ok }.map { "\($0.area.rawValue) \($0.grade.rawValue)" }
        }
    }

    private func wrong(_ spoil: (inout Scene) -> Void) -> [String] {
        var scene = Scene()
        spoil(&scene)
        return scene.wrong
    }

    @Test func aSoundMachineIsSoundAndEveryAreaSaysSo() {
        let findings = Scene().findings
        #expect(findings.allSatisfy { $0.grade == .ok }, "\(findings)")
        #expect(Set(findings.map(\.area)) == Set(DoctorFinding.Area.allCases))
    }

    @Test func theDaemonAndItsProblems() {
        let silent = Failure(code: "client.unreachable", "Nobody answers.")
        #expect(wrong { $0.daemon = .silent(silent) } == ["daemon fault"])
        #expect(wrong { $0.daemon = .answers(version: "2", pid: 1, problems: []) } == ["daemon warning"])
        let problem = Failure(code: "disk.low", "Low.", remedy: "Free some.")
        #expect(wrong { $0.daemon = .answers(version: "1", pid: 1, problems: [problem]) } == ["daemon fault"])
        #expect(
            wrong { $0.settings.problems = [Failure(code: "settings.key", "No such key.", at: "/etc/x:1")] }
                == ["settings fault"])
    }

    @Test func controlGroups() {
        #expect(wrong { $0.texts["/proc/self/mountinfo"] = "" } == ["groups warning"])
        #expect(wrong { $0.texts["/proc/1/cgroup"] = "0::/finetuned.slice/finetuned.service\n" } == ["groups warning"])
        #expect(wrong { $0.texts["/proc/1/cgroup"] = nil } == ["groups unknown"])
        let control = "/sys/fs/cgroup/finetuned.slice/finetuned.service/cgroup.subtree_control"
        #expect(wrong { $0.texts[control] = "memory\n" } == ["groups warning"])
        var scene = Scene()
        scene.texts[control] = "memory\n"
        #expect(scene.findings.contains { $0.text.contains("cannot bound cpu and io.") })
        // What runs wait for has to be counted.
        #expect(wrong { $0.settings.daemon.pause.cpuPressure = 20 } == ["groups warning"])
    }

    @Test func usersAndGroups() {
        #expect(wrong { $0.users = [:] }.contains("users fault"))
        #expect(wrong { $0.groups["finetuned-admin"] = nil } == ["users fault"])
        #expect(wrong { $0.user = 1000 } == ["users warning"])
        #expect(wrong { ($0.user, $0.members) = (1000, ["finetuned": ["ada"]]) } == ["users warning"])
        #expect(wrong { ($0.user, $0.ownGroups) = (1000, [990]) } == [])
    }

    @Test func ownersAndModes() {
        let state = "/var/lib/finetuned"
        func folder(_ user: UInt32, _ mode: UInt32) -> Machine.Sight {
            .there(.init(mode: S_IFDIR | mode, user: user, group: 990))
        }
        #expect(wrong { $0.files[state] = folder(0, 0o700) } == ["permissions fault"])
        #expect(wrong { $0.files[state] = folder(990, 0o755) } == ["permissions warning"])
        #expect(wrong { $0.files["/etc/finetuned"] = folder(0, 0o777) } == ["permissions warning"])
        #expect(wrong { $0.files[state] = .absent }.contains("permissions fault"))
        #expect(wrong { $0.files[state] = .hidden }.contains("permissions unknown"))
        let foreign = Machine.Sight.there(.init(mode: S_IFREG | 0o640, user: 0, group: 0))
        #expect(wrong { $0.files[state + "/ledger.sqlite-wal"] = foreign } == ["permissions fault"])
        let open = Machine.Sight.there(.init(mode: S_IFSOCK | 0o666, user: 990, group: 990))
        #expect(wrong { $0.files["/run/finetuned/finetuned.sock"] = open } == ["permissions warning"])
    }

    @Test func aclsLimitsAndRoom() {
        func acl(_ acl: Machine.Attribute) -> (inout Scene) -> Void {
            { scene in
                scene.settings.pipelines = [PipelineSettings(name: "p", file: "p.toml", base: "tiny")]
                scene.files["/var/lib/finetuned/drop/p"] = .there(
                    .init(mode: S_IFDIR | 0o1770, user: 990, group: 992))
                scene.acl = acl
            }
        }
        #expect(wrong(acl(.absent)) == ["acl fault"])
        #expect(wrong(acl(.unsupported)) == ["acl warning"])
        #expect(wrong { $0.texts["/proc/1/limits"] = "Max open files  1024  4096 files" } == ["limits warning"])
        #expect(wrong { $0.texts["/proc/1/limits"] = nil } == ["limits unknown"])
        #expect(wrong { $0.texts["/proc/meminfo"] = "MemAvailable: 600000 kB\n" } == ["limits warning"])
        #expect(wrong { $0.room = .init(bytes: 100 << 20, inodes: nil) } == ["space fault"])
        #expect(wrong { $0.room = .init(bytes: 1500 << 20, inodes: nil) } == ["space warning"])
        #expect(wrong { $0.room = .init(bytes: 100 << 30, inodes: 12) } == ["space fault"])
        #expect(wrong { $0.room = nil } == ["space unknown"])
    }

    @Test func clockNotificationsAndProcessor() {
        #expect(wrong { $0.clock = false } == ["clock warning"])
        #expect(wrong { $0.clock = nil } == ["clock unknown"])
        let later = Machine.Sight.there(.init(mode: S_IFREG | 0o640, user: 990, group: 990, modified: 90_000))
        #expect(wrong { $0.files["/var/lib/finetuned/ledger.sqlite"] = later } == ["clock fault"])
        #expect(wrong { $0.texts["/proc/sys/fs/inotify/max_user_watches"] = "8\n" } == ["inotify warning"])
        #expect(wrong { $0.texts["/proc/sys/fs/inotify/max_user_instances"] = nil } == ["inotify unknown"])
        #expect(wrong { $0.worker = nil } == ["blas fault"])
        let broken = Machine.Said(status: 127, text: "libopenblas.so.0: cannot open shared object file\n")
        #expect(wrong { $0.said["/worker"] = broken } == ["blas fault"])
        #expect(wrong { $0.texts["/proc/cpuinfo"] = "flags : fpu sse2\n" } == ["blas warning"])
    }

    @Test func theServiceAndItsSandbox() {
        let systemctl = { (text: String) in Machine.Said(status: 0, text: text) }
        #expect(wrong { $0.said["systemctl"] = systemctl("LoadState=not-found\n") } == ["systemd fault"])
        #expect(
            wrong { $0.said["systemctl"] = systemctl("LoadState=loaded\nActiveState=failed\nResult=watchdog\n") }
                == ["systemd fault"])
        #expect(
            wrong {
                $0.said["systemctl"] = systemctl(
                    "LoadState=loaded\nActiveState=inactive\nUnitFileState=disabled\nNeedDaemonReload=yes\n")
            } == ["systemd warning", "systemd warning", "systemd warning"])
        #expect(wrong { $0.said["systemctl"] = nil } == ["systemd unknown"])
        #expect(wrong { $0.files["/var/log/journal"] = .absent } == ["systemd warning"])
        #expect(
            wrong { $0.said["systemd-analyze"] = systemctl("→ Overall exposure level for x: 4.2 OK\n") }
                == ["sandbox warning"])
        #expect(wrong { $0.said["systemd-analyze"] = nil } == ["sandbox unknown"])
        #expect(wrong { $0.landlock = nil } == ["landlock warning"])
        #expect(wrong { $0.files["/run/systemd/system"] = .absent } == ["systemd warning", "sandbox warning"])
    }

    /// What this very machine says, whatever the environment says of folders.
    @Test func programsOfThisMachineAreAsked() {
        let machine = Machine.own()
        #expect(machine.run("sh", ["-c", "echo said; exit 3"]) == Machine.Said(status: 3, text: "said\n"))
        #expect(machine.run("no-such-program-of-anybody", []) == nil)
        #expect(machine.text("/proc/meminfo")?.contains("MemAvailable:") == true)
        #expect(machine.sight("/") != .absent && machine.sight("/no/such/folder") == .absent)
    }

    /// A daemon with a root of its own needs neither users nor units.
    @Test func aSandboxOfOnesOwnNeedsNoInstallation() {
        let found = wrong { scene in
            scene.root = "/home/ada/sandbox"
            scene.user = 1000
            for (path, sight) in Scene().files { scene.files["/home/ada/sandbox" + path] = sight }
        }
        #expect(found == ["sandbox warning"])
    }

    /// Everything at once: whatever is not right has a remedy.
    @Test func everyFindingThatIsNotRightHasARemedy() {
        var scene = Scene()
        (scene.files, scene.texts, scene.said, scene.users, scene.groups) = ([:], [:], [:], [:], [:])
        (scene.acl, scene.room, scene.clock, scene.landlock, scene.worker) = (.absent, nil, false, nil, nil)
        scene.daemon = .silent(Failure(code: "client.unreachable", "Nobody answers."))
        scene.settings.problems = [Failure(code: "settings.key", "No such key.")]
        let wrong = scene.findings.filter { $0.grade != .ok }
        #expect(wrong.count >= 10)
        for finding in wrong { #expect(finding.remedy?.isEmpty == false, "\(finding)") }
    }
}
