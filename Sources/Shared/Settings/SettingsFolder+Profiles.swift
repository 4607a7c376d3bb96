import Foundation
import Nouns
import Places
import Platform

/// The files of `etc/finetuned/engines`.
extension SettingsFolder {
    /// Reads every file there. A faulty one takes only its own engine out.
    mutating func readProfiles(_ layout: Layout) {
        let names: [String]
        do { names = try FolderListing.names(layout.engineSettings) } catch {
            // Nobody has to have the folder.
            guard let failure = error as? FileFailure, failure.number == ENOENT else {
                problems.append(Self.failure(error, layout.engineSettings))
                return
            }
            return
        }
        for name in names.filter(Self.isPipelineFile).sorted() {
            let path = layout.engineSettings + "/" + name
            do {
                let (profile, faults) = try Self.profile(path)
                let others = faults + clash(profile)
                problems += others
                if others.isEmpty { engines.append(profile) } else { faultyEngines.insert(path) }
            } catch {
                problems.append(Self.failure(error, path))
                faultyEngines.insert(path)
            }
        }
    }

    /// An engine by name, or nil where no sound file describes it.
    package func engine(_ name: EngineName) -> EngineProfile? { engines.first { $0.name == name } }

    /// What is said of an engine that no file describes.
    ///
    /// - Parameter place: where it is named.
    package func unknownEngine(_ name: EngineName, at place: String) -> Failure {
        Failure(
            code: "engine.unknown", "There is no engine '\(name)'.", at: place,
            remedy: NearestName.question(name.rawValue, among: engines.map(\.name.rawValue))
                ?? "Describe it in etc/finetuned/engines/\(name).toml; docs/engines.md says how.")
    }

    /// Engines keep what was in force before for as long as their files are there and not sound.
    mutating func keepFormer(engines former: [EngineProfile]) {
        for profile in former where faultyEngines.contains(profile.file) { engines.append(profile) }
        engines.sort { $0.name < $1.name }
    }

    /// One engine's file; the faults beside what could be read. Throws a Failure where it cannot be read at all.
    package static func profile(_ path: String) throws -> (EngineProfile, [Failure]) {
        let name = ((path as NSString).lastPathComponent as NSString).deletingPathExtension
        guard name.wholeMatch(of: /[a-z0-9][a-z0-9_-]{0,62}/) != nil, !["worker", EngineProfile.builtin].contains(name)
        else {
            throw Failure(
                code: "settings.name", "'\(name)' cannot name an engine.", at: path,
                remedy: "Name the file with lower-case letters, digits, - and _, such as gpu.toml.")
        }
        let file = try SettingsFile(SettingsFile.Source(path: path))
        var profile = EngineProfile(name: EngineName(name), file: path)
        var problems = file.apply(EngineProfile.keys, to: &profile)
        func fault(_ key: String, _ message: String, _ remedy: String, code: String = "settings.value") {
            problems.append(Failure(code: code, message, at: file.place(key), remedy: remedy))
        }
        if file.table["program"] == nil {
            fault(
                "program", "The key 'program' is missing.", "Add program = \"torch\", or the path of an engine.",
                code: "settings.missing_key")
        }
        if profile.program == EngineProfile.torch, profile.python == nil {
            fault(
                "program", "The PyTorch engine needs the key 'python'.",
                "Make its environment with tools/install-engine.sh DIR, and add python = \"DIR/bin/python\".",
                code: "settings.missing_key")
        }
        if profile.program != EngineProfile.torch, profile.python != nil {
            fault("python", "The key 'python' is only for program = \"torch\".", "Remove it.")
        }
        if profile.isScheduled, profile.isBuiltin {
            fault(
                "launcher", "The built-in engine computes on this machine, and launcher is \"\(profile.launcher)\".",
                "Remove it, or use program = \"torch\".")
        }
        if profile.slurm != SlurmSettings(), profile.launcher != EngineProfile.slurmLauncher {
            fault("slurm", "The table [slurm] is for launcher = \"slurm\".", "Remove it, or set that launcher.")
        }
        if profile.stage != nil, !profile.isScheduled {
            fault(
                "stage", "The launcher 'local' needs no stage: its processes work in the daemon's own state.",
                "Remove it.")
        }
        if profile.nodes > 1, profile.launcher.hasPrefix("/") {
            fault(
                "nodes", "A launcher program starts an engine on one machine, and nodes is \(profile.nodes).",
                "Remove it; ranks_per_node says how many processes compute together.")
        }
        if profile.nodes > 1, !profile.isScheduled {
            fault(
                "nodes", "The launcher 'local' starts processes on this machine alone, and nodes is \(profile.nodes).",
                "Remove it; ranks_per_node says how many processes compute together.")
        }
        let plain = EngineProfile(name: profile.name, file: path).compute
        if profile.isBuiltin, profile.compute != plain {
            fault(
                "program", "The built-in engine computes on this machine's cores in float32, in one process.",
                "Remove device, precision, quantise, parallel and ranks_per_node, or use program = \"torch\".")
        }
        return (profile, problems)
    }

    /// Whether `[engines.NAME]` of finetuned.toml has the name already.
    private func clash(_ profile: EngineProfile) -> [Failure] {
        guard daemon.engines.contains(where: { $0.name == profile.name.rawValue }) else { return [] }
        return [
            Failure(
                code: "settings.value", "finetuned.toml has an engine '\(profile.name)' as well.", at: profile.file,
                remedy: "Give one of them another name.")
        ]
    }
}
