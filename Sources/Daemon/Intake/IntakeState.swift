import Nouns
import Platform
import Synchronization

/// What Intake remembers between passes, all of which may be forgotten at a restart.
final class IntakeState: Sendable {
    private let recovered = Mutex<Set<PipelineName>>([])

    /// Whether the pipeline's claimed drops have to be compared with the ledger: at the start, and after a claim that
    /// failed half-way.
    func needsRecovery(_ pipeline: PipelineName) -> Bool { recovered.withLock { !$0.contains(pipeline) } }

    func hasRecovered(_ pipeline: PipelineName) { recovered.withLock { _ = $0.insert(pipeline) } }

    private let late = Mutex<[PipelineName: Set<DropID>]>([:])

    /// Keeps the file of a drop in sight.
    func watch(_ id: DropID, of pipeline: PipelineName) {
        late.withLock { _ = $0[pipeline, default: []].insert(id) }
    }

    /// The drops whose files are kept in sight, oldest first.
    func watched(_ pipeline: PipelineName) -> [DropID] { late.withLock { $0[pipeline] ?? [] }.sorted() }

    func forget(_ id: DropID, of pipeline: PipelineName) { late.withLock { _ = $0[pipeline]?.remove(id) } }

    private let doors = Mutex<[PipelineName: [FileIdentity]]>([:])

    /// Remembers which folder of the person's own a pipeline drains, with the folders around it. Returns the pipeline
    /// whose folder is the same, lies in it or around it, and remembers nothing then.
    ///
    /// - Parameter present: the pipelines that there are.
    func settle(_ chain: [FileIdentity], of pipeline: PipelineName, among present: Set<PipelineName>) -> PipelineName? {
        doors.withLock { doors in
            doors = doors.filter { present.contains($0.key) && $0.key != pipeline }
            let other = doors.first { _, other in
                other.first.map(chain.contains) == true || chain.first.map(other.contains) == true
            }
            if let other { return other.key }
            doors[pipeline] = chain
            return nil
        }
    }

    func mustRecover(_ pipeline: PipelineName) { recovered.withLock { _ = $0.remove(pipeline) } }
}
