import GRDB
import Nouns

/// Table `suggestion`: the recipe that an experiment found for a pipeline last.
extension Ledger {
    /// What an experiment found for a pipeline last.
    package func suggestion(_ pipeline: PipelineName) throws -> Suggestion? {
        try read {
            try Self.nouns(Suggestion.self, $0, "SELECT body FROM suggestion WHERE pipeline = ?", [pipeline.rawValue])
                .first
        }
    }

    /// Lets runs take a suggestion, where it is still the one of that experiment. Returns whether it was not adopted
    /// before.
    package func adopt(_ suggestion: Suggestion) throws -> Bool {
        try write { db in
            guard
                var present = try Self.nouns(
                    Suggestion.self, db, "SELECT body FROM suggestion WHERE pipeline = ?",
                    [suggestion.pipeline.rawValue]
                ).first,
                present.experiment == suggestion.experiment, !present.adopted
            else { return false }
            present.adopted = true
            try Self.save(present, db)
            return true
        }
    }

    static func save(_ suggestion: Suggestion, _ db: Database) throws {
        try db.execute(
            sql: "INSERT OR REPLACE INTO suggestion (pipeline, body) VALUES (?, ?)",
            arguments: [suggestion.pipeline.rawValue, try body(suggestion)])
    }
}
