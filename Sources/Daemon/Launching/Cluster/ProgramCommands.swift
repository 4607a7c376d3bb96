import Foundation
import Nouns
import Platform

/// Any other scheduler, by one program: `submit FOLDER`, `state ID`, `stop ID`, `cancel ID`, `find NAME`.
/// docs/launchers.md specifies it.
package struct ProgramCommands: JobCommands {
    /// Seconds that a call may take.
    package static let usualPatience = 60.0

    let program: String
    let folder: String
    let patience: Double

    /// - Parameters:
    ///   - program: its absolute path.
    ///   - folder: where its output passes through.
    package init(program: String, folder: String, patience: Double = usualPatience) {
        self.program = program
        self.folder = folder
        self.patience = patience
    }

    package func submit(_ order: JobOrder) async -> JobSubmission {
        guard let ending = await run("submit", order.folder) else { return .silence("no answer") }
        if ending.succeeded, let id = Self.word(ending), id != "none" { return .taken(id) }
        if ending.status == Self.refuses || ending.status == 126 || ending.status == 127 {
            return .refused(
                Failure(
                    code: "cluster.refused", "The launcher program refuses the job.", at: program,
                    remedy: "See what it says, and the engine's file.", cause: Self.said(ending)))
        }
        return .silence(Self.said(ending))
    }

    package func find(_ name: String) async -> JobFinding {
        guard let ending = await run("find", name), ending.succeeded else { return .silence }
        guard let word = Self.word(ending) else { return .silence }
        return word == "none" ? .absent : .found(word)
    }

    package func facts(_ questions: [JobQuestion]) async -> [String: JobFact] {
        var facts: [String: JobFact] = [:]
        for question in questions {
            guard let ending = await run("state", question.id), ending.succeeded,
                let answer = try? ContractCoding.decode(Answer.self, from: ending.printed), let fact = answer.fact
            else { continue }
            facts[question.name] = fact
        }
        return facts
    }

    package func stop(_ id: String, of name: String) async -> Bool { await run("stop", id)?.succeeded ?? false }
    package func cancel(_ id: String, of name: String) async -> Bool { await run("cancel", id)?.succeeded ?? false }
    /// What a program's machines are is the program's own affair.
    package func broken(_ hosts: String) async -> [String] { [] }

    /// The status by which a program says that a job will never be taken.
    package static let refuses: Int32 = 64

    /// What `state` prints.
    package struct Answer: Codable, Hashable, Sendable {
        package enum State: String, Codable, Hashable, Sendable, CaseIterable {
            case waiting, working, ended, memory, lost, interrupted, cancelled, unknown
        }
        package var state: State
        package var reason: String?
        package var status: Int32?
        package var hosts: [String]?

        var fact: JobFact? {
            let phase: JobState.Phase
            switch state {
            case .waiting: phase = .waiting
            case .working: phase = .working
            case .ended: phase = .ended(status == 0 ? .completed : .failed(status))
            case .memory: phase = .ended(.outOfMemory)
            case .lost: phase = .ended(.lost)
            case .interrupted: phase = .ended(.interrupted)
            case .cancelled: phase = .ended(.cancelled(by: reason))
            case .unknown: return .unknown
            }
            var state = JobState(phase, reason: reason)
            if let hosts, !hosts.isEmpty { state.hosts = hosts.joined(separator: ",") }
            return .state(state)
        }
    }

    /// The identifier that it printed; nil where it printed anything else.
    private static func word(_ ending: HookProgram.Ending) -> String? {
        let text = String(decoding: ending.printed, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        return text.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9_.:\/@+-]{0,199}/) != nil ? text : nil
    }

    private static func said(_ ending: HookProgram.Ending) -> String {
        let text = ending.output.trimmingCharacters(in: .whitespacesAndNewlines)
        return text.isEmpty ? ending.status.map { "it left with status \($0)" } ?? "it was ended" : text
    }

    private func run(_ verb: String, _ argument: String) async -> HookProgram.Ending? {
        let ending = try? await HookProgram.run(
            [program, verb, argument], event: Data(), folder: folder, name: "launcher-\(UUID().uuidString)",
            seconds: patience, keeping: 1 << 20, confinement: nil, keepsLog: false)
        return ending.flatMap { $0.timedOut ? nil : $0 }
    }
}
