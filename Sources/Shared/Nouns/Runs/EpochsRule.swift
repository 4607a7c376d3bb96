/// How many passes over the data are sensible where nobody said: OpenAI's rule.
///
/// Three passes; more (at most 25) if the model would see fewer than 100 rows, fewer (at least one) if it would see
/// more than 25,000. Source: OpenAI cookbook, "Data preparation and analysis for chat model fine-tuning", whose
/// constants these are.
package enum EpochsRule {
    /// Epochs for a number of training rows.
    package static func epochs(rows: Int) -> Int {
        guard rows > 0 else { return 3 }
        if rows < 34 { return min(25, max(3, 100 / rows)) }
        if rows > 8333 { return max(1, 25_000 / rows) }
        return 3
    }
}
