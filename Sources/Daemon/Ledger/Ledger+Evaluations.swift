import GRDB
import Nouns

/// Table `evaluation`: scores of a model on a set never change, since both are named by content.
extension Ledger {
    /// A model's scores on a set, where they were computed before.
    package func evaluation(model: String, set: String, settings: String) throws -> EvaluationResult? {
        try read {
            try Self.nouns(
                EvaluationResult.self, $0,
                "SELECT body FROM evaluation WHERE model = ? AND set_digest = ? AND settings = ?",
                [model, set, settings]
            ).first
        }
    }

    /// A model's scores on every set that was scored by the same settings.
    package func evaluations(model: String, settings: String) throws -> [EvaluationResult] {
        try read {
            try Self.nouns(
                EvaluationResult.self, $0, "SELECT body FROM evaluation WHERE model = ? AND settings = ?",
                [model, settings])
        }
    }

    /// Keeps a model's scores on a set.
    package func keep(_ result: EvaluationResult, model: String, set: String, settings: String) throws {
        try write { db in
            try db.execute(
                sql: "INSERT OR REPLACE INTO evaluation (model, set_digest, settings, body) VALUES (?, ?, ?, ?)",
                arguments: [model, set, settings, try Self.body(result)])
        }
    }
}
