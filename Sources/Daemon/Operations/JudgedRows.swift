import ControlProtocol
import Gating
import Judged
import Nouns
import StageKit

/// The rows that a run was judged on, each as the candidate and what it was compared with answered it.
struct JudgedRows {
    /// Rows that both were asked, in the order of their sets, the gate set first.
    private(set) var pairs: [ExampleComparison]
    /// The sets of these rows, in the same order.
    let sets: [SetName]

    init(_ pairs: [ExampleComparison]) {
        self.pairs = pairs
        var sets: [SetName] = []
        for pair in pairs where sets.last != pair.candidate.set { sets.append(pair.candidate.set) }
        self.sets = sets
    }

    /// Reads the rows of a run. Throws a Failure (`gating.scores_missing`) where they are not there.
    init(_ run: Run, _ context: StageContext) throws {
        let records = try RunExamples.all(run, context)
        let reference = Dictionary(
            (records[.served] ?? records[.base] ?? []).map { (Key(set: $0.set, row: $0.row), $0) },
            uniquingKeysWith: { $1 })
        self.init(
            (records[.candidate] ?? []).compactMap { record in
                // Validation rows choose, and judge nothing.
                guard record.set != .validation, let other = reference[Key(set: record.set, row: record.row)] else {
                    return nil
                }
                return ExampleComparison(
                    candidate: record, served: other,
                    isRight: record.output == nil ? nil : SetFigures.isRight(record))
            })
    }

    /// Those of them that somebody may read; the sets stay.
    func seen(by sight: Sight, in pipeline: PipelineName) throws -> JudgedRows {
        guard try sight.isNarrow() else { return self }
        var seen = self
        seen.pairs = try pairs.filter { try sight.sees($0.candidate.row, of: pipeline) }
        return seen
    }

    private struct Key: Hashable {
        var set: SetName
        var row: RowID
    }

    /// Rows of one kind, the highest loss first.
    ///
    /// - Parameter set: only rows of this set. Nil: what got worse or better matters on every set; the highest losses
    ///   are those of the gate rows.
    func examples(_ order: ExampleQuery.Order, set: SetName? = nil, limit: Int) -> [ExampleComparison] {
        let chosen = pairs.filter { pair in
            switch order {
            case .worst: pair.candidate.set == set ?? .gate
            case .wrong:
                pair.candidate.set == set ?? .gate && wasAnswered(pair) && !isRight(pair.candidate)
            case .regressions: wasAnswered(pair) && isRight(pair.served) && !isRight(pair.candidate)
            case .fixes: wasAnswered(pair) && !isRight(pair.served) && isRight(pair.candidate)
            }
        }
        let wanted = set.map { set in chosen.filter { $0.candidate.set == set } } ?? chosen
        return Array(
            wanted.sorted { first, second in
                let (a, b) = (wasCut(first), wasCut(second))
                return order == .wrong && a != b ? a : loss(first) > loss(second)
            }.prefix(limit))
    }

    /// Without generated answers right and wrong say nothing.
    private func wasAnswered(_ pair: ExampleComparison) -> Bool { pair.candidate.output != nil }

    /// Whether the limit on answers ended it.
    private func wasCut(_ pair: ExampleComparison) -> Bool { pair.candidate.finish == "length" }

    private func isRight(_ record: ExampleRecord?) -> Bool { record.map(SetFigures.isRight) ?? false }

    private func loss(_ pair: ExampleComparison) -> Double {
        pair.candidate.lossSum / Double(max(1, pair.candidate.tokens))
    }
}
