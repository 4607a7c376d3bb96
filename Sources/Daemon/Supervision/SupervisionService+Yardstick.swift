import Foundation
import Launching
import Ledger
import Nouns
import StageKit
import WorkerProtocol

extension SupervisionService {
    /// Has the simplest alternatives fitted and asked of the gate rows, where the rows have classes; what was found
    /// before on the same rows is not asked again.
    ///
    /// A worker that cannot do it holds no run up: the reason is kept, and fails `gates.beat_simplest` alone. One that
    /// dies ends the stage, to be tried again.
    func measureYardstick(_ run: Run) async throws {
        guard let (request, inputs) = try RunRequests.yardstick(run, context) else { return }
        if let known = run.yardstick, known.inputs == inputs, known.failure == nil,
            let answers = known.answers, FileManager.default.fileExists(atPath: answers.path)
        {
            return
        }
        var found = YardstickRecord(inputs: inputs)
        do {
            progress(run, "has the simplest alternatives answer the gate rows")
            let began = ContinuousClock.now
            let result = try await start(request, run)
            found.seconds = began.duration(to: .now) / .seconds(1)
            found.rows = Int(result.figures?["rows"] ?? 0)
            found.statesRows = Int(result.figures?["states_rows"] ?? 0)
            found.answers = result.files?.first
            found.states = result.files?.dropFirst().first
        } catch WorkerEnd.failed(let failure) {
            found.failure = failure
            context.logger.warning(
                "The simplest alternatives to run \(run.id) could not be measured: \(failure)",
                metadata: ["pipeline": "\(run.pipeline)", "run": "\(run.id)", "event": "worker.warning"])
        }
        let kept = found
        try await record(run.id) { try context.ledger.amend(run.id) { $0.yardstick = kept } }
    }
}
