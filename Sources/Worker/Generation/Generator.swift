import Tensors
import Transformers

/// Continues prompts: many at a time, with beginnings that they share computed and cached once.
package final class Generator {
    private let transformer: Transformer
    private let memoryBytes: Int
    /// More sequences at a time than this gain nothing: the products are as fast as they get.
    private static let widestBatch = 64

    /// - Parameters:
    ///   - transformer: made for inference, not for training.
    ///   - memoryBytes: what keys, values and logits of one batch may take.
    package init(_ transformer: Transformer, memoryBytes: Int) {
        self.transformer = transformer
        self.memoryBytes = memoryBytes
    }

    /// Answers every prompt (token ids). `finished` is told of each answer as it ends, with its prompt's index.
    ///
    /// - Parameters:
    ///   - limits: the longest answer to each prompt, where they differ.
    ///   - isEnough: asked after each token that ends no answer; the answer ends where it says so (`cut`).
    ///
    /// Prompts must not be empty. A prompt as long as the model's context gets an empty answer that ended for its
    /// length. Throws what `interruption`, asked before every step, throws; `finished` was then told of the answers
    /// that had ended.
    package func generate(
        _ prompts: [[Int32]], _ options: GenerationOptions, limits: [Int]? = nil,
        isEnough: (_ index: Int, _ ids: [Int32]) -> Bool = { _, _ in false },
        finished: (_ index: Int, GeneratedTokens) -> Void = { _, _ in },
        interruption: Interruption = {}
    ) throws -> [GeneratedTokens] {
        var answers = [GeneratedTokens](repeating: GeneratedTokens(ids: [], finish: .length), count: prompts.count)
        let context = transformer.model.configuration.context
        let room = prompts.indices.map { index in
            max(0, min(limits?[index] ?? options.maxNewTokens, context - prompts[index].count))
        }
        for index in prompts.indices where room[index] == 0 || prompts[index].isEmpty {
            finished(index, answers[index])
        }
        // Neighbours in this order share the longest beginnings.
        let order = prompts.indices.filter { room[$0] > 0 && !prompts[$0].isEmpty }
            .sorted { TokenTree.precedes(prompts[$0], prompts[$1]) }
        for batch in batches(order, prompts, room) {
            try interruption()
            try run(batch, prompts, room, options, &answers, isEnough, finished, interruption)
        }
        return answers
    }

    /// Cuts the prompts into batches that fit the memory.
    private func batches(_ order: [Int], _ prompts: [[Int32]], _ room: [Int]) -> [[Int]] {
        let configuration = transformer.model.configuration
        let cacheBytes = KeyValueCache.bytesPerToken(configuration)
        let ownBytes =
            configuration.vocabulary * MemoryLayout<Float>.stride + KeyValueCache.bytesPerSequence(configuration)
        var batches: [[Int]] = []
        var batch: [Int] = []
        var bytes = 0
        for (place, index) in order.enumerated() {
            let shared =
                batch.isEmpty || place == 0 ? 0 : TokenTree.commonPrefix(prompts[order[place - 1]], prompts[index])
            let fresh = prompts[index].count - shared
            let cost = (fresh + room[index]) * cacheBytes + fresh * transformer.bytesPerToken + ownBytes
            if !batch.isEmpty, bytes + cost > memoryBytes || batch.count == Self.widestBatch {
                batches.append(batch)
                (batch, bytes) = ([], 0)
            }
            batch.append(index)
            bytes += cost
        }
        if !batch.isEmpty { batches.append(batch) }
        return batches
    }

    private func run(
        _ batch: [Int], _ prompts: [[Int32]], _ room: [Int], _ options: GenerationOptions,
        _ answers: inout [GeneratedTokens], _ isEnough: (Int, [Int32]) -> Bool,
        _ finished: (Int, GeneratedTokens) -> Void, _ interruption: Interruption
    ) throws {
        let sampler = Sampler(options: options)
        let vocabulary = transformer.model.configuration.vocabulary
        let tree = TokenTree(
            batch.map { TokenSequence(ids: prompts[$0], weights: [Float](repeating: 0, count: prompts[$0].count)) })
        let longest = batch.reduce(0) { max($0, room[$1]) }
        let (cache, sequences, hidden) = try transformer.prefill(tree, sequences: batch.count, newTokens: longest)
        var active = sequences
        var logits = try transformer.logits(hidden, rows: batch.indices.map { Int(tree.lastTokens[$0]) })
        var next = pick(active.map { batch[$0.index] }, logits, vocabulary, sampler, answers)
        while true {
            // Sequences that end leave the batch; the others move up.
            var kept: [DecodingSequence] = []
            var tokens: [Int32] = []
            for (sequence, token) in zip(active, next) {
                let index = batch[sequence.index]
                if options.stopTokens.contains(token) {
                    answers[index].finish = .stop
                    finished(index, answers[index])
                    continue
                }
                answers[index].ids.append(token)
                let isLongest = answers[index].ids.count >= room[index]
                if isLongest || isEnough(index, answers[index].ids) {
                    if !isLongest { answers[index].finish = .cut }
                    finished(index, answers[index])
                    continue
                }
                kept.append(sequence)
                tokens.append(token)
            }
            active = kept
            if active.isEmpty { return }
            try interruption()
            let hidden = try transformer.decode(tokens, &active, cache)
            logits = try transformer.logits(hidden, rows: Array(active.indices))
            next = pick(active.map { batch[$0.index] }, logits, vocabulary, sampler, answers)
        }
    }

    private func pick(
        _ prompts: [Int], _ logits: UnsafeMutablePointer<Float>, _ vocabulary: Int, _ sampler: Sampler,
        _ answers: [GeneratedTokens]
    ) -> [Int32] {
        var picked = [Int32](repeating: 0, count: prompts.count)
        picked.withUnsafeMutableBufferPointer { picked in
            nonisolated(unsafe) let picked = picked
            transformer.team.run(prompts.count) { row, _ in
                picked[row] = sampler.pick(
                    logits + row * vocabulary, vocabulary: vocabulary, prompt: prompts[row],
                    place: answers[prompts[row]].ids.count)
            }
        }
        return picked
    }
}
