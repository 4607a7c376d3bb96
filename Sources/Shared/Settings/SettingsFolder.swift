import Foundation
import Nouns
import Places
import Platform
import TOMLKit

/// All settings as they are on disk now. A broken pipeline file takes only its own pipeline out; what was in force
/// before stays in force for it until it is mended or removed on purpose (``read(_:after:)``).
package struct SettingsFolder: Sendable {
    package var daemon = DaemonSettings()
    /// Sound pipelines, by name.
    package var pipelines: [PipelineSettings] = []
    /// Sound engines that pipelines can name, by name.
    package var engines: [EngineProfile] = []
    /// Every fault found, in the order of the files.
    package var problems: [Failure] = []
    /// Pipeline files that are not sound by themselves, or beside the others; by path.
    package internal(set) var faulty: Set<String> = []
    /// Engine files that are not sound; by path.
    var faultyEngines: Set<String> = []
    /// Pipelines whose former settings are in force because their files are not sound; see ``read(_:after:)``.
    package internal(set) var kept: [PipelineName] = []
    /// Whether the daemon's former settings are in force because its file is not sound.
    package internal(set) var keptDaemon = false
    /// Whether what is kept comes from copies of former files (``SettingsCopies``) that a former daemon made. Nothing
    /// that comes from a copy may listen on the network or send anything there.
    package internal(set) var isFromCopies = false
    /// The texts of the sound files, by path.
    var texts: [String: String] = [:]
    /// Whether the names of all pipeline files are known.
    var isListed = true
    /// Whether there is no folder of pipelines at all.
    var isFolderGone = false
    /// Whether finetuned.toml is there, sound or not.
    var hasDaemonFile = false
    /// Whether somebody has removed finetuned.toml, or never made it.
    var isDaemonFileGone = false

    package init() {}

    /// The faults of one file, by its path.
    package func problems(of path: String) -> [Failure] {
        problems.filter {
            $0.place == path || $0.place?.hasPrefix(path + ":") == true || $0.place?.hasPrefix(path + ",") == true
        }
    }

    /// Reads `finetuned.toml` (defaults where it is absent) and every `pipelines/*.toml`.
    package static func read(_ layout: Layout) -> SettingsFolder {
        var result = SettingsFolder()
        result.readDaemon(layout)
        result.readProfiles(layout)
        let names = result.pipelineFiles(layout)
        for name in names {
            let path = layout.pipelineSettings + "/" + name
            do {
                let source = try SettingsFile.Source(path: path)
                let (settings, problems) = try pipeline(source)
                result.problems += problems
                if problems.isEmpty {
                    result.pipelines.append(settings)
                    result.texts[path] = source.text
                } else {
                    result.faulty.insert(path)
                }
            } catch {
                result.problems.append(failure(error, path))
                result.faulty.insert(path)
            }
        }
        result.readMade(layout, except: Set(names))
        result.refuseFolders(layout)
        return result
    }

    /// Whether a name in the folder of pipelines is that of a pipeline's file.
    static func isPipelineFile(_ name: String) -> Bool { name.hasSuffix(".toml") && !name.hasPrefix(".") }

    /// The names of the pipelines' files, in order. A folder that cannot be listed is a problem, and one that is not
    /// there has none.
    private mutating func pipelineFiles(_ layout: Layout) -> [String] {
        do { return try FolderListing.names(layout.pipelineSettings).filter(Self.isPipelineFile).sorted() } catch {
            isListed = false
            let failure = error as? FileFailure
            isFolderGone = failure?.number == ENOENT
            if !isFolderGone {
                problems.append(
                    Failure(
                        code: "settings.unreadable",
                        "The folder of pipelines cannot be read: \(failure?.reason ?? "\(error)").",
                        at: layout.pipelineSettings, remedy: failure?.remedy))
            }
            return []
        }
    }

    /// Reads finetuned.toml, where it is there.
    private mutating func readDaemon(_ layout: Layout) {
        var status = stat()
        if lstat(layout.daemonSettings, &status) != 0, errno == ENOENT {
            isDaemonFileGone = stat(layout.settings, &status) == 0
            return
        }
        hasDaemonFile = true
        do { readDaemon(try SettingsFile.Source(path: layout.daemonSettings)) } catch {
            problems.append(Self.failure(error, layout.daemonSettings))
        }
    }

    /// Reads the text of finetuned.toml.
    mutating func readDaemon(_ source: SettingsFile.Source) {
        hasDaemonFile = true
        do {
            let file = try SettingsFile(source)
            var found = file.apply(DaemonSettings.keys, tables: ["engines"], to: &daemon) + Self.engines(file, &daemon)
            found += DaemonSettings.apiFaults(file, daemon.api)
            problems += found
            if found.isEmpty { texts[source.path] = source.text }
        } catch { problems.append(Self.failure(error, source.path)) }
    }

    /// Reads one pipeline's file; the faults beside what could be read.
    package static func pipeline(_ path: String) throws -> (PipelineSettings, [Failure]) {
        try pipeline(SettingsFile.Source(path: path))
    }

    /// Reads the text of one pipeline's file; the faults beside what could be read.
    static func pipeline(_ source: SettingsFile.Source) throws -> (PipelineSettings, [Failure]) {
        let path = source.path
        let name = ((path as NSString).lastPathComponent as NSString).deletingPathExtension
        guard name.wholeMatch(of: /[a-z0-9][a-z0-9_-]{0,62}/) != nil else {
            throw Failure(
                code: "settings.name", "'\(name)' cannot name a pipeline.", at: path,
                remedy: "Name the file with lower-case letters, digits, - and _, such as tickets.toml.")
        }
        if let reason = CommandWords.refusal(name) {
            throw Failure(
                code: "settings.name", "'\(name)' cannot name a pipeline: \(reason).", at: path,
                remedy: "Give the file another name, such as \(name)-data.toml.")
        }
        let file = try SettingsFile(source)
        var settings = PipelineSettings(name: PipelineName(name), file: path, base: "")
        var problems = file.apply(
            PipelineSettings.keys, tables: ["gates.rule", "gates.grader", "gates.evaluator", "experiment.search"],
            to: &settings)
        problems +=
            rules(file, &settings) + graders(file, &settings) + evaluators(file, &settings) + search(file, &settings)
            + webhook(file, settings)
        if file.table["base"] == nil {
            problems.append(
                Failure(
                    code: "settings.missing_key", "The key 'base' is missing.", at: path,
                    remedy: "Add base = \"…\"; `ftctl base list` names the registered ones."))
        }
        let gateShare = settings.data.gateShare(rows: 0)
        if settings.data.validationShare + gateShare > 0.9 {
            problems.append(
                Failure(
                    code: "settings.value",
                    """
                    data.validation_share (\(settings.data.validationShare)) and data.gate_share \
                    (\(gateShare)) leave less than a tenth to train on.
                    """,
                    at: file.place("data.gate_share"), remedy: "Lower one of them."))
        }
        if settings.recipe.method == .full, settings.delivery.exports.contains(.peft) {
            problems.append(
                Failure(
                    code: "settings.value",
                    """
                    delivery.exports asks for peft, but recipe.method = \"full\" trains all weights and makes no \
                    adapter.
                    """,
                    at: file.place("delivery.exports"),
                    remedy: "Ask for huggingface, gguf-f16 or gguf-q8_0, or train with method = \"lora\"."))
        }
        return (settings, problems)
    }

    /// `[[gates.rule]]` tables.
    private static func rules(_ file: SettingsFile, _ settings: inout PipelineSettings) -> [Failure] {
        guard let list = file.table["gates"]?.table?["rule"]?.array else { return [] }
        var problems: [Failure] = []
        for (index, element) in list.enumerated() {
            let place = "\(file.path), gates.rule[\(index)]"
            guard let table = element.table, let metric = table["metric"]?.string else {
                problems.append(
                    Failure(
                        code: "settings.missing_key", "A gate rule needs a 'metric'.", at: place,
                        remedy: "Add metric = \"accuracy\" or another metric's name."))
                continue
            }
            var rule = GateRuleSettings(metric: MetricKey(metric))
            let numbers: [(String, WritableKeyPath<GateRuleSettings, Double?>)] = [
                ("min", \.min), ("max", \.max), ("max_regression", \.maxRegression),
                ("min_improvement", \.minImprovement),
            ]
            for key in table.keys {
                let value = table[key]
                if let (_, path) = numbers.first(where: { $0.0 == key }),
                    let number = value?.double ?? value?.int.map(Double.init)
                {
                    rule[keyPath: path] = number
                } else if key == "set", let text = value?.string {
                    rule.set = SetName(text)
                } else if key == "slice", let text = value?.string {
                    rule.slice = text
                } else if key == "minimum_slice_rows", let number = value?.int {
                    rule.minimumSliceRows = number
                } else if key == "relative", let flag = value?.bool {
                    rule.relative = flag
                } else if key != "metric" {
                    problems.append(
                        Failure(
                            code: "settings.unknown_key",
                            "The key '\(key)' is not known in a gate rule, or its value has the wrong type.", at: place,
                            remedy:
                                """
                                Use metric, set, slice, minimum_slice_rows, min, max, max_regression, \
                                min_improvement, relative.
                                """
                        ))
                }
            }
            settings.gates.rules.append(rule)
        }
        return problems
    }

    /// Two pipelines must not drain one folder, since whose data it is would be chance; and none may drain what is the
    /// daemon's own.
    private mutating func refuseFolders(_ layout: Layout) {
        let folders = DropFolders(layout: layout)
        var kept: [PipelineSettings] = []
        for pipeline in pipelines {
            let fault =
                folders.fault(pipeline)
                ?? kept.lazy.compactMap { folders.fault(pipeline, beside: $0) }.first
            if let fault { refuse(pipeline, fault) } else { kept.append(pipeline) }
        }
        pipelines = kept
    }

    mutating func refuse(_ pipeline: PipelineSettings, _ fault: Failure) {
        faulty.insert(pipeline.file)
        texts[pipeline.file] = nil
        problems.append(fault)
    }

    static func failure(_ error: any Error, _ path: String) -> Failure {
        error as? Failure ?? Failure(code: "settings.unreadable", "\(error)", at: path, remedy: "Mend the file.")
    }
}
