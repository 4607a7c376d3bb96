import Nouns

/// Every path the product uses, derived from one root: `/` when installed, or a sandbox folder given by `--root`.
package struct Layout: Hashable, Sendable {
    package let root: String

    /// - Parameter root: an absolute folder; `/` for an installed daemon.
    package init(root: String) {
        self.root = root == "/" ? "" : (root.hasSuffix("/") ? String(root.dropLast()) : root)
    }

    // MARK: - Settings

    package var settings: String { root + "/etc/finetuned" }
    package var daemonSettings: String { settings + "/finetuned.toml" }
    package var pipelineSettings: String { settings + "/pipelines" }
    /// The TOML file of a pipeline.
    package func pipelineFile(_ pipeline: PipelineName) -> String { pipelineSettings + "/\(pipeline).toml" }
    /// The folder beside a pipeline's TOML file, with what belongs to its settings.
    package func pipelineFolder(_ pipeline: PipelineName) -> String { pipelineSettings + "/\(pipeline)" }
    /// The golden sets of a pipeline.
    package func golden(_ pipeline: PipelineName) -> String { pipelineFolder(pipeline) + "/golden" }

    /// The engines that pipelines can name, one TOML file each.
    package var engineSettings: String { settings + "/engines" }
    /// The TOML file of an engine.
    package func engineFile(_ engine: EngineName) -> String { engineSettings + "/\(engine).toml" }

    /// The last sound texts of the settings files, kept with the state.
    package var settingsCopies: String { state + "/settings" }
    package var settingsCopy: String { settingsCopies + "/finetuned.toml" }
    package var pipelineSettingsCopies: String { settingsCopies + "/pipelines" }

    /// The files of pipelines that jobs made; one in ``pipelineSettings`` goes before.
    package var madePipelines: String { state + "/pipelines" }
    package func madePipeline(_ pipeline: PipelineName) -> String { madePipelines + "/\(pipeline).toml" }
    /// Whether a pipeline's file is one that jobs made.
    package func isMade(_ file: String) -> Bool { file.hasPrefix(madePipelines + "/") }

    // MARK: - The daemon itself

    package var state: String { root + "/var/lib/finetuned" }
    package var ledger: String { state + "/ledger.sqlite" }
    package var runtime: String { root.isEmpty ? "/run/finetuned" : root + "/run" }
    package var socket: String { runtime + "/finetuned.sock" }
    /// Where the serving worker is at work.
    package var serving: String { runtime + "/serving" }
    /// Copies of the ledger for backups under way, each with the list of the files that it names.
    package var backups: String { state + "/backups" }
    package func backup(_ id: String) -> String { backups + "/\(id)" }
    /// Held by the daemon that has this state, where the folder of the state itself cannot be locked.
    package var lock: String { state + "/finetuned.lock" }
    /// What told at the last look that files are what they were; read anew where it is gone.
    package var fingerprints: String { state + "/fingerprints.json" }
    /// Says that everything in the state is closed to all but the daemon's user.
    package var rightsMark: String { state + "/private" }
    /// What hooks and webhooks are told, and what hooks said.
    package var hooks: String { state + "/hooks" }

    // MARK: - Data

    /// The drop folders of all pipelines whose settings name no other.
    package var drops: String { state + "/drop" }
    /// Where people drop files for a pipeline, unless its settings name another folder.
    package func drop(_ pipeline: PipelineName) -> String { drops + "/\(pipeline)" }
    /// The claimed drops of a pipeline.
    package func intake(_ pipeline: PipelineName) -> String { state + "/intake/\(pipeline)" }
    /// Where a claimed drop's original bytes and report are kept for ever.
    package func intake(_ pipeline: PipelineName, drop: DropID) -> String { intake(pipeline) + "/\(drop)" }
    /// What was found in a claimed drop.
    package func dropReport(_ pipeline: PipelineName, _ drop: DropID) -> String {
        intake(pipeline, drop: drop) + "/report.json"
    }
    package func quarantine(_ pipeline: PipelineName) -> String { state + "/quarantine/\(pipeline)" }
    /// What the name of a drop's folder in quarantine ends with, after its day and name.
    package func quarantineEnding(_ drop: DropID) -> String { "-" + drop.rawValue.suffix(8) }
    package var allDatasets: String { state + "/datasets" }
    package func datasets(_ pipeline: PipelineName) -> String { allDatasets + "/\(pipeline)" }
    /// Row files, named by their content.
    package func shards(_ pipeline: PipelineName) -> String { datasets(pipeline) + "/shards" }
    /// Manifests of snapshots.
    package func snapshots(_ pipeline: PipelineName) -> String { datasets(pipeline) + "/snapshots" }
    /// The index of near duplicates.
    package func nearIndex(_ pipeline: PipelineName) -> String { datasets(pipeline) + "/near" }
    /// Golden sets as row files, named by their content.
    package func goldenRows(_ pipeline: PipelineName) -> String { datasets(pipeline) + "/golden" }

    /// Files that people keep here by OpenAI's API, named by their content.
    package var keptFiles: String { state + "/files" }
    package func keptFile(_ sha256: String) -> String { keptFiles + "/\(sha256)" }
    /// What of them is still coming.
    package var comingFiles: String { keptFiles + "/coming" }
    /// The parts of a file that comes in parts.
    package func parts(_ upload: String) -> String { keptFiles + "/parts/\(upload)" }
    /// The parts of all that come in parts.
    package var allParts: String { keptFiles + "/parts" }

    /// What a job waits with until it has a run: its validation file, read.
    package func job(_ id: JobID) -> String { state + "/jobs/\(id)" }

    /// Completions that are kept, with what people said of them.
    package var allFeedback: String { state + "/feedback" }
    package func feedback(_ pipeline: PipelineName) -> String { allFeedback + "/\(pipeline)" }
    package func storedCompletion(_ pipeline: PipelineName, _ id: String) -> String {
        feedback(pipeline) + "/\(id).json"
    }
    /// Which completions of a pipeline are gone, and why.
    package func feedbackGraves(_ pipeline: PipelineName) -> String { feedback(pipeline) + "/gone" }

    // MARK: - Models

    package var uploads: String { state + "/uploads" }
    /// Files of a base that a client sends.
    package func upload(_ id: String) -> String { uploads + "/\(id)" }
    package var bases: String { state + "/bases" }
    package func base(_ id: BaseID) -> String { bases + "/\(id)" }
    /// What is known of a base, beside its files.
    package func baseCard(_ id: BaseID) -> String { base(id) + "/card.json" }
    /// Bases as engines beside the daemon's own worker read them: Hugging Face folders, by the base's digest.
    package var stagedBases: String { state + "/staged" }
    package func stagedBase(_ digest: String) -> String { stagedBases + "/\(digest)" }
    package var allModels: String { state + "/models" }
    package func models(_ pipeline: PipelineName) -> String { allModels + "/\(pipeline)" }
    package func version(_ pipeline: PipelineName, _ id: VersionID) -> String { models(pipeline) + "/\(id)" }
    /// What is known of a version; the last file of its folder that is written.
    package func versionRecord(_ pipeline: PipelineName, _ id: VersionID) -> String {
        version(pipeline, id) + "/version.json"
    }
    /// The symlink that says which version is served.
    package func current(_ pipeline: PipelineName) -> String { models(pipeline) + "/current" }
    package var exports: String { state + "/exports" }
    package func export(_ version: VersionID) -> String { exports + "/\(version)" }

    // MARK: - Work

    package var runs: String { state + "/runs" }
    package func run(_ id: RunID) -> String { runs + "/\(id)" }
    /// What happened at a run, one event a line.
    package func events(_ id: RunID) -> String { WorkFolder(run(id)).events }
    /// Where a run's training goes on after an interruption.
    package func checkpoint(_ id: RunID) -> String { WorkFolder(run(id)).checkpoint }
    /// What a run had trained by the ends of its epochs.
    package func epochs(_ id: RunID) -> String { WorkFolder(run(id)).epochs }
    package func epoch(_ id: RunID, step: Int) -> String { WorkFolder(run(id)).epoch(step) }
    package func rangeTest(_ id: RunID) -> String { run(id) + "/range-test" }
    /// - Parameter role: which of the run's models is evaluated.
    package func evaluation(_ id: RunID, of role: ModelRole) -> String { run(id) + "/evaluation-\(role.rawValue)" }
    /// The candidate in every format in which it would be delivered.
    /// The simplest alternatives to what the run made.
    package func yardstick(_ id: RunID) -> String { run(id) + "/yardstick" }
    package func artefacts(_ id: RunID) -> String { run(id) + "/artefacts" }
    package func artefact(_ id: RunID, _ format: ExportFormat) -> String { artefacts(id) + "/\(format.rawValue)" }
    /// What is known of the work that schedulers do, one file a folder of work.
    package var clusterJobs: String { state + "/cluster" }
    /// A hidden folder for work of which nothing is kept.
    ///
    /// - Parameter name: unlike that of any other work, such as `measure-tickets-42`.
    package func scratch(_ name: String) -> String { runs + "/.\(name)" }
    package var experiments: String { state + "/experiments" }
    package func experiment(_ id: ExperimentID) -> String { experiments + "/\(id)" }
    package func trial(_ number: Int, of id: ExperimentID) -> String { experiment(id) + "/t\(number)" }
}
