/// What OpenAI's clients know of the state of a job.
enum JobStatus: String {
    case validating = "validating_files"
    case queued, running, succeeded, failed, cancelled

    var isOver: Bool {
        switch self {
        case .validating, .queued, .running: false
        case .succeeded, .failed, .cancelled: true
        }
    }
}
