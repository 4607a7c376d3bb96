import Foundation
import GRDB
import Nouns

/// Table `drop_file`: how what was served did on drops before they were learnt.
extension Ledger {
    /// Keeps a drop's answers; nothing where the drop is gone or withdrawn, or has some already.
    package func keep(_ answers: DropAnswers, of id: DropID) throws {
        try write { db in
            guard var drop = try Self.drop(id, db), drop.state == .stored, drop.answers == nil else { return }
            drop.answers = answers
            try Self.update(drop, db)
        }
    }

    /// The answers to these drops, as far as there are some.
    package func answers(to drops: [DropID]) throws -> [DropID: DropAnswers] {
        try read { db in
            var found: [DropID: DropAnswers] = [:]
            for id in drops { found[id] = try Self.drop(id, db)?.answers }
            return found
        }
    }

    /// The newest drops of a pipeline that were answered, oldest first.
    package func answeredDrops(_ pipeline: PipelineName, limit: Int) throws -> [Drop] {
        try drops(pipeline: pipeline, limit: limit).filter { $0.state == .stored && $0.answers != nil }.reversed()
    }
}
