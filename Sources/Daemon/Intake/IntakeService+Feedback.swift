import Foundation
import Nouns
import Platform
import Settings
import StageKit

/// Rows that people made by rating answers.
extension IntakeService {
    /// Where such rows lie before they are a drop; what is there after a crash is nobody's.
    private static let coming = ".feedback"
    private static let ratersName = "raters.json"

    /// Takes rows as a drop, with everything that a dropped file gets. Taking the same drop again changes nothing.
    ///
    /// Throws a Failure (`pipeline.unknown`) and a ``FileFailure``.
    ///
    /// - Parameter raters: who chose the rows.
    package func take(_ rows: Data, as id: DropID, named name: String, raters: [String], of pipeline: PipelineName)
        throws
    {
        let settings = try context.requirePipeline(pipeline)
        let folder = context.layout.intake(pipeline, drop: id)
        if !FileManager.default.fileExists(atPath: folder) {
            let coming = context.layout.intake(pipeline) + "/" + Self.coming
            if FileManager.default.fileExists(atPath: coming) { try FileManager.default.removeItem(atPath: coming) }
            try AtomicFile.makeFolder(coming)
            try AtomicFile.write(Array(name.utf8), to: coming + "/name")
            try AtomicFile.write(try ContractCoding.encode(raters), to: coming + "/" + Self.ratersName)
            try AtomicFile.write(rows, to: coming + "/original", mode: 0o440)
            try AtomicFile.move(coming, to: folder)
        }
        if try context.ledger.drop(id) == nil { try record(id, settings) }
        context.bells.intake.ring()
    }

    /// Who chose the rows of a claimed drop; nil where nobody did.
    func raters(_ folder: String) throws -> [String]? {
        guard let data = FileManager.default.contents(atPath: folder + "/" + Self.ratersName) else { return nil }
        return try ContractCoding.decode([String].self, from: data)
    }
}
