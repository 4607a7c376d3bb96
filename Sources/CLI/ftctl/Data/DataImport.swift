import ArgumentParser
import ControlClient
import ControlProtocol
import Foundation
import Nouns
import Platform
import Reports

struct DataImport: Question {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Drop the rows of a database that are new since the last import.",
        discussion: """
            The database is opened for reading only. :last in the query is the key of the last row that an import of \
            this query brought; the daemon records it with the drop, so that the next call goes on from there. Rows of \
            a quarantined drop come again. Where no row is new, nothing is dropped.

            Example: ftctl data import --sqlite app.db --query 'SELECT id, question AS prompt, answer AS completion \
            FROM tickets WHERE id>:last ORDER BY id' --key id --pipeline tickets
            """)
    @OptionGroup var connection: Connection
    @Option(help: ArgumentHelp("An SQLite database.", valueName: "file"), completion: .file()) var sqlite: String
    @Option(
        help: ArgumentHelp(
            "What gives the new rows, in the order of the key: SELECT … WHERE id > :last ORDER BY id",
            valueName: "sql"))
    var query: String
    @Option(help: ArgumentHelp("The column that counts the rows, a number or a text.", valueName: "column"))
    var key: String
    @Option(help: "The pipeline.", completion: .pipelines) var pipeline: PipelineName
    @OptionGroup var names: ColumnNames

    private var question: ImportQuery { ImportQuery(text: query, key: key) }

    func validate() throws { if let fault = question.fault { throw ValidationError(fault) } }

    func ask(_ client: ControlClient) async throws -> ImportedRows {
        let database = URL(filePath: sqlite).standardizedFileURL.resolvingSymlinksInPath().path
        let name = question.name(of: database)
        let known = try await client.send(
            .drops.list(DropQuery(pipeline: pipeline, limit: 100_000, imported: name)))
        let last = known.filter { $0.state != .quarantined }.compactMap { $0.origin?.imported?.last }
            .max { ImportQuery.isAfter($1, $0) }
        let scratch = try ScratchFolder()
        let file = scratch.path + "/rows"
        var answer = ImportedRows(import: name, since: last)
        do {
            if let last {
                try answer.write(rows(database, last), key, to: file)
            } else {
                // Where nothing came before, :last is less than every number; of texts, the empty one is.
                try answer.write(rows(database, .integer(.min)), key, to: file)
                if answer.last?.doubleValue == nil {
                    answer = ImportedRows(import: name, since: nil)
                    try answer.write(rows(database, .string("")), key, to: file)
                }
            }
        } catch let misuse as SQLiteRows.Misuse { throw ValidationError(misuse.message) }
        guard let last = answer.last else { return answer }
        let title = "import-\(Int(Date().timeIntervalSince1970)).jsonl"
        let origin = DropOrigin(columns: try names.columns(), imported: ImportPosition(name: name, last: last))
        answer.drop = try await UploadedDrop(client: client, pipeline: pipeline).add(file, named: title, origin)
        return answer
    }

    private func rows(_ database: String, _ last: JSONValue) throws -> SQLiteRows {
        try SQLiteRows(database, query: query, last: last)
    }

    func document(_ answer: ImportedRows) -> Document {
        guard let drop = answer.drop else { return Document([.paragraph("No row is new since the last import.")]) }
        let rows = Quantity.counted(answer.rows, "new row")
        return Document([.paragraph("Dropped \(rows) as \(drop.id), up to \(key) \(answer.lastText).")])
    }
}
