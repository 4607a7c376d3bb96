import Nouns
import Tensors
import Transformers

/// What training lowers: the loss of each row by its kind, and of a step the mean of both kinds by their rows.
struct Objective {
    /// A row and what the reference says of it.
    typealias Row = (example: TrainingExample, reference: PreferenceReference.Scores)

    struct Loss {
        var value = 0.0
        /// Share of labelled tokens whose likeliest prediction is right, chosen answers' among them; 0 while training.
        var tokenAccuracy = 0.0
        var preference: PreferenceReport?
        /// The mean loss a labelled token, chosen answers' among them, where there are pairs; nil while training.
        var tokenLoss: Double?
        /// The answers measured, where there are no pairs: how many, how many of them have a wrong token, their loss.
        var answers = Answers()
    }

    struct Answers {
        var count = 0
        var wrong = 0
        var loss = 0.0

        /// What is left to gain an answer; nil where there are too few answers to say so.
        func left(_ measure: EnoughRule.Measure) -> Double? {
            guard count >= EnoughRule.fewestAnswers else { return nil }
            switch measure {
            case .wrongAnswers: return Double(wrong) / Double(count)
            case .loss: return loss / Double(count)
            }
        }
    }

    let recipe: Recipe
    let transformer: Transformer
    /// Tokens of a micro-batch.
    private let budget: Int

    /// - Parameter memoryBytes: what activations may take.
    init(recipe: Recipe, transformer: Transformer, memoryBytes: Int) {
        self.recipe = recipe
        self.transformer = transformer
        budget = max(128, min(1 << 16, memoryBytes / transformer.bytesPerToken))
        transformer.mostBytes = memoryBytes
    }

    /// Adds the gradient of the rows' loss to `gradients`; returns that loss. `heed` is asked before each micro-batch.
    func gradients(_ rows: [Row], step: Int, into gradients: FloatBuffer, heed: Interruption) throws -> Loss {
        let (answers, pairs) = Self.kinds(rows)
        var loss = Loss()
        var answerLoss: Double?
        let weight = answers.reduce(0.0) { sum, row in
            sum + row.weights.dropFirst().reduce(0.0) { $0 + Double($1) }
        }
        if weight > 0 {
            let share = Double(answers.count) / Double(rows.count)
            var sum = 0.0
            var noise = recipe.noise(step: step)
            for tree in MicroBatches.make(answers, budget: budget, sharing: noise == nil) {
                try heed()
                let sites = try transformer.train(
                    tree, scale: Float(share / weight), smoothing: Float(recipe.labelSmoothing), noise: noise,
                    into: gradients)
                noise?.firstRow += tree.trees.count
                for (site, value) in zip(tree.labels, sites) { sum += Double(site.weight) * Double(value.loss) }
            }
            loss.value += share * (sum / weight)
            answerLoss = sum / weight
        }
        if !pairs.isEmpty { try add(pairs, of: rows.count, gradients: gradients, heed, to: &loss) }
        loss.preference?.answerLoss = answerLoss
        return loss
    }

    /// The rows' loss alone.
    func measure(_ rows: [Row], heed: Interruption) throws -> Loss? {
        let (answers, pairs) = Self.kinds(rows)
        var (sum, weight, correct) = (0.0, 0.0, 0.0)
        var wrong = 0
        for tree in MicroBatches.make(answers, budget: budget, sharing: true) {
            try heed()
            var wrongHere: Set<Int32> = []
            for (site, value) in zip(tree.labels, try transformer.score(tree)) {
                sum += Double(site.weight) * Double(value.loss)
                weight += Double(site.weight)
                if value.correct { correct += Double(site.weight) } else { wrongHere.insert(site.sequence) }
            }
            wrong += wrongHere.count
        }
        guard weight > 0 || !pairs.isEmpty else { return nil }
        var loss = Loss()
        let answerLoss = weight > 0 ? sum / weight : nil
        if let answerLoss { loss.value = Double(answers.count) / Double(rows.count) * answerLoss }
        if !pairs.isEmpty {
            let chosen = try add(pairs, of: rows.count, gradients: nil, heed, to: &loss)
            loss.preference?.answerLoss = answerLoss
            weight += Double(chosen.tokens)
            correct += Double(chosen.correct)
            loss.tokenLoss = (sum + chosen.loss) / weight
        } else {
            loss.answers = Answers(count: answers.count { $0.labels > 0 }, wrong: wrong, loss: sum)
        }
        loss.tokenAccuracy = weight > 0 ? correct / weight : 0
        return loss
    }

    /// What the model says now of every pair; `progress` is told how many are done.
    func reference(_ examples: [TrainingExample], heed: Interruption, progress: (Int) -> Void) throws
        -> [PreferenceReference.Scores]
    {
        var scores = [PreferenceReference.Scores](repeating: .init(chosen: 0, rejected: 0), count: examples.count)
        let places = examples.indices.filter { examples[$0].pair != nil }
        var done = 0
        for batch in MicroBatches.make(examples.compactMap(\.pair), budget: budget) {
            try heed()
            let sums = Self.logProbabilities(batch, try transformer.score(batch.tree))
            for (place, index) in batch.indices.enumerated() {
                scores[places[index]] = .init(chosen: Float(sums[2 * place]), rejected: Float(sums[2 * place + 1]))
            }
            done += batch.indices.count
            progress(done)
        }
        return scores
    }

    // MARK: - Pairs

    private typealias Pair = (pair: PreferencePair, reference: PreferenceReference.Scores)

    private static func kinds(_ rows: [Row]) -> (answers: [TokenSequence], pairs: [Pair]) {
        var answers: [TokenSequence] = []
        var pairs: [Pair] = []
        for row in rows {
            switch row.example {
            case .answer(let sequence): answers.append(sequence)
            case .pair(let pair): pairs.append((pair, row.reference))
            }
        }
        return (answers, pairs)
    }

    /// Adds the loss of `pairs` among `rows` rows to `loss`, and its gradient where one is asked for. Returns the
    /// chosen answers' tokens, how many of them are the likeliest, and their summed loss.
    @discardableResult
    private func add(
        _ pairs: [Pair], of rows: Int, gradients: FloatBuffer?, _ heed: Interruption, to loss: inout Loss
    ) throws -> (tokens: Int, correct: Int, loss: Double) {
        let kind = PreferenceLoss(recipe)
        let chosenTokens = pairs.reduce(0) { $0 + $1.pair.chosen.labels }
        let share = Double(pairs.count) / Double(rows)
        let imitation = recipe.sftWeight * share / Double(max(1, chosenTokens))
        var sums = PreferenceSums(beta: recipe.beta)
        var chosenLoss = 0.0
        var correct = 0
        for batch in MicroBatches.make(pairs.map(\.pair), budget: budget) {
            try heed()
            func factors(_ sites: [SiteLoss]) -> [Float] {
                let logProbabilities = Self.logProbabilities(batch, sites)
                for (site, value) in zip(batch.tree.labels, sites) where site.sequence % 2 == 0 && value.correct {
                    correct += 1
                }
                return batch.indices.enumerated().flatMap { place, index -> [Float] in
                    let (pair, reference) = pairs[index]
                    let chosen = PreferenceLoss.Answer(
                        logProbability: logProbabilities[2 * place], reference: Double(reference.chosen),
                        tokens: pair.chosen.labels)
                    let rejected = PreferenceLoss.Answer(
                        logProbability: logProbabilities[2 * place + 1], reference: Double(reference.rejected),
                        tokens: pair.rejected.labels)
                    let value = kind.value(chosen: chosen, rejected: rejected)
                    sums.add(value, chosen, rejected)
                    chosenLoss -= chosen.logProbability
                    // A site's loss is minus its log-probability.
                    return [
                        Float(imitation - value.chosenSlope / Double(rows)), Float(-value.rejectedSlope / Double(rows)),
                    ]
                }
            }
            if let gradients {
                _ = try transformer.train(batch.tree, into: gradients, factors: factors)
            } else {
                _ = factors(try transformer.score(batch.tree))
            }
        }
        loss.preference = sums.report
        loss.preference?.share = share
        loss.value += share * (loss.preference?.loss ?? 0) + imitation * chosenLoss
        return (chosenTokens, correct, chosenLoss)
    }

    /// The summed log-probability of each sequence of a batch.
    private static func logProbabilities(_ batch: MicroBatches.Pairs, _ sites: [SiteLoss]) -> [Double] {
        var sums = [Double](repeating: 0, count: 2 * batch.indices.count)
        for (site, value) in zip(batch.tree.labels, sites) {
            sums[Int(site.sequence)] -= Double(site.weight) * Double(value.loss)
        }
        return sums
    }
}
