import Foundation
import Graders
import Nouns
import TOMLKit

extension SettingsFolder {
    /// `[[gates.grader]]` tables: OpenAI's graders, written as TOML.
    static func graders(_ file: SettingsFile, _ settings: inout PipelineSettings) -> [Failure] {
        guard let list = file.table["gates"]?.table?["grader"]?.array else { return [] }
        var problems: [Failure] = []
        for (index, element) in list.enumerated() {
            let place = "\(file.path), gates.grader[\(index)]"
            let value = JSONValue(element)
            guard let name = value?["name"]?.stringValue, isName(name), let value else {
                problems.append(
                    Failure(
                        code: "settings.missing_key", "A grader needs a 'name' of letters, digits, '-' and '_'.",
                        at: place,
                        remedy: "Add name = \"…\"; the metric is then 'grader:…'."))
                continue
            }
            guard !settings.gates.graders.contains(where: { $0.name == name }) else {
                problems.append(
                    Failure(
                        code: "settings.value", "Two graders are named '\(name)'.", at: place,
                        remedy: "Rename one of them."))
                continue
            }
            do {
                _ = try Grader(value)
                settings.gates.graders.append(GraderSettings(name: name, configuration: value))
            } catch let failure as Failure {
                problems.append(
                    Failure(
                        code: failure.code, failure.message,
                        at: "\(place)\(failure.place.map { $0 == "the grader" ? "" : ", \($0)" } ?? "")",
                        remedy: failure.remedy))
            } catch {
                problems.append(Failure(code: "settings.value", "\(error)", at: place, remedy: "Mend the grader."))
            }
        }
        return problems
    }

    /// `[[gates.evaluator]]` tables: programs that score rows and outputs.
    static func evaluators(_ file: SettingsFile, _ settings: inout PipelineSettings) -> [Failure] {
        guard let list = file.table["gates"]?.table?["evaluator"]?.array else { return [] }
        var problems: [Failure] = []
        for (index, element) in list.enumerated() {
            let place = "\(file.path), gates.evaluator[\(index)]"
            func fault(_ message: String, _ remedy: String) {
                problems.append(Failure(code: "settings.value", message, at: place, remedy: remedy))
            }
            let members = JSONValue(element)?.objectValue ?? [:]
            guard let name = members["name"]?.stringValue, isName(name),
                !settings.gates.evaluators.contains(where: { $0.name == name })
            else {
                fault(
                    "An evaluator needs a 'name' of its own, of letters, digits, '-' and '_'.",
                    "Add name = \"…\"; the metric is then 'evaluator:…'.")
                continue
            }
            let command = members["command"]?.arrayValue?.map { $0.stringValue ?? "" } ?? []
            guard let program = command.first, program.hasPrefix("/") else {
                fault("The evaluator '\(name)' needs a 'command'.", "Add command = [\"/absolute/path\", \"argument\"].")
                continue
            }
            var evaluator = EvaluatorSettings(name: name, command: command)
            if let set = members["set"]?.stringValue { evaluator.set = SetName(set) }
            if let seconds = members["seconds"]?.doubleValue { evaluator.seconds = seconds }
            guard (0.1...86_400).contains(evaluator.seconds) else {
                fault(
                    "The 'seconds' of '\(name)' are \(evaluator.seconds), which is not from 0.1 to 86400.",
                    "Write a number of seconds.")
                continue
            }
            guard let writable = folders(members["writable"]) else {
                fault(
                    "The 'writable' of '\(name)' is no list of absolute paths.", "Write writable = [\"/srv/scores\"].")
                continue
            }
            evaluator.writable = writable
            let known = ["name", "command", "set", "seconds", "writable"]
            if let other = members.keys.filter({ !known.contains($0) }).min() {
                fault("The key '\(other)' is not known in an evaluator.", "Use \(known.joined(separator: ", ")).")
                continue
            }
            settings.gates.evaluators.append(evaluator)
        }
        return problems
    }

    static func isName(_ text: String) -> Bool { text.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9_-]{0,62}/) != nil }
}
