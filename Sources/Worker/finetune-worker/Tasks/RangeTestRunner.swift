import Nouns
import Training
import WorkerProtocol

/// Sweeps the learning rate in one short run.
struct RangeTestRunner {
    let context: TaskContext

    func run(_ task: RangeTestTask) throws -> WorkerResult {
        let job = try TrainingJob(task.train, context: context)
        context.events.stage("sweeping")
        let test = RangeTest(
            model: job.model, parameters: job.parameters, recipe: task.train.recipe, train: job.train, team: job.team,
            memoryBytes: job.activationBytes)
        var result = WorkerResult()
        result.range = try test.run(
            lowest: task.lowest, highest: task.highest, steps: task.steps,
            report: { step in
                var event = WorkerEvent(.step)
                event.step = step
                context.events.write(event)
            }, interruption: StopRequest.heed)
        return result
    }
}
