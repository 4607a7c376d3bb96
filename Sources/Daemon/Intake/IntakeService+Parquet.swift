import Foundation
import Launching
import Ledger
import Nouns
import Parquet
import Platform
import RowFormats
import Settings

/// How Parquet files are read: a program makes rows of each, which lie beside the original and are read in its place.
extension IntakeService {
    /// What came of the Parquet files of a drop.
    enum MadeRows {
        /// The rows by the files' names, and the programs that made them; nothing where none is Parquet.
        case made([[UInt8]: DropReader.MadeRows], readers: String?)
        /// A file that cannot be read as rows.
        case fault(Failure)
        /// There is no program that reads them; why, as the end of a sentence.
        case waiting(String)
    }

    /// Makes sure of the rows of every Parquet file of a drop. Throws where the program or the disk fails, so that
    /// nothing is known of the file.
    func makeRows(of drop: Drop, in folder: String) throws -> MadeRows {
        let contents = try DropContents(RawPath(folder + "/original"))
        let files = try contents.files.filter(ParquetFile.isOne)
        if files.isEmpty { return .made([:], readers: nil) }
        var rows: [[UInt8]: DropReader.MadeRows] = [:]
        var readers: Set<String> = []
        do {
            // Without a program and without rows that one made before, nothing is gained by reading the files.
            if !FileManager.default.fileExists(atPath: folder + "/" + ParquetFile.folderName) {
                _ = try program(drop, folder)
            }
            for file in files {
                Pulse.beat()
                let name = file.name.isEmpty ? RawPath.shown(drop.name.utf8) : RawPath.shown(file.name)
                let parquet = try ParquetFile(file, named: name, in: folder)
                if try parquet.note() == nil, file.name.isEmpty { try takeRows(parquet, drop) }
                let note = try parquet.note() ?? parquet.makeRows(with: program(drop, folder))
                rows[file.name] = DropReader.MadeRows(path: parquet.rows, sha256: parquet.sha256)
                readers.insert(note.reader)
            }
        } catch let interruption as ParquetInterruption {
            throw interruption.failure
        } catch let failure as Failure where failure.code == ParquetPrograms.missing {
            return .waiting("waiting: parquet reader. \(failure.message) \(failure.remedy ?? "")")
        } catch let failure as Failure {
            return .fault(failure)
        }
        return .made(rows, readers: readers.sorted().joined(separator: ", "))
    }

    private func program(_ drop: Drop, _ scratch: String) throws -> ParquetProgram {
        // As evaluators are: it reads what is its pipeline's, and changes nothing.
        let confinement = Confinement(
            context.layout, context.settings.now, of: drop.pipeline, reading: [], writing: [])
        var program = try programs.program(
            context.settings.daemon.parquetReader, confinement: confinement, scratch: scratch)
        program.confinement = confinement
        return program
    }

    /// Takes over the rows that were made of the same bytes when they were quarantined.
    private func takeRows(_ parquet: ParquetFile, _ drop: Drop) throws {
        for other in try context.ledger.drops(in: .quarantined, pipeline: drop.pipeline)
        where other.sha256 == drop.sha256 && other.id != drop.id {
            try parquet.take(from: context.layout.intake(drop.pipeline, drop: other.id))
        }
    }
}
