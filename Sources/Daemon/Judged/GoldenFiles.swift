import Foundation
import GoldenSets
import Ledger
import Nouns
import Platform
import StageKit

/// The golden sets of a pipeline as files that workers read, named by their content.
package struct GoldenFiles {
    let context: StageContext
    let pipeline: PipelineName

    package init(context: StageContext, pipeline: PipelineName) {
        self.context = context
        self.pipeline = pipeline
    }

    /// The sets as they are written now. Throws the first fault where one of them cannot be read: a gate that is not
    /// what its author wrote must not pass.
    package func sets() throws -> [GoldenSet] {
        let (sets, problems) = GoldenSet.read(folder: context.layout.golden(pipeline))
        if let first = problems.first { throw first }
        return sets
    }

    /// Name and file of each set.
    func all() throws -> [(name: SetName, file: FileReference)] {
        try sets().map { set in (set.name, try Self.keep(set.canonical(), rows: set.rows.count, context, pipeline)) }
    }

    /// Writes rows into a file that is named by its content; the same rows again are the same file.
    static func keep(_ data: Data, rows: Int, _ context: StageContext, _ pipeline: PipelineName) throws -> FileReference
    {
        let digest = Digest.sha256(data)
        let folder = context.layout.goldenRows(pipeline)
        let path = folder + "/\(digest).jsonl"
        var status = stat()
        if stat(path, &status) != 0 || Int(status.st_size) != data.count {
            try AtomicFile.makeFolder(folder)
            try AtomicFile.write(data, to: path)
        }
        return FileReference(path: path, sha256: digest, bytes: data.count, rows: rows)
    }
}
