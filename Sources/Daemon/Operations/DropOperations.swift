import ControlProtocol
import Datasets
import Foundation
import Intake
import Ledger
import Nouns
import Platform
import Registry
import StageKit
import Supervision

/// What people ask about dropped files and of them.
package struct DropOperations: Sendable {
    let context: StageContext
    let datasets: DatasetCatalogue
    let supervision: SupervisionService
    let uploads: Uploads
    let intake: IntakeService
    let files: FileStore

    /// Drops, the newest first, without those of others' jobs. Throws a Failure (`pipeline.unknown`) where nothing
    /// was ever known of the pipeline.
    package func list(_ query: DropQuery, for who: Principal) throws -> [Drop] {
        try context.requireKnown(query.pipeline)
        return try context.ledger.drops(
            pipeline: query.pipeline, limit: query.limit, imported: query.imported,
            seenBy: Sight(context.ledger, who).owner)
    }

    /// What was read from a drop.
    ///
    /// Throws a Failure (`drop.unknown`) where there is no such drop, or no report of it yet.
    package func report(_ id: DropID) throws -> IntakeReport {
        guard let drop = try context.ledger.drop(id) else {
            throw Failure(
                code: "drop.unknown", "There is no drop '\(id)'.", at: id.rawValue, remedy: "See `ftctl drops`.")
        }
        guard let data = FileManager.default.contents(atPath: context.layout.dropReport(drop.pipeline, id)) else {
            let why = drop.note.map { ": \($0)" } ?? ""
            throw Failure(
                code: "drop.unknown", "The drop '\(id)' is \(drop.state.rawValue)\(why), so it has no report.",
                at: id.rawValue, remedy: "See `ftctl data show \(id)`.")
        }
        var report = try ContractCoding.decode(IntakeReport.self, from: data)
        // It was written before its rows were compared with those of the dataset.
        report.rowsDuplicate = max(report.rowsDuplicate, drop.rowsDuplicate)
        report.source = drop.origin?.source
        return report
    }

    /// Drops an uploaded file with what is said of it; the upload goes with it.
    ///
    /// Throws a Failure: `pipeline.unknown`, `upload.unknown`, `drop.digest` for other bytes than were stated, and
    /// `drop.name`, `drop.columns` and `drop.rows` for what is said.
    package func add(_ pipeline: PipelineName, _ request: DropRequest, who: Principal) throws -> Drop {
        let settings = try context.requirePipeline(pipeline)
        // Whoever may put files into drop folders may bring them this way, too.
        let isMade = context.layout.isMade(settings.file)
        let isUser = !who.owner.hasPrefix("token:") && who.owner != "loopback"
        guard try (isUser && !isMade) || Ownership(context).permits(who, pipeline) else {
            throw Refusal.failure(who, .own)
        }
        try Self.check(request)
        let path = try uploads.place(request.upload, file: request.file, who: who).path
        guard FileManager.default.fileExists(atPath: path) else {
            throw Failure(
                code: "upload.unknown", "The upload has no file '\(request.file)'.", at: request.file,
                remedy: "Send the file first.")
        }
        if let stated = request.sha256, try Digest.sha256(file: path) != stated.lowercased() {
            Uploads.forget(path)
            throw Failure(
                code: "drop.digest", "Its bytes are not those that its source states.", at: request.name,
                remedy: "Fetch it again; if it stays so, use another mirror.")
        }
        let drop = try intake.take(path, named: request.name, request.origin, of: pipeline)
        try uploads.close(request.upload)
        return drop
    }

    private static func check(_ request: DropRequest) throws {
        let name = request.name
        let isName = !name.isEmpty && !name.hasPrefix(".") && !name.contains("/") && !name.contains("\0")
        guard isName, name.utf8.count <= 255 else {
            throw Failure(
                code: "drop.name", "'\(name)' cannot name a dropped file.", at: name,
                remedy: "Give it a name of at most 255 bytes without '/' that begins with no dot.")
        }
        if let fault = RowShape.fault(ofColumns: request.origin.columns ?? [:]) {
            throw Failure(
                code: "drop.columns", "The names of columns are not a table \(fault).", at: name,
                remedy: "Give each by ours: prompt=QUESTION,completion=ANSWER; docs/data.md lists the names.")
        }
        if let rows = request.origin.rows, rows < 1 {
            throw Failure(code: "drop.rows", "\(rows) rows are none.", at: name, remedy: "Ask for one at least.")
        }
    }

    /// Withdraws a drop's rows, and cancels the runs that learn from them or are judged on them. Where they are to be
    /// erased, files of whoever asks that have them go as well; an administrator's word holds for everybody's.
    package func revoke(_ id: DropID, _ request: RevokeRequest, who: Principal) throws -> RevokeAnswer {
        // Whatever still learns from the rows, or is judged on them, stops first: what it would give could not be
        // served.
        var cancelled: [RunID] = []
        for run in try datasets.openRuns(on: id) {
            do {
                _ = try supervision.cancel(run, by: "\(who.name), who revoked \(id)")
                cancelled.append(run)
            } catch let failure as Failure where failure.code == "run.transition" {
                // It ended meanwhile; its versions are named below.
                continue
            }
        }
        var answer = try datasets.revoke(id, request, who: who.name) { try files.forget($0, of: who) }
        let sight = Sight(context.ledger, who)
        answer.cancelled = try cancelled.filter(sight.sees)
        return answer
    }
}
