import Nouns
import WorkerProtocol

/// When the serving worker is started again, and what is said meanwhile. Pure.
enum ServingRules {
    /// Orders that the worker has at a time: more would not be quicker, and would have no turns.
    static let atWork = 32

    /// How long to wait after so many deaths in a row, in seconds: not at all after the first, which may be chance.
    static func pause(afterDeaths deaths: Int) -> Int { deaths <= 1 ? 0 : min(60, 1 << min(6, deaths - 2)) }

    /// What those are told who ask while the worker cannot be had.
    static func unavailable(_ cause: Failure, seconds: Int) -> Failure {
        var failure = Failure(
            code: "serving.unavailable", "No model can answer now: \(cause.message)", at: cause.place,
            remedy: (cause.remedy.map { $0 + " " } ?? "")
                + (seconds > 0 ? "The next try is in \(seconds) s." : "Ask again."),
            cause: cause.cause)
        failure.retryAfter = max(1, seconds)
        return failure
    }

    /// What the worker says is wrong, as those are told who ask: faults of the request are theirs, all others are not.
    static func told(_ failure: Failure) -> Failure {
        guard !failure.code.hasPrefix("request."), !failure.code.hasPrefix("serving.") else { return failure }
        var told = failure
        told.code = "serving." + failure.code
        return told
    }

    /// What those are told whose answers were being made when the worker died.
    static func died(_ cause: Failure?) -> Failure {
        Failure(
            code: "serving.died", "The serving worker died while it answered.", at: cause?.place,
            remedy: "Ask again.", cause: cause.map { [$0.message, $0.cause ?? ""].joined(separator: " ") })
    }

    /// What those are told who ask more than one line may hold.
    static func tooLong(_ bytes: Int) -> Failure {
        Failure(
            code: "request.too_large",
            "What is asked has \(bytes) bytes as the worker reads it, of at most \(ServingOrder.longestLine).",
            remedy: "Ask something shorter.")
    }

    /// What those are told who are too many.
    ///
    /// - Parameter callers: how many take turns: so many answers are done before one of a caller's own is begun.
    static func full(_ error: QueueFull, _ pace: ServingPace, callers: Int) -> Failure {
        let (message, answers) =
            switch error {
            case .queue(let count): ("\(count) requests wait already.", 1)
            case .caller(let count):
                ("\(count) of your requests wait already, half of what may wait in all.", max(1, callers))
            }
        let seconds = pace.seconds(until: answers)
        var failure = Failure(
            code: "serving.full", message, at: "serving.queue",
            remedy: "Ask again in \(seconds) s, or raise serving.queue.")
        failure.retryAfter = seconds
        return failure
    }
}
