extension EventKind {
    /// What the catalog says of events of jobs.
    var explanationOfJobs: (subject: String, text: String) {
        switch self {
        case .jobMade:
            (
                "Somebody made a fine-tuning job in @PIPELINE@",
                "It becomes a run once its file is read; see POST /v1/fine_tuning/jobs in docs/api.md."
            )
        case .jobFailed:
            (
                "A fine-tuning job of @PIPELINE@ could not become a run",
                "The message says which line of which file is at fault, and what to do."
            )
        default:
            ("A fine-tuning job of @PIPELINE@ was cancelled before it had a run", "Its file stays in the dataset.")
        }
    }

    /// What the catalog says of runs that follow one that was not promoted.
    var explanationOfIterations: (subject: String, text: String) {
        switch self {
        case .iterationQueued:
            (
                "@RUN@ of @PIPELINE@ follows a run that was not promoted",
                "The message says what is changed and which evidence speaks for it (iterate = auto)."
            )
        default:
            (
                "Iterating on @PIPELINE@ has ended without a promotion",
                "The message says what was tried and what is needed; ftctl show has it too."
            )
        }
    }
}
