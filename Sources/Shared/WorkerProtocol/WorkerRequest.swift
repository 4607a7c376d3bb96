import Nouns

/// The one file a worker reads: what to do, with everything named by path and digest. docs/engine-protocol.md describes
/// it.
package struct WorkerRequest: Codable, Hashable, Sendable {
    /// Version of the protocol; a worker refuses one it does not know.
    package static let currentVersion = 1

    package var version: Int
    /// Whom the work is for: a run, trial or request identifier; repeated in events.
    package var id: String
    /// Folder that the worker may write into: checkpoints, results, evaluations.
    package var directory: String
    package var task: WorkerTask
    /// Compute threads (nil: one per usable core).
    package var threads: Int?
    /// Bytes of memory the worker should stay within; sizes micro-batches (nil: 512 MiB).
    package var memoryBytes: Int?
    /// What the engine is to compute on and how (nil: as it likes).
    package var compute: ComputeSettings?

    package init(id: String, directory: String, task: WorkerTask, threads: Int? = nil, memoryBytes: Int? = nil) {
        version = Self.currentVersion
        self.id = id
        self.directory = directory
        self.task = task
        self.threads = threads
        self.memoryBytes = memoryBytes
    }
}

/// The kinds of numeric work. On the wire: `{"task": "train", "train": {…}}`.
package enum WorkerTask: Hashable, Sendable {
    case inspect(InspectTask)
    case measure(MeasureTask)
    case encode(EncodeTask)
    case train(TrainTask)
    case evaluate(EvaluateTask)
    case generate(GenerateTask)
    case export(ExportTask)
    case rangeTest(RangeTestTask)
    case score(ScoreTask)
    case serve(ServeTask)
    case yardstick(YardstickTask)
    case records(RecordsTask)
}

/// Reads a base model, checks that the engine can run it, and describes it: result ``WorkerResult/card``.
package struct InspectTask: Codable, Hashable, Sendable {
    /// A GGUF file or a Hugging Face folder.
    package var path: String
    package var id: BaseID
    /// Whether only what stands in front of the weights is there, so that no weight is read (nil: all is there). Where
    /// there are no weights at all, nothing is described: only whether the engine runs such a model is said.
    package var isLook: Bool?
    /// What a GGUF calls its architecture, to be looked at before its header is there.
    package var architecture: String?
    /// The architectures that engines run, as they say: such a Hugging Face folder is described without being run where
    /// the worker does not run it (nil: it is refused).
    package var engines: [String]?
    package init(
        path: String, id: BaseID, isLook: Bool? = nil, architecture: String? = nil, engines: [String]? = nil
    ) {
        self.path = path
        self.id = id
        self.isLook = isLook
        self.architecture = architecture
        self.engines = engines
    }
}

/// Counts tokens of rows as they would be trained: result ``WorkerResult/measurements`` in `measure.jsonl`.
package struct MeasureTask: Codable, Hashable, Sendable {
    package var model: ModelReference
    /// Files of ``Row`` JSON lines, plain or zstd-compressed.
    package var rows: [FileReference]
    package var maxLength: Int
    /// Write what the base reads of the first so many rows to `shown.jsonl`, one ``ShownRow`` a line (nil: of none).
    package var shownRows: Int?
    /// Whether both answers of a preference row count (nil: the preferred one alone).
    package var pairs: Bool?
    package init(
        model: ModelReference, rows: [FileReference], maxLength: Int, shownRows: Int? = nil, pairs: Bool? = nil
    ) {
        self.model = model
        self.rows = rows
        self.maxLength = maxLength
        self.shownRows = shownRows
        self.pairs = pairs
    }
}

/// Writes rows as tokens, one `tokens-<set>.safetensors` a set: result ``WorkerResult/files`` in the order of the sets.
package struct EncodeTask: Codable, Hashable, Sendable {
    package var model: ModelReference
    package var sets: [EvaluationSet]
    /// Longest sequence in tokens (nil: what the base's context holds).
    package var maxLength: Int?
    /// Whether longer rows are cut (nil: yes) or left out.
    package var truncate: Bool?
    /// Whether rows of two answers are refused, because they are to be trained on as pairs (nil: no).
    package var pairs: Bool?
    /// What a model is to be asked about the rows (nil: they are to be trained on). Then ``sets`` is what is evaluated,
    /// and beside the sequences whose losses are wanted `prompts-<set>.safetensors` holds what is to be answered.
    package var questions: EvaluationQuestions?
    package init(
        model: ModelReference, sets: [EvaluationSet], maxLength: Int? = nil, truncate: Bool? = nil, pairs: Bool? = nil
    ) {
        self.model = model
        self.sets = sets
        self.maxLength = maxLength
        self.truncate = truncate
        self.pairs = pairs
    }
}

/// Fine-tunes; resumes by itself from the newest whole checkpoint in the request's folder.
package struct TrainTask: Codable, Hashable, Sendable {
    package var model: ModelReference
    /// Start from this adapter's weights (mode `continue`); nil starts a fresh adapter.
    package var startAdapter: AdapterReference?
    package var train: [FileReference]
    package var validation: [FileReference]
    package var recipe: Recipe
    /// Train up to this optimizer step and pause with a checkpoint (trials at a rung); nil trains to the end.
    package var pauseAtStep: Int?
    /// Whether rows longer than the recipe's length are cut to it (nil: yes) or left out.
    package var truncate: Bool?
    /// Whether what is trained by the end of each epoch is kept besides (``EpochRecord``); nil: no.
    package var keepsEpochs: Bool?
    /// When nothing is left to gain, so that training ends before its last epoch (nil: it does not).
    package var enough: EnoughRule?
    /// The rows as the task `encode` writes them, for engines that have no tokenizer (nil: the engine reads rows).
    package var tokens: TrainingTokens?
    package init(
        model: ModelReference, startAdapter: AdapterReference? = nil, train: [FileReference],
        validation: [FileReference], recipe: Recipe, pauseAtStep: Int? = nil, truncate: Bool? = nil
    ) {
        self.model = model
        self.startAdapter = startAdapter
        self.train = train
        self.validation = validation
        self.recipe = recipe
        self.pauseAtStep = pauseAtStep
        self.truncate = truncate
    }
}

/// Training and validation rows as tokens.
package struct TrainingTokens: Codable, Hashable, Sendable {
    package var train: FileReference
    /// Nil where there are no validation rows.
    package var validation: FileReference?
    package init(train: FileReference, validation: FileReference? = nil) {
        self.train = train
        self.validation = validation
    }
}

/// Scores one model on row sets: one ``ExampleRecord`` a row and set in `examples-<set>.jsonl`.
package struct EvaluateTask: Codable, Hashable, Sendable {
    package var model: ModelReference
    package var sets: [EvaluationSet]
    /// The classes to choose among by likelihood (nil: no likeliest-label scoring).
    package var labels: [String]?
    /// Greedy generation up to this many new tokens (0: loss only; nil: twice the tokens of the row's wanted answer and
    /// 16 more, 256 where the row has none).
    package var maxNewTokens: Int?
    package var maxLength: Int
    package init(
        model: ModelReference, sets: [EvaluationSet], labels: [String]? = nil, maxNewTokens: Int? = nil,
        maxLength: Int = 512
    ) {
        self.model = model
        self.sets = sets
        self.labels = labels
        self.maxNewTokens = maxNewTokens
        self.maxLength = maxLength
    }
}

/// A named set of rows to score.
package struct EvaluationSet: Codable, Hashable, Sendable {
    package var name: SetName
    package var files: [FileReference]
    /// Score only the first N rows in file order (nil: all).
    package var limit: Int?
    /// Longest greedy answer in tokens, where it is not the task's own (0: loss only).
    package var maxNewTokens: Int?
    /// Whether the answer to a row with a class may end once it can no longer become a class or the wanted answer (nil:
    /// no): its text is read by nobody. Such a record's ``ExampleRecord/finish`` is `cut`.
    package var cutsAnswers: Bool?
    /// Records of the same model, made for the same labels and lengths (JSON lines of ``ExampleRecord``): rows that are
    /// among them are not scored again (nil: none).
    package var known: [FileReference]?
    package init(name: SetName, files: [FileReference], limit: Int? = nil, maxNewTokens: Int? = nil) {
        self.name = name
        self.files = files
        self.limit = limit
        self.maxNewTokens = maxNewTokens
    }
}

/// Answers prompts: result ``WorkerResult/outputs``, one a prompt, also streamed as `output` events.
package struct GenerateTask: Codable, Hashable, Sendable {
    package var model: ModelReference
    /// Conversations to answer; a plain prompt is one user message.
    package var conversations: [[Message]]
    package var maxNewTokens: Int
    /// 0 is greedy.
    package var temperature: Double
    package var topP: Double
    package var seed: UInt64
    /// Prompts as the task `encode` writes them, one file a set, answered greedily in place of the conversations:
    /// result ``WorkerResult/files`` in their order, `answers-<n>.safetensors` (nil: there are conversations).
    package var tokens: [FileReference]?
    package init(
        model: ModelReference, conversations: [[Message]], maxNewTokens: Int = 128, temperature: Double = 0,
        topP: Double = 1, seed: UInt64 = 0
    ) {
        self.model = model
        self.conversations = conversations
        self.maxNewTokens = maxNewTokens
        self.temperature = temperature
        self.topP = topP
        self.seed = seed
    }
}

/// Writes the model in a format that other programs load, then loads it back and checks it.
package struct ExportTask: Codable, Hashable, Sendable {
    package var model: ModelReference
    package var format: ExportFormat
    /// Rows on which the written model must agree with the one in memory.
    package var check: [FileReference]
    /// At most so many of those rows (nil: 8).
    package var checkLimit: Int?
    /// Where the base was fetched from, for the model's card (nil: it is not known).
    package var source: BaseSource?
    package init(model: ModelReference, format: ExportFormat, check: [FileReference] = [], checkLimit: Int? = nil) {
        self.model = model
        self.format = format
        self.check = check
        self.checkLimit = checkLimit
    }
}

/// Sweeps the learning rate exponentially in one short run: result ``WorkerResult/range``.
package struct RangeTestTask: Codable, Hashable, Sendable {
    package var train: TrainTask
    package var lowest: Double
    package var highest: Double
    package var steps: Int
    package init(train: TrainTask, lowest: Double = 1e-6, highest: Double = 1e-2, steps: Int = 40) {
        self.train = train
        self.lowest = lowest
        self.highest = highest
        self.steps = steps
    }
}

/// Scores a base on rows without training (bits per byte, few-shot accuracy), and can sample a probe from the base
/// itself.
package struct ScoreTask: Codable, Hashable, Sendable {
    package var model: ModelReference
    package var rows: [FileReference]
    package var limit: Int
    package var labels: [String]?
    /// Worked examples put before each prompt for few-shot accuracy.
    package var shots: Int
    /// Sample this many probe texts from the model into `probe.jsonl` (0: none).
    package var probeTexts: Int
    package var seed: UInt64
    /// Sequences as the task `encode` writes them, one file a set, scored in place of the rows: result
    /// ``WorkerResult/files`` in their order, `scores-<n>.safetensors` (nil: there are rows).
    package var tokens: [FileReference]?
    package init(
        model: ModelReference, rows: [FileReference], limit: Int = 64, labels: [String]? = nil, shots: Int = 0,
        probeTexts: Int = 0, seed: UInt64 = 0
    ) {
        self.model = model
        self.rows = rows
        self.limit = limit
        self.labels = labels
        self.shots = shots
        self.probeTexts = probeTexts
        self.seed = seed
    }
}

/// Keeps models loaded and answers ``ServingOrder``s, one JSON line each, on a Unix socket in the request's folder.
package struct ServeTask: Codable, Hashable, Sendable {
    /// Loaded before the first order.
    package var models: [ModelReference]
    /// The longest sequence in tokens, prompt and answer (nil: what the model and the memory allow).
    package var context: Int?
    package init(models: [ModelReference] = [], context: Int? = nil) {
        self.models = models
        self.context = context
    }
}
