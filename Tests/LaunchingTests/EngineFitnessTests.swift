import Launching
import Nouns
import Testing
import WorkerProtocol

/// What an engine leaves aside is refused by the name of its key.
struct EngineFitnessTests {
    static let base = BaseCard(
        id: "tiny", architecture: "qwen2", parameters: 1000, quantisation: [:], contextLength: 1, layers: 1, width: 1,
        vocabulary: 1, tokenizer: "t", tokenizerDigest: "d", format: "gguf", digest: "abc", trainingMemoryBytes: 1)

    private func codes(
        _ change: (inout EngineDescription) -> Void = { _ in }, pairs: Bool = false,
        recipe: (inout Recipe) -> Void = { _ in }
    ) -> [String] {
        var description = EngineDescription(
            tasks: [.train], architectures: ["qwen2"], methods: [.lora], devices: ["cpu"], versions: [:])
        description.recipe.removeAll { $0 == "preference" }
        change(&description)
        var wanted = Recipe()
        recipe(&wanted)
        let refusals = EngineFitness("gpu", description).refusals(wanted, base: Self.base, hasPairs: pairs)
        #expect(refusals.allSatisfy { $0.message.contains("'gpu'") && $0.remedy != nil && $0.place != nil })
        return refusals.map { "\($0.code) \($0.place ?? "")" }
    }

    @Test func whatItDoesIsTaken() {
        #expect(codes().isEmpty)
        #expect(codes({ $0.recipe.removeAll { ["dropout", "neftuneAlpha", "startDecay"].contains($0) } }).isEmpty)
        #expect(codes(pairs: true, recipe: { $0.objective = .completion }).isEmpty)
    }

    @Test func whatItDoesNotIsRefusedByName() {
        #expect(codes({ $0.tasks = ["score"] }) == ["engine.task engine"])
        #expect(codes({ $0.architectures = ["llama"] }) == ["engine.architecture base"])
        #expect(codes({ $0.largestModel = .init(parameters: 999) }) == ["engine.size base"])
        #expect(codes(recipe: { $0.method = .full }) == ["engine.method recipe.method"])
        #expect(codes(pairs: true) == ["engine.recipe recipe.objective"])
    }

    @Test func whatIsToBeEvaluatedNeedsItsTasks() {
        func codes(_ tasks: [WorkerTask.Kind], forEngines: Bool, evaluates: Bool) -> [String] {
            let description = EngineDescription(
                tasks: tasks, architectures: ["qwen2"], methods: [.lora], devices: ["cpu"], versions: [:])
            var base = Self.base
            base.isForEngines = forEngines ? true : nil
            return EngineFitness("gpu", description).refusals(
                Recipe(), base: base, hasPairs: false, evaluates: evaluates
            ).map(\.message)
        }
        #expect(codes([.train], forEngines: false, evaluates: false).isEmpty)
        #expect(codes([.train, .score, .generate], forEngines: true, evaluates: true).isEmpty)
        for (forEngines, evaluates) in [(true, false), (false, true)] {
            let found = codes([.train, .score], forEngines: forEngines, evaluates: evaluates)
            #expect(found.count == 1 && found.first?.contains("'generate'") == true, "\(found)")
        }
    }

    /// Each key that may be left aside, with a value that asks for something.
    @Test(arguments: [
        ("lastLayers", "last_layers"), ("rsLoRA", "rs_lora"), ("targets", "targets"),
        ("adapterDropout", "adapter_dropout"), ("dropout", "dropout"), ("loraPlusRatio", "lora_plus_ratio"),
        ("schedule", "schedule"), ("warmupRatio", "warmup_ratio"), ("weightDecay", "weight_decay"),
        ("clipNorm", "clip_norm"), ("labelSmoothing", "label_smoothing"), ("neftuneAlpha", "neftune_alpha"),
        ("startDecay", "start_decay"), ("patience", "patience"),
    ])
    func aKeyThatIsNotHonouredIsRefusedWhereItAsksForSomething(_ key: String, _ name: String) {
        #expect(RecipeTable.value(name) != nil && EngineDescription.recipeKeys.contains(key))
        let found = codes({ $0.recipe.removeAll { $0 == key } }) {
            $0.lastLayers = 1
            $0.rsLoRA = true
            $0.targets = ["q"]
            ($0.adapterDropout, $0.dropout, $0.loraPlusRatio, $0.warmupRatio) = (0.1, 0.1, 2, 0.1)
            ($0.labelSmoothing, $0.neftuneAlpha, $0.startDecay, $0.patience) = (0.1, 5, 0.1, 2)
        }
        #expect(found == ["engine.recipe recipe.\(name)"])
    }
}
