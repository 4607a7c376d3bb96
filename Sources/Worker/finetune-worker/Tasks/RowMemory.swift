import Foundation

/// How many tokens of one row fit the memory: a row passes through the model as a whole.
struct RowMemory {
    /// Bytes for activations.
    let budget: Int
    /// What the run takes beside them.
    let fixed: Int
    /// What the activations of one token take.
    let perToken: Int

    /// The longest row that keeps to the budget.
    var budgetTokens: Int { max(128, budget / max(1, perToken)) }

    /// The longest row that is tried: one beyond the budget is told of, one beyond half the machine's memory would end
    /// the run.
    var mostTokens: Int {
        let half = Int(clamping: ProcessInfo.processInfo.physicalMemory / 2)
        return max(budgetTokens, (half - fixed) / max(1, perToken))
    }

    /// What a run takes whose longest row has so many tokens.
    func bytes(_ tokens: Int) -> Int { fixed + tokens * perToken }
}
