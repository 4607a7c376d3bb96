import Foundation
import Launching
import Nouns
import Places
import Platform
import Settings
import Synchronization
import TestSupport
import WorkerProtocol

/// A piece of work for a scheduler: an engine of a few lines of shell, the launcher, and what was told.
final class LabWork: Sendable {
    private let cluster: Lab?
    let sandbox: Sandbox
    let folder: String
    let profile: EngineProfile
    /// What the daemon that is at work now holds.
    private let present: Mutex<ClusterLauncher>
    let told = Mutex<[WorkerEvent]>([])

    /// - Parameters:
    ///   - lab: nil where another scheduler is used.
    ///   - steps: tenths of a second that the engine works.
    ///   - before: what the engine does first.
    ///   - change: what the engine's file says beside.
    init(
        _ lab: Lab?, steps: Int = 5, before: String = "", stage: Bool = false,
        _ change: (inout EngineProfile) -> Void = { _ in }
    ) async throws {
        cluster = lab
        let sandbox = try Sandbox()
        self.sandbox = sandbox
        folder = sandbox.root + "/var/lib/finetuned/runs/r-000001"
        var profile = EngineProfile(name: "lab", file: "lab.toml")
        profile.launcher = EngineProfile.slurmLauncher
        profile.program = try await sandbox.script("engine.sh", Self.engine(steps, before))
        (profile.pollSeconds, profile.graceSeconds) = (0.5, 5)
        if let lab { profile.slurm.via = lab.via }
        try AtomicFile.makeFolder(sandbox.root + "/base")
        if stage, lab != nil {
            profile.stage = sandbox.root + "/stage"
            try AtomicFile.makeFolder(sandbox.root + "/stage")
        }
        change(&profile)
        self.profile = profile
        present = Mutex(Self.launcher(sandbox, profile))
    }

    /// The cluster, where it works on one.
    var lab: Lab {
        get throws {
            guard let cluster else { throw Failure(code: "lab", "there is no cluster") }
            return cluster
        }
    }

    var launcher: ClusterLauncher { present.withLock { $0 } }

    private static func launcher(_ sandbox: Sandbox, _ profile: EngineProfile) -> ClusterLauncher {
        ClusterLauncher(
            folder: sandbox.layout.clusterJobs, tick: 0.1,
            settings: {
                var folder = SettingsFolder()
                folder.engines = [profile]
                return folder
            }, program: { _ in [profile.program] },
            commands: ClusterLauncher.commands(runtime: sandbox.layout.runtime))
    }

    /// The daemon goes, and another one starts; what was submitted goes on.
    func restart() async {
        if let handle = handle.withLock({ $0 }) { await launcher.leave(handle) }
        present.withLock { $0 = Self.launcher(sandbox, profile) }
    }

    /// What the newest submission of the work is known by.
    let handle = Mutex<WorkHandle?>(nil)

    func request() -> WorkerRequest {
        let model = ModelReference(basePath: sandbox.root + "/base", base: "tiny", baseDigest: "digest")
        var request = WorkerRequest(
            id: "r-000001", directory: folder,
            task: .train(TrainTask(model: model, train: [], validation: [], recipe: Recipe())))
        request.compute = profile.compute
        return request
    }

    /// Submits the work, and follows it to its end: nil where it gave a result.
    ///
    /// - Parameter aside: what is done meanwhile.
    func run(_ aside: @escaping @Sendable (WorkHandle) async throws -> Void = { _ in }) async throws -> WorkerEnd? {
        do {
            let handle = try await launcher.submit(request())
            self.handle.withLock { $0 = handle }
            return try await follow(handle, aside)
        } catch let end as WorkerEnd { return end }
    }

    /// Follows what a former daemon submitted.
    func takeUp() async throws -> WorkerEnd? {
        guard let handle = handle.withLock({ $0 }) else { throw Failure(code: "lab", "nothing was submitted") }
        do { return try await follow(handle) { _ in } } catch let end as WorkerEnd { return end }
    }

    private func follow(_ handle: WorkHandle, _ aside: @escaping @Sendable (WorkHandle) async throws -> Void)
        async throws -> WorkerEnd?
    {
        guard let events = try await launcher.attach(handle) else { throw Failure(code: "lab", "gone") }
        let meanwhile = Task { try await aside(handle) }
        let result = try await launcher.follow(handle, events, silence: .seconds(300)) { event in
            self.told.withLock { $0.append(event) }
        } onCancel: {
        }
        try await meanwhile.value
        return result == nil ? .interrupted : nil
    }

    /// Waits until the engine has told of so many steps.
    func reached(_ step: Int) async throws {
        _ = try await TestSupport.eventually { self.steps.max() ?? 0 >= step }
    }

    /// The steps in the order in which they were told in the folder, over all attempts.
    var steps: [Int] {
        EventReader.events(in: folder).compactMap { $0.progress?.done }
    }

    /// How often work was lost on a node, as it is kept for the next daemon.
    func losses(_ node: String) throws -> Int {
        let folder = sandbox.layout.clusterJobs
        for name in try FolderListing.names(folder) where name.hasSuffix(".json") {
            let text = try String(contentsOfFile: folder + "/" + name, encoding: .utf8)
            let pattern = try Regex("\"\(node)\" : ([0-9]+)", as: (Substring, Substring).self)
            if let match = text.firstMatch(of: pattern), let count = Int(match.1) { return count }
        }
        return 0
    }

    var attempts: Set<Int> { Set(EventReader.events(in: folder).compactMap(\.attempt)) }

    /// Tells of each tenth of a second as of a step, goes on where it stopped, and gives a result.
    private static func engine(_ steps: Int, _ before: String) -> String {
        """
        folder=$(dirname "$1")
        attempt=$(sed -n 's/.*"attempt" : \\([0-9]*\\).*/\\1/p' "$1")
        tell() {
            [ "$(cat "$folder/attempt")" = "$attempt" ] || exit 74
            printf '{"time":1,"attempt":%s,"event":"%s"%s}\\n' "$attempt" "$1" "$2" >>"$folder/events.jsonl"
        }
        leave() { tell ended ",\\"status\\":$1"; exit "$1"; }
        # The ranks beside the first one wait for it, and have no say: one that left first would have it killed.
        if [ "${FINETUNED_RANK:-0}" != 0 ]; then
            trap '' TERM
            while ! grep -q "\\"attempt\\":$attempt,\\"event\\":\\"ended\\"" "$folder/events.jsonl"; do sleep 0.1; done
            exit 0
        fi
        step=$(cat "$folder/step" 2>/dev/null || echo 0)
        stop='tell checkpoint ",\\"checkpoint\\":$step"; leave 75'
        trap "$stop" TERM
        tell started
        \(before)
        while [ "$step" -lt \(steps) ]; do
            sleep 0.1
            # A step that is kept is told of, too, before anything is stopped.
            trap 'stopping=1' TERM
            step=$((step + 1))
            echo "$step" >"$folder/step.part" && mv "$folder/step.part" "$folder/step"
            tell progress ",\\"progress\\":{\\"done\\":$step,\\"total\\":\(steps),\\"unit\\":\\"steps\\"}"
            trap "$stop" TERM
            [ -z "${stopping:-}" ] || eval "$stop"
        done
        mkdir -p "$folder/adapter" && echo weights >"$folder/adapter/adapter_model.safetensors"
        echo '{}' >"$folder/result.json"
        tell result ',"result":{}'
        leave 0
        """
    }
}
