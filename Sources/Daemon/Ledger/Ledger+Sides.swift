import GRDB
import Nouns

/// Table `side`: the side of a group, and of a prompt whose rows were withdrawn; the rows tell that of every other.
extension Ledger {
    /// The sides of those prompts and groups that have one already.
    package func sides(prompts: some Sequence<String>, groups: some Sequence<String>, in pipeline: PipelineName) throws
        -> Sides
    {
        try read { db in
            var sides = Sides()
            let decided = try BulkStatement(db, "SELECT split FROM side WHERE pipeline = ? AND key = ?")
            decided.bind(1, pipeline.rawValue)
            func known(_ key: String) throws -> Split? {
                decided.bind(2, key)
                return try decided.text().flatMap(Split.init)
            }
            for group in groups { sides.groups[group] = try known("g:" + group) }
            // Few prompts have a side without a row, and in most datasets none.
            let hasWithdrawn =
                try Bool.fetchOne(
                    db, sql: "SELECT EXISTS (SELECT 1 FROM side WHERE pipeline = ? AND key >= 'p:' AND key < 'p;')",
                    arguments: [pipeline.rawValue]) ?? true
            let ofRows = try BulkStatement(
                db, "SELECT MIN(split) FROM dataset_row WHERE pipeline = ? AND prompt_key = ?")
            ofRows.bind(1, pipeline.rawValue)
            // In the order of their tree, so that each page is met once.
            let prompts = Array(prompts)
            for index in Self.order(prompts) {
                let prompt = prompts[index]
                ofRows.bind(2, prompt)
                if let side = try (hasWithdrawn ? known("p:" + prompt) : nil) ?? ofRows.text().flatMap(Split.init) {
                    sides.prompts[prompt] = side
                }
            }
            return sides
        }
    }
}
