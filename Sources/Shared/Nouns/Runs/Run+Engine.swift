extension Run {
    /// The engine whose slot the next piece of work takes; nil for this machine's own. What an engine trained is
    /// written and scored here.
    package var engineAtWork: EngineName? { [.queued, .training].contains(state) ? engine : nil }
}
