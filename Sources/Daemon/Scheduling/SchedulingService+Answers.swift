import Judged
import Settings

extension SchedulingService {
    /// Whether rows of the pipeline are still to be asked of what is served.
    func waitsForAnswers(_ pipeline: PipelineSettings) throws -> Bool {
        guard asksFirst else { return false }
        return try UnansweredDrops.of(pipeline.name, context)?.drops.isEmpty == false
    }
}
