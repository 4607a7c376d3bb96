/// Every value of a recipe. The defaults are those of ``Recipe``; the seed alone has no row, since any will do.
package enum RecipeTable {
    /// All values, in the order of the pages.
    package static let all: [RecipeValue] =
        adapters + learning + optimizer + regularisation + preferences + measuring

    /// The value of a name; nil for an unknown one.
    package static func value(_ name: String) -> RecipeValue? { byName[name] }

    private static let byName = Dictionary(all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

    private static let adapters: [RecipeValue] = [
        .choice(
            "method", \.method, .settings,
            """
            Low-rank adapters (Hu et al. 2022), or `full`: all weights in float32, with AdamW; 20 bytes of memory \
            a parameter, and a whole model a version.
            """,
            source: "an adapter is small, and forgets less of what the base knew (Biderman et al. 2024)"),
        .whole(
            "rank", \.rank, 1...1024, .search, "Rank of the adapters.",
            source: "Hu et al. 2022 found 4 to 64 alike; 16 is what peft's and Unsloth's guides take"),
        .number(
            "alpha", \.alpha, 0.01...10_000, .search, "Adapters are scaled by alpha / rank.",
            source: "2 · rank: Microsoft's LoRA code and Biderman et al. 2024. A searched rank keeps alpha / rank"),
        .flag("rs_lora", \.rsLoRA, .settings, "Scale by alpha / √rank instead (Kalajdzievski 2023)."),
        .some(
            "targets", \.targets, of: Recipe.allTargets, .settings,
            "Linear layers with an adapter: any of q, k, v, o, gate, up, down.",
            source: """
                all seven: Dettmers et al. 2023 (QLoRA, figure 2) need adapters on every linear layer to match full \
                fine-tuning
                """),
        .optionalWhole(
            "last_layers", \.lastLayers, 1...4096, .search, unit: "layers", absence: "all",
            "Train only the last N layers."),
        .number(
            "adapter_dropout", \.adapterDropout, 0...0.95, .search, "Dropout on the adapters' input.",
            source: seldom),
        .number(
            "dropout", \.dropout, 0...0.95, .search, "Dropout on residual and attention paths.", source: seldom),
        .number(
            "lora_plus_ratio", \.loraPlusRatio, 1...100, .search, "LoRA+: B learns this many times faster than A."),
    ]

    private static let learning: [RecipeValue] = [
        .optionalNumber(
            "learning_rate", \.learningRate, 1e-9...10, .search, absence: "auto", canBeFound: true,
            "Peak learning rate; \"auto\" finds it with a range test (docs/recipes.md).",
            source: """
                a range test (Smith 2017, arXiv 1506.01186; the choice of the rate: Howard & Gugger 2020), and 5e-4 \
                where it finds nothing: LoRA's rates are some ten times those of full fine-tuning (Hu et al. 2022, \
                table 11; Biderman et al. 2024)
                """),
        .choice(
            "schedule", \.schedule, .search, "How the rate falls after the warm-up.",
            source: "Loshchilov & Hutter 2017"),
        .number(
            "warmup_ratio", \.warmupRatio, 0...1, .search, unit: "of all steps", "Share of all steps spent warming up."
        ),
        .number(
            "min_learning_rate_ratio", \.minLearningRateRatio, 0...1, .settings, unit: "of the peak",
            "The schedule ends at this share of the peak.", source: "a tenth, as in Hoffmann et al. 2022"),
        .number(
            "epochs", \.epochs, 0.01...1000, .search, unit: "passes", canBeFound: true,
            "Passes over the training rows; \"auto\" follows their number, as OpenAI's rule does.",
            source: """
                3; up to 25 below 34 rows, down to 1 above 8,333. OpenAI's rule: 3 passes, at least 100 and at most \
                25,000 rows shown (cookbook, "Data preparation and analysis for chat model fine-tuning")
                """),
        .whole(
            "batch_rows", \.batchRows, 1...65_536, .search, unit: "rows",
            "Rows an optimizer step. Memory never changes the result.",
            source: """
                small batches generalise better and suit small data (Masters & Luschi 2018); OpenAI's default is \
                about 0.2 % of the rows, at least 1
                """),
        .optionalWhole(
            "max_length", \.maxLength, 8...1_048_576, .settings, unit: "tokens", absence: "the base's context",
            "Longest row in tokens. Rows that do not fit worker.memory are told."),
        .text(
            "template", \.templatePath, .path, .settings, absence: "the base's own",
            "A file with the chat template (Jinja) that rows are written with, and that goes along with the version."),
        .text(
            "template_date", \.templateDate, .day, .settings, absence: "the day the run is queued",
            "The day that a chat template prints which asks for today's."),
    ]

    private static let optimizer: [RecipeValue] = [
        .number(
            "weight_decay", \.weightDecay, 0...10, .search, "Decoupled weight decay (Loshchilov & Hutter 2019).",
            source: "PyTorch's default for AdamW"),
        .number("beta1", \.beta1, 0...0.999_999, .fixed, "AdamW's decay of the mean.", source: pytorch),
        .number("beta2", \.beta2, 0...0.999_999_9, .fixed, "AdamW's decay of the mean square.", source: pytorch),
        .number("epsilon", \.epsilon, 1e-20...1, .fixed, "AdamW's guard against division by zero.", source: pytorch),
        .number(
            "clip_norm", \.clipNorm, 0...1_000_000, .settings, "Largest global gradient norm; 0 does not clip.",
            source: "the usual bound since GPT-2"),
    ]

    private static let regularisation: [RecipeValue] = [
        .number(
            "label_smoothing", \.labelSmoothing, 0...0.9, .search, "Label smoothing (Szegedy et al. 2016).",
            source: seldom),
        .number(
            "neftune_alpha", \.neftuneAlpha, 0...100, .search,
            "Noise on the embeddings while training (Jain et al. 2023).", source: seldom),
        .number("start_decay", \.startDecay, 0...10, .search, "Pull towards the starting weights.", source: seldom),
    ]

    private static let preferences: [RecipeValue] = [
        .choice(
            "objective", \.objective, .settings,
            """
            What a row with a `chosen` and a `rejected` answer is to training: `auto` trains on pairs as pairs, each \
            row by the loss of its kind; `completion` takes `chosen` as an ordinary answer and does not look at \
            `rejected`.
            """,
            source: "who writes down what is worse wants it to count"),
        .choice(
            "preference_loss", \.preferenceLoss, .search,
            """
            The loss of a pair: `sigmoid` (Rafailov et al. 2023), `ipo` (Azar et al. 2023, a token), `sigmoid_norm` \
            (sigmoid a token), `hinge` (Liu et al. 2023) or `robust` (Chowdhury et al. 2024).
            """,
            source: "DPO as it was published, and TRL's default"),
        .number(
            "beta", \.beta, 1e-6...2, .search,
            "How much a pair's log-ratio to the run's start counts; a higher one stays closer to the start.",
            source: "Rafailov et al. 2023, and TRL's default"),
        .number(
            "preference_smoothing", \.preferenceSmoothing, 0...0.499_999, .search, unit: "of the pairs",
            "With `preference_loss = \"robust\"`: the share of pairs taken to be labelled the wrong way round.",
            source: "Chowdhury et al. 2024; 0 would be `sigmoid`"),
        .number(
            "sft_weight", \.sftWeight, 0...100, .search,
            "Weight of the chosen answers' cross-entropy a token, beside the pairs' loss.",
            source: "none: DPO as it was published"),
    ]

    private static let measuring: [RecipeValue] = [
        .whole(
            "evaluate_every_steps", \.evaluateEverySteps, 0...1_000_000_000, .settings, unit: "steps",
            "Measure validation loss every N steps; 0: after each epoch."),
        .optionalWhole(
            "patience", \.patience, 1...1_000_000, .search, unit: "measurements", absence: "never",
            "Stop after this many measurements without improvement."),
        .whole(
            "checkpoint_every_steps", \.checkpointEverySteps, 1...1_000_000_000, .settings, unit: "steps",
            "Write a checkpoint every N steps."),
    ]

    private static let seldom =
        "none: one or three passes seldom overfit; what it does where they do is measured in experiments.md"
    private static let pytorch = "PyTorch's default for AdamW"
}

extension Recipe {
    /// The linear layers of a transformer block that can have an adapter.
    package static let allTargets = ["q", "k", "v", "o", "gate", "up", "down"]

    /// Throws a Failure (`recipe.<name>`) for the first value that is not what it must be.
    package func check() throws(Failure) {
        for value in RecipeTable.all { if let problem = value.problem(in: self) { throw problem } }
    }

    /// Puts numbers that were derived from others, and lie outside their range, at the range's nearer end: a worker
    /// refuses what is outside.
    package mutating func keepInRange() {
        for value in RecipeTable.all { value.keepInRange(&self) }
    }
}
