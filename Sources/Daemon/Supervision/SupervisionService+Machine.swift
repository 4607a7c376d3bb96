import ControlGroups
import Nouns
import Settings
import StageKit

/// What runs leave to the rest of the machine, and what the machine lets them have.
extension SupervisionService {
    /// How soon the machine is to be looked at again; nil where nothing depends on it.
    var nextLook: Duration? { context.settings.daemon.pause.isWanted ? .seconds(5) : nil }

    /// Whether work in a slot is done on this machine.
    func isHere(_ place: EngineName?) -> Bool {
        place.flatMap { context.settings.now.engine($0) }?.isScheduled != true
    }

    /// Has runs wait while the machine is pressed, as the settings ask: what is at work here writes a checkpoint and
    /// leaves. Returns what they wait for; nil where they may work.
    func giveWay() -> Failure? {
        let settings = context.settings.now
        let (reason, blind) = machine.look(PauseRules(settings: settings.daemon.pause))
        tell(blind, "machine:pressure")
        tell(unheld(settings), "machine:groups")
        let former = context.waits.problem(of: "machine")
        context.waits.set("machine", reason)
        if let reason {
            if former?.code != reason.code { log("\(reason)") }
            for (id, place) in active.here where isHere(place) { active.giveWay(id, reason) }
        } else if former != nil {
            log("The machine has room again, so runs go on")
        }
        return reason
    }

    private func log(_ message: String) {
        context.logger.notice("\(message)", metadata: ["stage": "supervision", "event": "run.waiting"])
    }

    private func tell(_ problem: Failure?, _ owner: String) {
        guard context.problems.set(owner, problem), let problem else { return }
        context.logger.warning("\(problem)", metadata: ["stage": "supervision", "event": "stage.failed"])
    }

    /// What settings ask for and no control group gives; nil where everything is given.
    private func unheld(_ settings: SettingsFolder) -> Failure? {
        guard let groups = machine.groups, let lack = groups.lacks.first else { return nil }
        let all: [(name: String?, limits: ResourceLimits)] =
            [(nil, settings.daemon.resources)]
            + settings.pipelines.map { ($0.name.rawValue, settings.daemon.resources.overridden(by: $0.resources)) }
        for (name, limits) in all {
            guard let key = ResourceNeeds.unheld(limits, groups.controllers) else { continue }
            return Failure(
                code: "resources.unheld",
                "\(key)\(name.map { " of '\($0)'" } ?? "") has no effect. \(lack.message)", at: key,
                remedy: lack.remedy, cause: lack.cause)
        }
        return nil
    }

    /// What the machine does not give although nobody has asked for it, a sentence each.
    package var remarks: [String] {
        // Who starts a daemon by hand has given it no group and misses none.
        guard context.layout.root.isEmpty, context.problems.problem(of: "machine:groups") == nil else { return [] }
        return machine.groups?.lacks.map(\.message) ?? []
    }
}

/// What settings need of control groups; pure.
enum ResourceNeeds {
    /// The first key that asks for a controller that is not there; nil where there is none.
    static func unheld(_ limits: ResourceLimits, _ there: Set<ControlGroups.Controller>) -> String? {
        let usual = ResourceLimits()
        if limits.memoryBytes != nil, !there.contains(.memory) { return "resources.memory_max" }
        if limits.cpuWeight != usual.cpuWeight, !there.contains(.cpu) { return "resources.cpu_weight" }
        if limits.ioWeight != usual.ioWeight, !there.contains(.io) { return "resources.io_weight" }
        return nil
    }
}
