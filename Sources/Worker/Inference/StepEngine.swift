import Generation
import Tensors
import Transformers

/// Works at many sequences together, step by step: they join at the next step and leave when done, long prompts are
/// read in pieces between the tokens of the others, and beginnings that are known are not computed again.
///
/// What a sequence gets does not depend on its company. Not for use by several threads.
package final class StepEngine {
    private let budget: PageBudget
    private let cache = PrefixCache()
    /// Sequences that wait for their first step, in order.
    private var waiting: [EngineSequence] = []
    /// Sequences at work, the oldest first.
    private var running: [EngineSequence] = []
    /// More sequences at a time than this gain nothing: the products are as fast as they get.
    private let widest: Int
    /// Steps done.
    package private(set) var steps = 0

    /// Prompt tokens that one step reads where nobody waits for the next token.
    private static let longestPiece = 256
    /// Rows whose logits are in memory at a time.
    private static let logitRows = 64

    /// - Parameter memoryBytes: what keys and values may take, those of former prompts included.
    package init(budget: PageBudget, widest: Int = 64) {
        self.budget = budget
        self.widest = max(1, widest)
    }

    /// Sequences that are worked at, or wait for it.
    package var count: Int { waiting.count + running.count }
    package var waitingCount: Int { waiting.count }
    /// Bytes of keys and values.
    package var usedBytes: Int { budget.used }

    /// Takes a sequence; its prompt must not be empty and must fit with the tokens asked for (``capacity(_:)``).
    package func add(_ sequence: EngineSequence) { waiting.append(sequence) }

    /// The longest sequence, in tokens, that the memory has room for.
    package func capacity(_ model: EngineModel) -> Int { model.base.pages.limit * KeyValuePages.tokens }

    /// Forgets what prompts of a model left.
    package func forget(_ key: String) { cache.forget(model: key) }

    /// Whether a model is in use.
    package func uses(_ model: EngineModel) -> Bool {
        waiting.contains { $0.model === model } || running.contains { $0.model === model }
    }

    /// Does one step; false where there is nothing to do.
    package func step() -> Bool {
        leaveCancelled()
        admit()
        guard !running.isEmpty else { return false }
        steps += 1
        for work in compose() {
            do {
                try run(work)
            } catch {
                for piece in work { end(piece.sequence, .failed(error)) }
            }
        }
        running.removeAll { $0.isOver }
        return true
    }

    // MARK: Who takes part

    private func leaveCancelled() {
        for sequence in waiting + running where sequence.isCancelled { end(sequence, .cancelled) }
        waiting.removeAll { $0.isOver }
        running.removeAll { $0.isOver }
    }

    private func admit() {
        while running.count < widest, !waiting.isEmpty { running.append(waiting.removeFirst()) }
    }

    /// The pieces of this step: the next token of every answer, and prompts in order of arrival; those of one base
    /// together.
    private func compose() -> [[StepPiece]] {
        var pieces: [StepPiece] = []
        // Whoever came first is served first; the last comer gives way where memory is short.
        for sequence in running where sequence.isAnswering && room(for: sequence, count: 1) {
            pieces.append(StepPiece(sequence: sequence, count: 1))
        }
        let answering = pieces.count
        // A piece beside answers takes them as long as not quite twice what they take alone: a step costs what reading
        // the weights does, some four rows, and its rows.
        var left = answering == 0 ? Self.longestPiece : (4 + answering) * 9 / 5
        for sequence in running where !sequence.isAnswering && !sequence.isOver && left > 0 {
            // Who was just set back begins again at the next step.
            if pieces.contains(where: { $0.sequence === sequence }) { continue }
            if !sequence.isReading || sequence.computed == 0 { lookUp(sequence) }
            // What somebody else reads in this very step need not be read twice.
            var partial: KeyValuePage?
            var follows = false
            if let leader = pieces.leader(of: sequence) {
                switch follow(leader, sequence, pieces) {
                case .waits: continue
                case .alone: break
                case .follows(let page): (partial, follows) = (page, true)
                }
            }
            let count = min(left, sequence.wanted - sequence.computed)
            guard room(for: sequence, count: count) else {
                // What is being computed for another is not yet there.
                if follows { sequence.setBack() }
                break
            }
            sequence.isReading = true
            if !sequence.hasBegun {
                sequence.hasBegun = true
                sequence.listener.began(sequence, cached: sequence.computed)
            }
            pieces.append(StepPiece(sequence: sequence, count: count, partial: partial))
            left -= count
        }
        pieces = pieces.filter { !$0.sequence.isOver && !$0.sequence.isSetBack($0.count) }
        var groups: [[StepPiece]] = []
        for piece in pieces {
            if let index = groups.firstIndex(where: { $0[0].sequence.model.base === piece.sequence.model.base }) {
                groups[index].append(piece)
            } else {
                groups.append([piece])
            }
        }
        // Rows of one adapter are neighbours; beyond that the order is that of arrival.
        return groups.map { group in
            var keys: [String] = []
            for piece in group where !keys.contains(piece.sequence.model.key) { keys.append(piece.sequence.model.key) }
            return keys.flatMap { key in group.filter { $0.sequence.model.key == key } }
        }
    }

    /// How a sequence takes part in the step that computes what it begins with.
    private enum Following {
        /// It goes on from there in this very step; the page is what its first own one begins with.
        case follows(KeyValuePage?)
        /// It takes part later.
        case waits
        case alone
    }

    /// Lets a sequence go on from what `leader`, a piece of this step, computes.
    private func follow(_ leader: StepPiece, _ sequence: EngineSequence, _ pieces: [StepPiece]) -> Following {
        let shared = leader.shared(with: sequence)
        // The states of convolutions are there after the step alone; who has nothing left to compute runs nothing.
        let isRun = sequence.request.options.maxNewTokens > 0 || shared < sequence.wanted
        let own = sequence.model.base.pages
        guard leader.reached.upperBound >= shared, own.endsAnywhere, isRun else {
            let isWorthIt =
                own.isRecurrent
                ? shared / own.takenUp * own.takenUp > sequence.computed
                : shared >= sequence.computed + KeyValuePages.tokens
            return isWorthIt ? .waits : .alone
        }
        var start = min(shared, sequence.wanted - 1)
        // The probabilities of what others compute are theirs to tell; of what was computed before, nobody's.
        let scored = sequence.request.scored[sequence.told...]
        let untold = scored.first { $0 <= start && pieces.teller(of: sequence, at: $0) == nil }
        if let untold { start = untold - 1 }
        guard start > sequence.computed else { return .alone }
        let pages = leader.sequence.pages
        let whole = start / KeyValuePages.tokens
        sequence.pages = Array(pages[..<whole])
        sequence.computed = start
        guard start % KeyValuePages.tokens > 0 else { return .follows(nil) }
        guard let own = page(for: sequence, whole) else {
            sequence.setBack()
            return .waits
        }
        sequence.pages.append(own)
        return .follows(pages[whole])
    }

    /// Takes what is known of a sequence's beginning.
    private func lookUp(_ sequence: EngineSequence) {
        // Scored positions need the logits of those before them, which nobody keeps.
        let first = sequence.told < sequence.request.scored.count ? sequence.request.scored[sequence.told] : Int.max
        let limit = min(sequence.tokens.count - 1, first - 1)
        let match = cache.match(
            sequence.tokens, model: sequence.model.key, limit: max(0, limit),
            endsAnywhere: sequence.model.base.pages.endsAnywhere)
        if match.tokens > sequence.computed, take(match, sequence) { sequence.computed = match.tokens }
    }

    private func take(_ match: PrefixCache.Match, _ sequence: EngineSequence) -> Bool {
        var pages = match.pages
        if let known = pages.last?.states {
            guard let own = states(for: sequence) else { return false }
            own.copy(from: known)
            sequence.states = own
        }
        if let partial = match.partial {
            guard let own = page(for: sequence, pages.count) else { return false }
            own.copy(match.tail, from: partial)
            pages.append(own)
        }
        sequence.pages = pages
        return true
    }

    // MARK: Memory

    /// Gets the pages for `count` more tokens; false where the sequence has to wait for memory.
    private func room(for sequence: EngineSequence, count: Int) -> Bool {
        guard !sequence.isOver else { return false }
        if sequence.model.base.pages.isRecurrent {
            guard let states = states(for: sequence) else { return false }
            sequence.states = states
        }
        let wanted = (sequence.computed + count + KeyValuePages.tokens - 1) / KeyValuePages.tokens
        while sequence.pages.count < wanted {
            guard let page = page(for: sequence, sequence.pages.count) else { return false }
            sequence.pages.append(page)
        }
        return true
    }

    /// A page for place `index` of a sequence.
    private func page(for sequence: EngineSequence, _ index: Int) -> KeyValuePage? {
        let pages = sequence.model.base.pages
        return memory(for: sequence, pages.bytes(ofPage: index)) { try pages.page(index) }
    }

    /// The states of a sequence: its own, or those of one that has not begun.
    private func states(for sequence: EngineSequence) -> RecurrentStates? {
        let pages = sequence.model.base.pages
        return sequence.states ?? memory(for: sequence, pages.stateBytes) { try pages.states() }
    }

    /// What `make` makes of what is free, then of what is only cached, then of whoever came last.
    private func memory<Kind>(for sequence: EngineSequence, _ bytes: Int, _ make: () throws -> Kind?) -> Kind? {
        do {
            if let made = try make() { return made }
            cache.evict { budget.used + bytes <= budget.limit }
            if let made = try make() { return made }
            while let last = running.last(where: { $0.holdsMemory && !$0.isOver }), last !== sequence {
                guard let own = running.firstIndex(where: { $0 === sequence }),
                    let other = running.firstIndex(where: { $0 === last }), own < other
                else { return nil }
                last.setBack()
                cache.evict { budget.used + bytes <= budget.limit }
                if let made = try make() { return made }
            }
        } catch {
            end(sequence, .failed(error))
        }
        return nil
    }

    // MARK: The step

    private func run(_ pieces: [StepPiece]) throws {
        let base = pieces[0].sequence.model.base
        let hidden = try base.transformer.step(
            pieces.map { piece in
                let sequence = piece.sequence
                return StepPart(
                    tokens: sequence.tokens[piece.reached], position: sequence.computed, pages: sequence.pages,
                    adapter: sequence.model.adapter, partial: piece.partial, states: sequence.states)
            })
        var rows: [(sequence: EngineSequence, row: Int, position: Int)] = []
        // Whoever has a piece of this step reads for himself, and all others are told once.
        var told = Set(pieces.map { ObjectIdentifier($0.sequence) })
        let firsts = pieces.reduce(into: [0]) { firsts, piece in firsts.append(firsts[firsts.count - 1] + piece.count) }
        for (piece, first) in zip(pieces, firsts) {
            let sequence = piece.sequence
            let reached = piece.reached
            for position in sequence.request.scored[sequence.told...] {
                if position <= reached.lowerBound {
                    // Who goes on from what another computes is told of that too.
                    guard let teller = pieces.teller(of: sequence, at: position) else { continue }
                    rows.append((sequence, firsts[teller] + position - 1 - pieces[teller].reached.lowerBound, position))
                    continue
                }
                // The row of a position predicts the next one.
                guard reached.contains(position - 1) else { break }
                let row = first + position - 1 - reached.lowerBound
                rows.append((sequence, row, position))
                for other in running where expects(other, what: sequence, tells: position) {
                    if told.insert(ObjectIdentifier(other)).inserted { rows.append((other, row, position)) }
                }
            }
            if reached.upperBound == sequence.tokens.count, sequence.drawn < sequence.request.options.maxNewTokens {
                rows.append((sequence, first + piece.count - 1, sequence.tokens.count))
            }
        }
        for piece in pieces {
            piece.sequence.computed += piece.count
            keep(piece.sequence)
        }
        for from in stride(from: 0, to: rows.count, by: Self.logitRows) {
            try draw(Array(rows[from..<min(from + Self.logitRows, rows.count)]), base.transformer, hidden)
        }
        for piece in pieces where !piece.sequence.isOver && piece.sequence.request.options.maxNewTokens == 0 {
            if piece.sequence.computed == piece.sequence.wanted { end(piece.sequence, .length) }
        }
    }

    /// Whether a sequence that has not come so far wants the probability of its token at `position` next, after the
    /// very tokens of another: answers to one question begin alike, and one row of logits tells them all.
    private func expects(_ sequence: EngineSequence, what other: EngineSequence, tells position: Int) -> Bool {
        sequence !== other && !sequence.isOver && sequence.computed < position - 1
            && sequence.model.key == other.model.key && sequence.told < sequence.request.scored.count
            && sequence.request.scored[sequence.told] == position
            && sequence.tokens[..<position] == other.tokens[..<position]
    }

    private func draw(
        _ rows: [(sequence: EngineSequence, row: Int, position: Int)], _ transformer: Transformer,
        _ hidden: UnsafePointer<Float>
    ) throws {
        let vocabulary = transformer.model.configuration.vocabulary
        var distinct: [Int] = []
        var known: [Int: Int] = [:]
        let places = rows.map { row in
            if let place = known[row.row] { return place }
            known[row.row] = distinct.count
            distinct.append(row.row)
            return distinct.count - 1
        }
        let logits = try transformer.stepLogits(hidden, rows: distinct)
        var outcomes = [StepOutcome](repeating: StepOutcome(), count: rows.count)
        outcomes.withUnsafeMutableBufferPointer { outcomes in
            nonisolated(unsafe) let outcomes = outcomes
            transformer.team.run(rows.count) { index, _ in
                let (sequence, _, position) = rows[index]
                outcomes[index] = StepOutcome(
                    sequence, position, logits + places[index] * vocabulary, vocabulary)
            }
        }
        for ((sequence, _, position), outcome) in zip(rows, outcomes) where !sequence.isOver {
            guard outcome.isFinite else {
                end(sequence, .failed(TokenChoice.NotFinite()))
                continue
            }
            if position < sequence.tokens.count, let report = outcome.report {
                if !sequence.hasBegun {
                    sequence.hasBegun = true
                    sequence.listener.began(sequence, cached: position)
                }
                sequence.told += 1
                sequence.listener.scored(sequence, [report])
                let isTold = sequence.told == sequence.request.scored.count
                if isTold, sequence.request.options.maxNewTokens == 0 { end(sequence, .length) }
            } else {
                take(outcome, sequence)
            }
        }
    }

    /// What was drawn becomes part of the answer, or ends it.
    private func take(_ outcome: StepOutcome, _ sequence: EngineSequence) {
        if sequence.request.options.stopTokens.contains(outcome.token) {
            sequence.lastReport = outcome.report
            return end(sequence, .stop)
        }
        sequence.request.constraint?.advance(outcome.token)
        sequence.tokens.append(outcome.token)
        guard sequence.listener.drew(sequence, outcome.token, outcome.report) else { return end(sequence, .stop) }
        if sequence.drawn >= sequence.request.options.maxNewTokens { end(sequence, .length) }
    }

    /// What others may share of a sequence: its whole pages, and the last one once its prompt is read.
    private func keep(_ sequence: EngineSequence) {
        let read = min(sequence.computed, sequence.request.prompt.count)
        guard sequence.computed <= sequence.request.prompt.count || sequence.drawn == 0 else { return }
        let whole = read / KeyValuePages.tokens * KeyValuePages.tokens
        keep(sequence, count: read == min(sequence.wanted, sequence.request.prompt.count) ? read : whole)
    }

    /// Keeps the pages of the first `count` tokens, up to where they can be taken up again.
    private func keep(_ sequence: EngineSequence, count: Int) {
        let unit = sequence.model.base.pages.takenUp
        let kept = count / unit * unit
        if kept > 0 { cache.keep(sequence.tokens, count: kept, pages: sequence.pages, model: sequence.model.key) }
    }

    private func end(_ sequence: EngineSequence, _ end: SequenceEnd) {
        guard !sequence.isOver else { return }
        sequence.isOver = true
        // A further turn of the conversation begins with this one's answer.
        switch end {
        case .stop, .length:
            keep(sequence, count: sequence.computed)
        case .cancelled, .failed: break
        }
        sequence.letGo()
        sequence.listener.ended(sequence, end)
    }
}
