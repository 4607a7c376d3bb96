extension EventKind {
    /// What the catalog says of new rows that what is served was asked about.
    var explanationOfAnswers: (subject: String, text: String) {
        switch self {
        case .dropAnswered:
            (
                "What is served was asked about the rows of @DROP@",
                """
                Before a run learns new rows, what is served answers some of them. ftctl status and ftctl history
                show the course of the figures.
                """
            )
        default:
            (
                "What is served answers the rows of @DROP@ worse",
                """
                The task has changed, or labels of the drop are wrong. What is in it: ftctl data show @DROP@
                """
            )
        }
    }
}
