import Foundation
import Ledger
import Nouns
import Platform
import Settings
import StageKit

/// Files that are dropped through the API, with what is said of them.
extension IntakeService {
    /// Begins the name of a folder in which a file is made ready; nothing reads it.
    static let dropping = ".dropping-"
    private static let originName = "origin.json"
    /// Seconds after which what was left of a file that never became a drop is removed.
    private static let leftFor = 86_400.0

    /// Takes a file of the daemon's own file system as a drop, and returns it as it was received.
    ///
    /// Throws a Failure (`pipeline.unknown`) and a ``FileFailure``.
    package func take(_ file: String, named name: String, _ origin: DropOrigin, of pipeline: PipelineName) throws
        -> Drop
    {
        let settings = try context.requirePipeline(pipeline)
        let id = DropID.new(at: Date(), random: UInt32.random(in: 0...UInt32.max))
        let folder = context.layout.intake(pipeline) + "/" + Self.dropping + id.rawValue
        try AtomicFile.makeFolder(folder)
        do {
            try AtomicFile.write(Array(name.utf8), to: folder + "/name")
            try AtomicFile.write(try ContractCoding.encode(origin), to: folder + "/" + Self.originName)
            try AtomicFile.take(RawPath(file), to: folder + "/original")
            try ClaimedFiles(folder: folder).secure()
            try AtomicFile.move(folder, to: context.layout.intake(pipeline, drop: id))
        } catch {
            try? FileManager.default.removeItem(atPath: folder)
            throw error
        }
        try record(id, settings)
        context.bells.intake.ring()
        guard let drop = try context.ledger.drop(id) else {
            throw Failure(
                code: "drop.unknown", "The file was not received.", at: name, remedy: "Drop it again.")
        }
        return drop
    }

    /// What was said of a claimed drop; nil where nothing was.
    func origin(_ folder: String) throws -> DropOrigin? {
        guard let data = FileManager.default.contents(atPath: folder + "/" + Self.originName) else { return nil }
        return try ContractCoding.decode(DropOrigin.self, from: data)
    }

    /// Removes what was left of files that never became drops, as where the power failed.
    func removeLeftovers(_ folder: String) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasPrefix(Self.dropping) {
            let age = Date().timeIntervalSince1970 - Double(try RawPath(folder + "/" + name).status().st_mtim.tv_sec)
            if abs(age) > Self.leftFor { try FileManager.default.removeItem(atPath: folder + "/" + name) }
        }
    }
}

extension PipelineSettings {
    /// The pipeline as a drop is read for it: with the names of columns that were given for this drop alone.
    func reading(_ origin: DropOrigin?) -> PipelineSettings {
        guard let columns = origin?.columns else { return self }
        var pipeline = self
        pipeline.data.columns.merge(columns) { _, given in given }
        return pipeline
    }
}
