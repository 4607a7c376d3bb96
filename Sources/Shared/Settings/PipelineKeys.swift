import Foundation
import Nouns
import Platform
import WorkerProtocol

extension PipelineSettings {
    /// Every key of a pipeline's file.
    package static let keys: [SettingsKey<PipelineSettings>] =
        top + trigger + data + recipe + incremental + gates + delivery + feedbackKeys + experiment + retention
        + resourceKeys

    private static let retention: [SettingsKey<PipelineSettings>] = [
        .optionalWhole(
            "retention.keep", \.retention.keep, in: 1...1_000_000, default: "that of finetuned.toml",
            "The newest models whose files stay: so many promoted ones, and as many others."),
        .optionalWhole(
            "retention.keep_days", \.retention.keepDays, in: 0...36_500, default: "that of finetuned.toml",
            "Days for which a model's files stay, whatever their number."),
        .text(
            "retention.maximum_bytes", default: "that of finetuned.toml",
            "Most that this pipeline's models may take, such as \"20G\"; the oldest go first. \"0\": no limit.",
            read: { $0.retention.maximumBytes.map(String.init) }
        ) {
            guard let bytes = DaemonSettings.bytes($1) else { return "a size such as \"20G\"" }
            $0.retention.maximumBytes = bytes
            return nil
        },
        .optionalWhole(
            "retention.originals_days", \.retention.originalsDays, in: 0...36_500, default: "that of finetuned.toml",
            "Days for which the original files of drops stay. 0: for ever."),
    ]

    private static let top: [SettingsKey<PipelineSettings>] = [
        .text(
            "base", default: "(required)",
            """
            The registered base model to start from (`ftctl base list`), or \"auto\": the registered bases \
            compete on this pipeline's data.
            """,
            read: { $0.base.rawValue }
        ) {
            $0.base = BaseID($1)
            return $1.isEmpty ? "the identifier of a registered base" : nil
        },
        .text(
            "engine", default: "the daemon's own worker",
            "The engine that trains, by the name of its file in etc/finetuned/engines (docs/engines.md).",
            read: { $0.engine?.rawValue }
        ) {
            $0.engine = EngineName($1)
            return $1.isEmpty ? "the name of an engine" : nil
        },
        .text(
            "drop", default: "var/lib/finetuned/drop/<name>",
            "The folder that people drop files into, as an absolute path.",
            read: { $0.dropFolder }
        ) {
            $0.dropFolder = $1
            return $1.hasPrefix("/") ? nil : "an absolute path"
        },
        .choice(
            "promote", \.promote,
            "`auto` serves a model as soon as it passes its gates; `manual` waits for `ftctl promote`."),
        .choice(
            "iterate", \.iterate,
            "`auto` follows a run that was not promoted by another one, changed as the evidence says (docs/recipes.md)."
        ),
        .whole(
            "iterate_runs", \.iterateRuns, in: 1...100,
            "At most so many further runs after one that was not promoted."),
        .flag("enabled", \.enabled, "false stops watching and queueing; what is stored stays."),
    ]

    private static let trigger: [SettingsKey<PipelineSettings>] = [
        .number(
            "trigger.settle_seconds", \.trigger.settleSeconds, in: 0...86_400,
            "Quiet time after the last drop; drops within it become one run."),
        .whole(
            "trigger.minimum_rows", \.trigger.minimumRows, in: 1...1_000_000_000,
            "Fewest training rows for a first run (OpenAI's minimum is 10; 50 and more are advised)."),
        .whole(
            "trigger.minimum_new_rows", \.trigger.minimumNewRows, in: 1...1_000_000_000,
            "Fewest new training rows for a later run."),
        .number(
            "trigger.minimum_interval_seconds", \.trigger.minimumIntervalSeconds, in: 0...31_536_000,
            "At most one run in this time."),
        .text(
            "trigger.calendar", default: "always",
            """
            When runs may be queued, in systemd's OnCalendar syntax, such as \"Mon..Fri 22:00\" or \"*-*-* \
            22..23:*\": new rows wait for the next such time.
            """,
            read: { $0.trigger.calendar }
        ) {
            $0.trigger.calendar = $1
            do throws(CalendarEvent.Invalid) {
                return try CalendarEvent($1).next(after: Date()) == nil ? "a time that is still to come" : nil
            } catch { return "a time in systemd's OnCalendar syntax, such as \"daily\" (\(error.reason))" }
        },
        .flag(
            "trigger.manual_only", \.trigger.manualOnly, "Queue nothing by itself; only `ftctl run`."),
        .flag(
            "trigger.skip_known", \.trigger.skipKnown,
            """
            New rows are asked of what is served first; where it answers them rightly, they start no run (only \
            pipelines judged by a share of right answers; docs/gates.md).
            """),
        .number(
            "trigger.known_wrong", \.trigger.knownWrong, in: 0.001...0.5,
            "The share of wrong answers that must be ruled out with 95 % confidence for that."),
        .whole(
            "trigger.known_days", \.trigger.knownDays, in: 1...3650,
            "Days after which the rows of such drops that were not answered rightly, or not asked, start a run."),
    ]

    private static let data: [SettingsKey<PipelineSettings>] = [
        .text(
            "data.shape", default: "detected row by row",
            """
            The only shape to accept: completion, chat, alpaca, sharegpt, text, preference or classification \
            (docs/data.md).
            """,
            read: { $0.data.shape?.rawValue }
        ) {
            $0.data.shape = RowShape(rawValue: $1)
            return $0.data.shape == nil
                ? "one of " + RowShape.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ") : nil
        },
        .textTable(
            "data.columns", default: "none",
            "Your names of columns or keys, by ours: `{ prompt = \"Question\", completion = \"Answer\" }`.",
            read: { $0.data.columns }
        ) {
            $0.data.columns = $1
            return RowShape.fault(ofColumns: $1).map { "a table \($0)" }
        },
        .number(
            "data.maximum_bad_share", \.data.maximumBadShare, in: 0...1,
            "A file with a larger share of bad rows is quarantined whole."),
        .number(
            "data.validation_share", \.data.validationShare, in: 0...0.9,
            "Share of prompts, by hash, that choose (early stopping, experiments)."),
        .optionalNumber(
            "data.gate_share", \.data.gateShare, in: 0.01...0.9,
            default: "\(DataSettings.usualGateShare); \(DataSettings.firstGateShare) until "
                + "\(DataSettings.fewGateRows) rows judge",
            "Share of prompts, by hash, that judge; never trained on, never used to choose."),
        .text(
            "data.group_by", default: "none", "A field whose rows stay on one side, such as \"session_id\".",
            read: { $0.data.groupBy }
        ) {
            $0.data.groupBy = $1
            return $1.isEmpty ? "the name of a field" : nil
        },
        .choice(
            "data.sensitive", \.data.sensitive,
            """
            Personal data and secrets in rows: `allow` counts them, `redact` replaces each by its kind, `reject` \
            keeps the row out.
            """
        ),
        .choice(
            "data.near_duplicates", \.data.nearDuplicates,
            """
            Training rows nearly the same as earlier ones: `keep`, or `remove` from training. (Those of gate rows \
            are always removed.)
            """
        ),
        .number(
            "data.near_duplicate_similarity", \.data.nearDuplicateSimilarity, in: 0.5...1,
            "Share of 5-grams that two rows have in common from which on they are nearly the same."),
        .choice(
            "data.repetition", \.data.repetition,
            "Training rows that repeat themselves too much (Gopher's filters): `keep`, or `remove` from training."),
        .choice(
            "data.control_characters", \.data.controlCharacters,
            """
            Control characters in texts, such as the colours of logs: `refuse` the row, `strip` them with their escape \
            sequences, or `keep` them.
            """),
        .flag(
            "data.truncate", \.data.truncate,
            "Cut rows that are longer than recipe.max_length, instead of leaving them out."),
    ]

    private static let recipe: [SettingsKey<PipelineSettings>] =
        RecipeTable.all.filter { $0.reach != .fixed }.map(SettingsKey.recipe)

    private static let incremental: [SettingsKey<PipelineSettings>] = [
        .choice(
            "incremental.mode", \.incremental.mode,
            """
            `continue`: new rows, the served adapter goes on; `stack`: new rows, a new adapter on the merged \
            served model; `from-base`: all rows of the window.
            """
        ),
        .number(
            "incremental.replay_share", \.incremental.replayShare, in: 0...100,
            "Earlier rows mixed in, as a share of the new rows."),
        .whole(
            "incremental.from_base_every", \.incremental.fromBaseEvery, in: 0...1_000_000,
            "After this many continuations a run from the base is queued, and competes with what is served; 0: never."),
        .optionalNumber(
            "incremental.forgetting_budget", \.incremental.forgettingBudget, in: 0...1000,
            default: "0.1; where rows have classes 0",
            """
            Also queue a run from the base when the loss on earlier drops, or on the base's probe, has risen by this \
            in all (nats a token, over the continuations since the last one from the base); 0: never.
            """
        ),
        .text(
            "incremental.window", default: "\"all\"",
            "What is learnt from: \"all\", \"days:N\" or \"drops:N\" (the last N). Validation and gate stay whole.",
            read: { $0.incremental.window.text }
        ) {
            $0.incremental.window = IncrementalSettings.Window(text: $1) ?? .all
            return IncrementalSettings.Window(text: $1) == nil ? IncrementalSettings.Window.forms : nil
        },
        .number(
            "incremental.warm_start_ratio", \.incremental.warmStartRatio, in: 0.001...10,
            "Learning rate of a continuation, as a share of recipe.learning_rate."),
        .whole(
            "incremental.unproven", \.incremental.unproven, in: 0...1000,
            """
            So many runs in a row may go on from versions that the gates could not decide on, where validation rows \
            do not speak against them; then a run starts from what is served again. 0: each starts from what is served.
            """),
    ]

    private static let gates: [SettingsKey<PipelineSettings>] = [
        .text(
            "gates.primary", default: "accuracy, or loss", "The metric that must improve.",
            read: { $0.gates.primary?.rawValue }
        ) {
            $0.gates.primary = MetricKey($1)
            return $1.isEmpty ? "the name of a metric" : nil
        },
        .optionalNumber(
            "gates.margin", \.gates.margin, in: 0...1e6, default: "the metric's own (docs/gates.md)",
            "How much worse still counts as not worse."),
        .number(
            "gates.confidence", \.gates.confidence, in: 0.5...0.9999,
            "Confidence of every one-sided bound."),
        .flag(
            "gates.require_improvement", \.gates.requireImprovement,
            """
            Ask for superiority on the primary metric, not only for no loss; with gates.stream of the first promotion \
            alone.
            """),
        .flag(
            "gates.stream", \.gates.overStream,
            """
            Judge the stream of runs: promote what is estimated to be better, never fall below the anchors by the \
            margin, take back what later rows speak against. false: better than what is served, each time.
            """),
        .text(
            "gates.window", default: "\"all\"",
            "The drops whose gate rows judge: \"all\", \"days:N\" or \"drops:N\" (the last N).",
            read: { $0.gates.window.text }
        ) {
            $0.gates.window = IncrementalSettings.Window(text: $1) ?? .all
            return IncrementalSettings.Window(text: $1) == nil ? IncrementalSettings.Window.forms : nil
        },
        .flag(
            "gates.beat_simplest", \.gates.beatSimplest,
            "Ask for better accuracy than the simplest alternatives reach on the same gate rows (docs/recipes.md)."),
        .optionalWhole(
            "gates.max_new_tokens", \.gates.maxNewTokens, in: 0...65_536,
            default: "twice the row's wanted answer and 16 tokens more; 256 where none is given",
            "Longest generated answer in tokens; 0 judges by loss alone."),
        .whole(
            "gates.maximum_rows", \.gates.maximumRows, in: 0...1_000_000_000,
            "Score at most this many gate rows; 0: all."),
        .optionalNumber(
            "gates.maximum_forgetting", \.gates.maximumForgetting, in: 0...1000, default: "not judged",
            "Most that the loss on the base's own probe may rise over the base's, in nats a token."),
        .optionalNumber(
            "gates.artefact_tolerance", \.gates.artefactTolerance, in: 0...1000,
            default: ExportFormat.allCases.map { "\($0.judgedTolerance) (\($0.rawValue))" }.joined(separator: ", "),
            "Most that the loss of the exported files may differ from the trained model's, in nats a token."),
        .text(
            "gates.answer_schema", default: "none",
            "A file with the JSON Schema (2020-12) that answers should fit; the metric `schema` is their share.",
            read: { $0.gates.answerSchema }
        ) {
            $0.gates.answerSchema = $1
            return $1.hasPrefix("/") ? nil : "an absolute path"
        },
        .texts(
            "gates.canaries", default: "[]",
            """
            Secrets with digits that were planted in training rows; a model that prefers one to all variants of \
            its digits fails.
            """,
            read: { $0.gates.canaries }
        ) {
            $0.gates.canaries = $1
            return $1.allSatisfy { $0.count { $0.isASCII && $0.isNumber } >= 3 }
                ? nil : "a list of texts with at least three digits each"
        },
    ]
}
