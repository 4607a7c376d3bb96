import ArgumentParser
import ControlClient
import ControlProtocol
import Foundation
import HubClient
import Nouns
import Platform
import Reports

/// Fetches a dataset step by step: the pipeline, the commit and its files, then each file into an upload, and dropped.
struct DataFetching {
    /// Most drops of a pipeline that are looked through for those that came before.
    private static let most = 100_000

    private let command: DataFetch
    private let client: ControlClient
    private let environment = ProcessInfo.processInfo.environment
    private var home: String { HubSettings.home(environment) }

    init(_ command: DataFetch, _ client: ControlClient) { (self.command, self.client) = (command, client) }

    /// Throws a Failure.
    func fetch() async throws -> FetchedData {
        _ = try await client.send(.pipelines.show(command.pipeline))
        let settings = try HubSettings(environment, home: home)
        guard let address = try HubAddress(command.source, endpoint: settings.endpoint), address.isDataset else {
            throw ValidationError("'\(command.source)' is no dataset of the Hub: give hf:datasets/OWNER/NAME.")
        }
        guard address.choice == nil || command.config == nil && command.split == nil else {
            throw ValidationError("A file is named, so --config and --split say nothing.")
        }
        // What is known again are the same words for the same pipeline.
        let words = [settings.endpoint, address.text, command.config ?? "", command.split ?? ""]
        let key = Digest.sha256(Data((["data", "\(command.pipeline)"] + words).joined(separator: "\n").utf8))
        let lock = try AddingLock.take(
            key, socket: client.socket, environment, home: home, doing: "fetching this dataset",
            look: "ftctl data list \(command.pipeline)")
        defer { withExtendedLifetime(lock) {} }
        let open = try await client.send(.uploads.resume(ResumeUpload(key: key, onlyOpen: true)))
        let commit = open.id.isEmpty || open.note.isEmpty ? nil : open.note
        let plan = try await plan(address, commit: commit, settings)
        // An upload of a commit that is gone from the Hub is left to end by itself.
        let isGone = commit != nil && commit != plan.listing.commit
        return try await fetch(plan, isGone ? key + plan.listing.commit : key, settings)
    }

    private func fetch(_ plan: DatasetPlan, _ key: String, _ settings: HubSettings) async throws -> FetchedData {
        var known = try await client.send(
            .drops.list(DropQuery(pipeline: command.pipeline, limit: Self.most)))
        var answer = FetchedData(
            repository: plan.listing.repository, commit: plan.listing.commit, config: plan.config, split: plan.split,
            licence: plan.listing.licence)
        let progress = TransferProgress(
            total: plan.files.reduce(0) { $0 + $1.bytes }, bytes: 0, json: command.connection.json)
        defer { progress.end() }
        var rows = command.rows
        for (index, file) in plan.files.enumerated() {
            let origin = DropOrigin(
                columns: try command.names.columns(), only: command.only, rows: rows, source: plan.source(file))
            let before = known.first { $0.origin == origin && ![.quarantined, .revoked].contains($0.state) }
            if before != nil { progress.add(file.bytes) }
            var drop: Drop
            if let before { drop = before } else { drop = try await add(file, plan, origin, key, settings, progress) }
            // Files that come after are needed only for the rows that are still wanted.
            if let wanted = rows, index + 1 < plan.files.count {
                progress.say("Waiting until \(Quantity.counted(wanted, "row")) are read of \(file.path).")
                let read = try await self.read(drop, known)
                (drop, rows) = (read.drop, wanted - read.rows)
            }
            known.append(drop)
            answer.files.append(.init(path: file.path, bytes: file.bytes, isKnown: before != nil, drop: drop))
            if let rows, rows < 1 { break }
        }
        answer.left = plan.files.count - answer.files.count
        return answer
    }

    /// - Parameter commit: that of an upload that is open, whatever the branch is at now.
    private func plan(_ address: HubAddress, commit: String?, _ settings: HubSettings) async throws -> DatasetPlan {
        let (config, split) = (command.config, command.split)
        let quiet = TransferProgress(total: 0, bytes: 0, json: command.connection.json)
        let fetcher = try Fetcher(settings, wait: BaseAdding.waiting(quiet))
        do {
            return try await NetworkThread.run(fetcher) {
                let client = HubClient(fetcher)
                var asked = address
                if let commit { asked.revision = commit }
                do { return try DatasetPlan(asked, config: config, split: split, client) } catch let failure as Failure
                    where failure.code == "hub.unknown" && commit != nil
                { return try DatasetPlan(address, config: config, split: split, client) }
            }
        } catch var failure as Failure where failure.code == "hub.offline" {
            failure.remedy = "Unset it, or drop files that lie here: `ftctl drop add \(command.pipeline) FILE`."
            throw failure
        }
    }

    /// Sends a file as it comes, and has it dropped.
    private func add(
        _ file: HubListing.File, _ plan: DatasetPlan, _ origin: DropOrigin, _ key: String, _ settings: HubSettings,
        _ progress: TransferProgress
    ) async throws -> Drop {
        let name = "f-" + Digest.sha256(Data(file.path.utf8)).prefix(32)
        let upload = try await client.send(.uploads.resume(ResumeUpload(key: key, note: plan.listing.commit)))
        let there = upload.files.filter { $0.key == name && $0.value <= file.bytes }
        progress.add(there[name] ?? 0)
        let sender = BaseSender(client: client, upload: upload.id, progress: progress) {
            try Fetcher(settings, wait: BaseAdding.waiting(progress))
        }
        let remote = HubClient(try sender.fetcher()).file(file, of: plan.listing)
        try await sender.send([BasePlan.Item(name: name, bytes: file.bytes, place: .remote(remote))], there: there)
        return try await client.send(
            .drops.add(
                command.pipeline,
                DropRequest(
                    upload: upload.id, file: name, name: plan.name(file), origin: origin, sha256: file.sha256)))
    }

    /// Waits until a drop is judged; gives how many rows were read of it, or of the one whose duplicate it is.
    ///
    /// - Parameter known: the drops that came before.
    private func read(_ drop: Drop, _ known: [Drop]) async throws -> (drop: Drop, rows: Int) {
        var waiting = try await DropWaiting(client, pipeline: command.pipeline, drop: drop.id)
        waiting.placed = [PlacedDrop(file: drop.name, path: drop.name, drop: drop)]
        let judged = waiting
        let outcome = try await Waiting.atMost(command.connection.timeout, for: "Reading the file") {
            try await judged.outcome()
        }
        guard let placed = outcome.first, let drop = placed.drop else { return (drop, 0) }
        if let report = placed.report { return (drop, report.rowsRead) }
        let twin = known.first { $0.sha256 == drop.sha256 && $0.reading == drop.reading && $0.state != .duplicate }
        guard let twin else { return (drop, 0) }
        return (drop, try await client.send(.drops.report(twin.id)).rowsRead)
    }
}
