/// What `sacct` says of jobs that are over: a row for the job, and one for each of its steps.
enum SlurmAccounts {
    /// Jobs that it says have ended, by their names.
    static func facts(_ rows: [[String: String]], of jobs: [JobQuestion]) -> [String: JobFact] {
        var facts: [String: JobFact] = [:]
        for job in jobs {
            guard let row = rows.last(where: { $0["JobID"] == job.id && $0["JobName"] == job.name }),
                var state = SlurmText.state(row["State"] ?? "", reason: nil, exit: row["ExitCode"]), state.end != nil
            else { continue }
            let steps = rows.filter { $0["JobID"]?.hasPrefix(job.id + ".") ?? false }
            // The job itself says FAILED 1:0 where a step of it ran out of memory.
            if steps.contains(where: { $0["State"]?.hasPrefix("OUT_OF_ME") ?? false }) {
                state.phase = .ended(.outOfMemory)
            }
            let used = steps.compactMap { $0["MaxRSS"] }.filter { !$0.isEmpty }.max { bytes($0) < bytes($1) }
            // Where nothing was asked for, 22.05 says "16?".
            let had = row["ReqMem"].flatMap { $0.wholeMatch(of: /[0-9.]+[KMGTP]?[nc]?/) == nil ? nil : $0 }
            let words = [had.map { "it had \($0) a node" }, used.map { "a task used \($0) or more" }]
            state.memory = words.contains { $0 != nil } ? words.compactMap { $0 }.joined(separator: ", ") : nil
            state.hosts = row["NodeList"].flatMap { $0.isEmpty || $0.hasPrefix("None") ? nil : $0 }
            state.reason = state.reason ?? row["State"]
            facts[job.name] = .state(state)
        }
        return facts
    }

    /// `512000K` in bytes; 0 where it is no amount.
    private static func bytes(_ text: String) -> Double {
        let units: [Character: Double] = ["K": 1024, "M": 1_048_576, "G": 1_073_741_824, "T": 1_099_511_627_776]
        guard let last = text.last, let unit = units[last] else { return Double(text) ?? 0 }
        return (Double(text.dropLast()) ?? 0) * unit
    }
}
