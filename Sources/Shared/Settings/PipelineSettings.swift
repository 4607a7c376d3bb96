import Nouns
import WorkerProtocol

/// One pipeline as its TOML file (`etc/finetuned/pipelines/<name>.toml`) configures it, every default filled in.
package struct PipelineSettings: Codable, Hashable, Sendable {
    /// How a verdict of `pass` becomes the served model.
    package enum PromotionPolicy: String, Codable, Hashable, Sendable, CaseIterable { case auto, manual }

    /// Whether the daemon tries on by itself.
    package enum IterationPolicy: String, Codable, Hashable, Sendable, CaseIterable { case never, auto }

    package var name: PipelineName
    /// The file it came from, for messages.
    package var file: String
    /// Registered base model, or ``BaseID/automatic``: the registered bases compete.
    package var base: BaseID
    /// The engine that trains it (nil: the daemon's own worker).
    package var engine: EngineName?
    /// Drop folder; nil is `var/lib/finetuned/drop/<name>`.
    package var dropFolder: String?
    package var promote: PromotionPolicy = .auto
    package var enabled = true
    /// What is written down; a learning rate of nil asks for a range test.
    package var recipe: Recipe = {
        var recipe = Recipe()
        recipe.learningRate = nil
        return recipe
    }()
    /// Whether the number of epochs follows the number of rows (``EpochsRule``).
    package var automaticEpochs = true
    package var trigger = TriggerSettings()
    package var data = DataSettings()
    package var incremental = IncrementalSettings()
    package var gates = GatesSettings()
    package var delivery = DeliverySettings()
    package var feedback = FeedbackSettings()
    package var experiment = ExperimentSettings()
    package var retention = RetentionOverride()
    package var resources = ResourceOverride()
    /// Whether a run that was not promoted is followed by another one, and by how many at most.
    package var iterate = IterationPolicy.never
    package var iterateRuns = 3

    package init(name: PipelineName, file: String, base: BaseID) {
        self.name = name
        self.file = file
        self.base = base
    }
}

/// `[trigger]`: when stored rows become a run.
package struct TriggerSettings: Codable, Hashable, Sendable {
    /// Seconds without a further drop before a run is queued.
    package var settleSeconds = 30.0
    /// Fewest training rows for a first run, and fewest new rows for a later one.
    package var minimumRows = 10
    package var minimumNewRows = 1
    /// At most one run in this many seconds (0: no limit).
    package var minimumIntervalSeconds = 0.0
    /// Times in systemd's OnCalendar syntax, for the next of which new rows wait (nil: none).
    package var calendar: String?
    /// Only `ftctl run` queues runs.
    package var manualOnly = false
    /// Rows that what is served answers rightly start no run.
    package var skipKnown = true
    /// The share of wrong answers that must be ruled out for that.
    package var knownWrong = 0.05
    /// Days after which the other rows of such drops start a run, however few they are.
    package var knownDays = 7
    package init() {}
}

/// `[data]`: what is accepted and how it is split.
package struct DataSettings: Codable, Hashable, Sendable {
    package enum SensitiveAction: String, Codable, Hashable, Sendable, CaseIterable { case allow, redact, reject }
    /// The shape that every row must have (nil: detected row by row).
    package var shape: RowShape?
    /// More bad rows than this share quarantine the whole file.
    package var maximumBadShare = 0.5
    /// Shares of the hash space for validation and gate; the rest trains. Without a share for the gate it depends on
    /// how many rows judge already (``gateShare(rows:)``).
    package var validationShare = 0.1
    package var gateShare: Double?
    /// A row field (such as `session_id`) whose rows stay on one side.
    package var groupBy: String?
    /// Personal data and secrets found in rows.
    package var sensitive: SensitiveAction = .allow
    /// Whether what is found is left where it is, or kept out of training.
    package enum FilterAction: String, Codable, Hashable, Sendable, CaseIterable { case keep, remove }
    /// Training rows that are nearly the same as earlier training rows.
    package var nearDuplicates: FilterAction = .keep
    /// Jaccard similarity of 5-grams at and above which two rows are nearly the same.
    package var nearDuplicateSimilarity = 0.8
    /// Control characters in the texts of rows.
    package var controlCharacters: ControlCharacterAction = .refuse
    /// Training rows that break a repetition filter.
    package var repetition: FilterAction = .keep
    /// Rows longer than `recipe.max_length`: keep their end truncated, or refuse them.
    package var truncate = false
    /// The user's names of columns or keys, by ours.
    package var columns: [String: String] = [:]
    package init() {}
}

/// `[incremental]`: how a new run builds on what came before.
package struct IncrementalSettings: Codable, Hashable, Sendable {
    /// `continue`, `stack` or `from-base`.
    package var mode: Run.Mode = .continued
    /// Earlier rows mixed in, as a share of the new rows' number.
    package var replayShare = 0.5
    /// After this many continuations a `from-base` run is queued and competes (0: never).
    package var fromBaseEvery = 8
    /// Rise of the loss on earlier drops or on the base's probe, summed over continuations, after which a `from-base`
    /// run is queued and competes (0: never); nil where nobody wrote it.
    package var forgettingBudget: Double?
    /// The budget where nobody wrote one: 0.1, and none for rows with classes, whose labels answer for themselves while
    /// the loss of a model that became sure of them rises on everything else.
    package func forgettingBudget(hasClasses: Bool) -> Double { forgettingBudget ?? (hasClasses ? 0 : 0.1) }
    /// The drops that are learnt from; validation and gate are always the whole dataset's.
    package enum Window: Codable, Hashable, Sendable {
        case all
        /// Drops received in the last so many days.
        case days(Int)
        /// The last so many drops.
        case drops(Int)

        /// What is written in the file; nil where it is none of these.
        init?(text: String) {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            let count = parts.count == 2 ? Int(parts[1]).flatMap { 1...1_000_000 ~= $0 ? $0 : nil } : nil
            switch (parts.first, count) {
            case ("days", let days?): self = .days(days)
            case ("drops", let drops?): self = .drops(drops)
            default:
                guard text == "all" else { return nil }
                self = .all
            }
        }

        /// The forms in a sentence that asks for one.
        static let forms = "\"all\", \"days:N\" or \"drops:N\""

        /// As it is written in the file.
        var text: String {
            switch self {
            case .all: "all"
            case .days(let days): "days:\(days)"
            case .drops(let drops): "drops:\(drops)"
            }
        }
    }
    package var window = Window.all
    /// Learning rate of a warm start, as a share of the recipe's.
    package var warmStartRatio = 0.5
    /// Runs in a row that may start from a version that the gates could not decide on (0: none does).
    package var unproven = 5
    package init() {}
}

/// `[gates]`: what a model must show before it is served.
package struct GatesSettings: Codable, Hashable, Sendable {
    /// The metric that must improve (nil: accuracy for classification, otherwise loss).
    package var primary: MetricKey?
    /// How much worse than the served model is still "not worse", in the metric's unit (nil: a default for each
    /// metric).
    package var margin: Double?
    /// Confidence of every one-sided bound.
    package var confidence = 0.95
    /// Require superiority on the primary metric, not only non-inferiority.
    package var requireImprovement = true
    /// Judge the stream of runs: follow what is estimated to be better, stay above the anchor, take back what
    /// later rows speak against. Superiority is then asked of the first promotion alone.
    package var overStream = true
    /// The drops whose gate rows judge.
    package var window = IncrementalSettings.Window.all
    /// Require accuracy better than that of the simplest alternatives fitted to the same rows.
    package var beatSimplest = false
    /// Longest generated answer in tokens (nil: by the length of each row's wanted answer; 0: none is generated).
    package var maxNewTokens: Int?
    /// At most this many gate rows are scored a run (0: all).
    package var maximumRows = 0
    package var rules: [GateRuleSettings] = []
    /// Most that the loss on what the base knew (its probe) may rise, in nats a token.
    package var maximumForgetting: Double?
    /// Most that the loss of an exported artefact may differ from that of the model that was trained, in nats a token
    /// (nil: by format).
    package var artefactTolerance: Double?
    /// A file with the JSON schema that answers of the gate set should fit.
    package var answerSchema: String?
    /// Secrets planted in the training rows, whose digits say how well the model learnt them by heart.
    package var canaries: [String] = []
    package var graders: [GraderSettings] = []
    package var evaluators: [EvaluatorSettings] = []
    package init() {}
}

/// One `[[gates.rule]]`.
package struct GateRuleSettings: Codable, Hashable, Sendable {
    package var metric: MetricKey
    package var set = SetName.gate
    /// `field=value`, `label=…`, `length=short|medium|long`, `drop=…`.
    package var slice: String?
    package var minimumSliceRows = 20
    package var min: Double?
    package var max: Double?
    package var maxRegression: Double?
    package var minImprovement: Double?
    /// Read `max_regression` and `min_improvement` as shares of the served model's value.
    package var relative = false
    package init(metric: MetricKey) { self.metric = metric }
}

/// One `[[gates.grader]]`: a grader in OpenAI's configuration, as JSON.
package struct GraderSettings: Codable, Hashable, Sendable {
    package var name: String
    package var configuration: JSONValue
    package init(name: String, configuration: JSONValue) {
        self.name = name
        self.configuration = configuration
    }
}

/// One `[[gates.evaluator]]`: a program that scores rows and outputs.
package struct EvaluatorSettings: Codable, Hashable, Sendable {
    package var name: String
    /// Absolute path and arguments.
    package var command: [String]
    package var set = SetName.gate
    /// Seconds that it may take.
    package var seconds = 600.0
    /// Folders that it may change beside its own work folder.
    package var writable: [String] = []
    package init(name: String, command: [String]) {
        self.name = name
        self.command = command
    }
}

/// `[delivery]`: what happens with a promoted model.
package struct DeliverySettings: Codable, Hashable, Sendable {
    /// Formats exported at promotion.
    package var exports: [ExportFormat] = []
    /// Programs run on events, by ``DeliveryEvent/Kind``; the event is on standard input.
    package var hooks: [String: [String]] = [:]
    /// Whether hooks may ask the daemon, as readers.
    package var hooksMayUseFtctl = false
    /// Seconds that a hook or a canary may take.
    package var hookSeconds = 60.0
    /// Folders that hooks and the canary may change beside their own work folder.
    package var writable: [String] = []
    /// A program that tries the promoted model; a status other than 0 rolls back.
    package var canary: [String] = []
    /// Whether the golden sets are asked again through the serving path after promotion; a broken row rolls back.
    package var canaryGolden = true
    /// The share of bad answers above which what is served is rolled back (nil: never), and the fewest ratings that
    /// may do so.
    package var rollbackBadShare: Double?
    package var rollbackMinimum = 20
    /// Where events are sent by POST, signed with the secret in `webhookSecretFile`.
    package var webhook: String?
    /// Whether that may be this machine itself, or on its own link.
    package var webhookLocal = false
    package var webhookSecretFile: String?
    /// The secret before that, which signs as well for a day.
    package var webhookSecretFileOld: String?
    /// The events that are sent.
    package var webhookEvents = DeliveryEvent.Kind.ofJobs.map(\.rawValue)
    package init() {}
}
