import Judged
import Settings

extension SchedulingService {
    /// Whether rows of the pipeline are still to be asked of what is served.
    func waitsForAnswers(_ pipeline: PipelineSettings) throws -> Bool {
        guard asksFirst else { return false }
        guard try UnansweredDrops.of(pipeline.name, context)?.drops.isEmpty == false else { return false }
        context.bells.prequential.ring()
        return true
    }
}
