import Nouns
import TOMLKit
import WorkerProtocol

extension SettingsFolder {
    /// `[engines.NAME]` tables: programs that do some kinds of work in the standard worker's place.
    static func engines(_ file: SettingsFile, _ settings: inout DaemonSettings) -> [Failure] {
        guard let table = file.table["engines"] else { return [] }
        guard let members = JSONValue(table)?.objectValue else {
            return [
                Failure(
                    code: "settings.value", "'engines' is no table.", at: file.place("engines"),
                    remedy: "Write [engines.NAME] with program and tasks.")
            ]
        }
        var problems: [Failure] = []
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            do {
                let engine = try engine(name, value, file, others: settings.engines)
                settings.engines.append(engine)
            } catch let failure as Failure {
                problems.append(failure)
            } catch {
                problems.append(Failure(code: "settings.value", "\(error)", at: file.place("engines.\(name)")))
            }
        }
        return problems
    }

    private static func engine(
        _ name: String, _ value: JSONValue, _ file: SettingsFile, others: [EngineSettings]
    ) throws -> EngineSettings {
        let members = value.objectValue ?? [:]
        func fault(_ message: String, _ key: String? = nil, _ remedy: String) -> Failure {
            let place = key.flatMap { members[$0] == nil ? nil : "engines.\(name).\($0)" } ?? "engines.\(name)"
            return Failure(code: "settings.value", message, at: file.place(place), remedy: remedy)
        }
        guard value.objectValue != nil else {
            throw fault("The engine '\(name)' is no table.", nil, "Write [engines.\(name)] with program and tasks.")
        }
        guard name != "worker", isName(name) else {
            throw fault(
                "'\(name)' cannot name an engine.", nil,
                "Write [engines.NAME] with a name of letters, digits, '-' and '_' other than 'worker'.")
        }
        if let other = members.keys.filter({ !["program", "tasks", "writable"].contains($0) }).min() {
            throw fault("The key '\(other)' is not known in an engine.", other, "Use program, tasks and writable.")
        }
        guard let writable = folders(members["writable"]) else {
            throw fault("'writable' is no list of absolute paths.", "writable", "Write writable = [\"/dev/shm\"].")
        }
        guard let program = members["program"]?.stringValue, program.hasPrefix("/") else {
            throw fault(
                "The engine '\(name)' needs a 'program'.", "program", "Add program = \"/absolute/path\".")
        }
        let known = WorkerTask.Kind.allCases.map(\.rawValue)
        guard let names = members["tasks"]?.arrayValue?.map({ $0.stringValue ?? "" }), !names.isEmpty else {
            throw fault(
                "The engine '\(name)' needs 'tasks'.", "tasks",
                "Add tasks = [\"evaluate\"] or others of \(known.joined(separator: ", ")).")
        }
        var tasks: [WorkerTask.Kind] = []
        for text in names {
            guard let task = WorkerTask.Kind(rawValue: text) else {
                throw fault(
                    "The engine '\(name)' is given the task '\(text)', which is not known.", "tasks",
                    "Use \(known.joined(separator: ", ")).")
            }
            if let other = others.first(where: { $0.tasks.contains(task) }) {
                throw fault(
                    "The engines '\(other.name)' and '\(name)' both claim the task '\(text)'.", "tasks",
                    "Leave it with one of them.")
            }
            if !tasks.contains(task) { tasks.append(task) }
        }
        var settings = EngineSettings(name: name, program: program, tasks: tasks)
        settings.writable = writable
        return settings
    }

    /// A list of absolute paths, empty where there is none; nil where it is something else.
    static func folders(_ value: JSONValue?) -> [String]? {
        guard let value else { return [] }
        guard let list = value.arrayValue?.map({ $0.stringValue ?? "" }), list.allSatisfy({ $0.hasPrefix("/") }) else {
            return nil
        }
        return list
    }
}
