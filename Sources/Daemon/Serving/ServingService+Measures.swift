import Monitoring
import WorkerProtocol

extension ServingService {
    /// Counts what an event of an answer tells.
    func measure(_ event: ServingEvent, of entry: Entry) {
        if event.isAnswer, !entry.isAnswered { context.meters.observe(.firstToken, entry.asked.seconds) }
        let model = entry.target.label
        if let began = event.began {
            context.meters.add(.tokens, Double(began.promptTokens), [model, "prompt"])
            context.meters.add(.tokens, Double(began.cachedTokens), [model, "cached"])
        }
        if let ended = event.ended { context.meters.add(.tokens, Double(ended.tokens), [model, "completion"]) }
    }
}

extension ServingEvent {
    /// Whether it is a part of an answer, or tells that there is nothing of one.
    var isAnswer: Bool {
        switch event {
        case .text, .call, .ended, .scored: true
        case .began, .prompt, .done, .failed, .state: false
        }
    }
}

extension ServingTarget {
    /// What it is counted under: the pipeline that was named, the base, or one name for all versions and runs, whose
    /// own are without bound.
    var label: String {
        if let pipeline { return pipeline.rawValue }
        return version == nil && run == nil ? model.base.rawValue : "version"
    }
}

extension ContinuousClock.Instant {
    /// How long ago it was.
    var seconds: Double { duration(to: .now) / .seconds(1) }
}
