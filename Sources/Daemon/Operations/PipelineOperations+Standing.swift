import Foundation
import Judged
import Ledger
import Nouns
import Settings

/// Where a pipeline stands in its stream of promotions, in words.
extension PipelineOperations {
    /// Whether what is served is proven, and what the next run goes on from.
    func standing(_ pipeline: PipelineSettings) throws -> [String] {
        var sentences: [String] = []
        if pipeline.gates.overStream, let state = try StreamState.of(pipeline.name, context), !state.isServed {
            let since = state.since.map { " since \($0.formatted(.iso8601.year().month().day()))" } ?? ""
            sentences.append(
                """
                served\(since), not yet proven: it is estimated to be no worse than \(state.anchor.id), the last one \
                that was shown to be better; later gate rows may prove it, or bring that one back
                """)
        }
        if let chain = try unproven(pipeline) {
            sentences.append("the next run \(chain.inWords(most: pipeline.incremental.unproven))")
        }
        return sentences
    }

    /// The chain whose newest model the next run goes on from; nil where there is none, or it has its full length.
    private func unproven(_ pipeline: PipelineSettings) throws -> UnprovenChain? {
        guard pipeline.incremental.unproven > 0, let chain = try UnprovenChain.of(pipeline.name, context), chain.isMade,
            chain.length <= pipeline.incremental.unproven
        else { return nil }
        return chain
    }

    /// What is to be said of promotion records, by their number: where each stands in the stream, and where it was
    /// judged by other settings of the gates than the one before, so that their figures are no course.
    func remarks(on records: [PromotionRecord], of name: PipelineName) throws -> [Int: String] {
        var said = try standings(records, of: name).mapValues { [$0] }
        let judged = try records.sorted { $0.sequence < $1.sequence }.compactMap { record in
            try record.version.flatMap { try context.ledger.version($0) }.map { (record, $0.run) }
        }
        for ((_, one), (record, other)) in zip(judged, judged.dropFirst()) where one != other {
            let changes = try FrozenSettings.changes(from: one, to: other, context)
            guard !changes.isEmpty else { continue }
            let what = changes.map(\.sentence).joined(separator: ", ")
            said[record.sequence, default: []].append("judged otherwise than \(one): \(what)")
        }
        return said.mapValues { $0.joined(separator: "; ") }
    }

    private func standings(_ records: [PromotionRecord], of name: PipelineName) throws -> [Int: String] {
        guard let pipeline = context.settings.pipeline(name), pipeline.gates.overStream,
            let state = try StreamState.of(name, context), let newest = try context.ledger.history(name, limit: 1).first
        else { return [:] }
        var said: [Int: [String]] = [:]
        if !state.isServed { said[newest.sequence] = ["not yet proven"] }
        func note(_ version: VersionID, _ sentence: String) {
            guard let record = records.first(where: { $0.version == version }) else { return }
            said[record.sequence, default: []].append(sentence)
        }
        if let kept = try context.ledger.anchor(name) {
            let count = state.promotions
            let spent = count == 1 ? "1 promotion or further try since" : "\(count) promotions and further tries since"
            note(state.anchor.id, "the anchor (\(state.anchor.id == kept.version ? "\(kept.reason); " : "")\(spent))")
        }
        for (gate, standing) in state.gates.sorted(by: { "\($0.key)" < "\($1.key)" }) {
            note(standing.anchor.id, "the anchor of \(gate)")
        }
        return said.mapValues { $0.joined(separator: "; ") }
    }
}
