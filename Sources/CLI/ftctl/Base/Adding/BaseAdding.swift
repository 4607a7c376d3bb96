import ControlClient
import ControlProtocol
import Foundation
import HubClient
import Nouns
import Platform
import Reports

/// Adds a base step by step: rights and name, what it is, room, a look, the files, the registration.
struct BaseAdding {
    private let command: BaseAdd
    private let client: ControlClient
    private let scratch: String
    private let environment = ProcessInfo.processInfo.environment
    private var home: String { HubSettings.home(environment) }

    init(_ command: BaseAdd, _ client: ControlClient, scratch: String) {
        (self.command, self.client, self.scratch) = (command, client, scratch)
    }

    /// Finds out what a source is, and adds it. Throws a Failure.
    func add(_ source: String) async throws -> AddedBase {
        if source.hasPrefix("ollama:") {
            return try await add(try LocalPlan.ollama(String(source.dropFirst(7)), environment, home: home))
        }
        let isAddress = source.hasPrefix("https://") || source.hasPrefix("http://")
        guard isAddress || source.hasPrefix("hf:") else { return try await add(try LocalPlan.path(source)) }
        let settings = try HubSettings(environment, home: home)
        let room = try await client.send(.uploads.room(RoomQuery(id: command.id)))
        let fetcher = try fetcher(settings)
        if isAddress, URLComponents(string: source)?.path.hasSuffix(".gguf") == true,
            !source.contains("/blob/"), !source.contains("/resolve/")
        {
            return try await add(address: source, fetcher, room)
        }
        if let address = try HubAddress(source, endpoint: settings.endpoint) {
            guard !address.isDataset else {
                throw Failure(
                    code: "hub.name", "It names data, not a model.", at: source,
                    remedy: "Drop it: `ftctl data fetch \(address.text) --pipeline NAME`.")
            }
            return try await add(address, fetcher, room)
        }
        return try await add(address: source, fetcher, room)
    }

    private func add(address: String, _ fetcher: Fetcher, _ room: BaseRoom) async throws -> AddedBase {
        let sha256 = command.sha256?.lowercased()
        let plan = try await NetworkThread.run(fetcher) { try AddressPlan.plan(address, sha256: sha256, fetcher) }
        return try await add(plan, fetcher, room)
    }

    private func add(_ address: HubAddress, _ fetcher: Fetcher, _ room: BaseRoom) async throws -> AddedBase {
        if fetcher.settings.isOffline {
            return try await add(try LocalPlan.hub(address, fetcher.settings), fetcher, room)
        }
        let hub = HubPlan(client: HubClient(fetcher))
        // An upload that is open goes on by its own commit, whatever the branch is at now.
        let key = HubPlan.key(address, fetcher.settings)
        let open = try await client.send(.uploads.resume(ResumeUpload(key: key, onlyOpen: true)))
        let commit = open.id.isEmpty || open.note.isEmpty ? nil : open.note
        let plan = try await NetworkThread.run(fetcher) {
            do { return try hub.plan(address, commit: commit, room: room) } catch let failure as Failure
                where failure.code == "hub.unknown" && commit != nil
            {
                // The commit is gone from the Hub, so that nothing goes on from it.
                var plan = try hub.plan(address, commit: nil, room: room)
                plan.key = Digest.sha256(Data("\(key) \(plan.source?.commit ?? "")".utf8))
                return plan
            }
        }
        let there = commit == plan.source?.commit ? open.files.values.reduce(0, +) : 0
        return try await add(plan, fetcher, room, there: there)
    }

    /// Adds what lies here.
    func add(_ plan: BasePlan) async throws -> AddedBase {
        let settings = try HubSettings(environment, home: home)
        let room = try await client.send(.uploads.room(RoomQuery(id: command.id)))
        return try await add(plan, try fetcher(settings), room)
    }

    /// - Parameter there: bytes that an open upload has already; where it has some, the model was looked at.
    private func add(_ plan: BasePlan, _ fetcher: Fetcher, _ room: BaseRoom, there: Int = 0) async throws
        -> AddedBase
    {
        var plan = try withTemplate(plan)
        if !command.connection.json { plan.remarks.forEach { Terminal.remark($0) } }
        if command.id == nil, let id = plan.name.flatMap({ BaseID(suggestedBy: $0) }) {
            _ = try await client.send(.uploads.room(RoomQuery(id: id)))
        }
        guard plan.bytes - there <= room.freeBytes else {
            throw Failure(
                code: "disk.low",
                "It has \(Quantity.bytes(plan.bytes)), and there is room for \(Quantity.bytes(room.freeBytes)).",
                at: plan.origin, remedy: "Free space on the daemon's disk; `ftctl gc` says what can go.")
        }
        if plan.isRemote, there == 0 || command.dryRun {
            let look = BaseLook(client: client, fetcher: fetcher, scratch: scratch)
            let found = try await look.look(&plan)
            try check(found.card, plan, room)
            if command.dryRun { return AddedBase(outlook: outlook(plan, found, room)) }
        }
        if command.dryRun { return AddedBase(outlook: outlook(plan, .init(), room)) }
        return AddedBase(card: try await fetch(plan, fetcher))
    }

    /// Refuses what the machine cannot hold.
    private func check(_ card: BaseCard?, _ plan: BasePlan, _ room: BaseRoom) throws {
        guard let card, card.trainingMemoryBytes > room.memoryBytes else { return }
        throw Failure(
            code: "base.memory",
            """
            Training it takes \(Quantity.bytes(card.trainingMemoryBytes)) at the least, and this machine has \
            \(Quantity.bytes(room.memoryBytes)).
            """,
            at: plan.origin,
            remedy: "Choose a smaller model or quantisation; `ftctl base suggest` lists some that fit.")
    }

    private func outlook(_ plan: BasePlan, _ found: BaseLook.Found, _ room: BaseRoom) -> BaseOutlook {
        let card = found.card
        let weights = plan.weights.reduce(0) { $0 + $1.bytes }
        return BaseOutlook(
            place: plan.origin, id: command.id?.rawValue ?? plan.name.flatMap { BaseID(suggestedBy: $0)?.rawValue },
            commit: plan.source?.commit, bytes: plan.bytes, files: plan.items.count, architecture: card?.architecture,
            parameters: card?.parameters, contextLength: card?.contextLength,
            licence: command.licence ?? plan.licence ?? card?.licence,
            hasTemplate: card.map { $0.chatTemplateDigest != nil }, trainingMemoryBytes: card?.trainingMemoryBytes,
            servingMemoryBytes: weights + room.workerBytes, availableMemoryBytes: room.availableBytes,
            freeDiskBytes: room.freeBytes, seconds: found.rate.map { Double(plan.bytes) / $0 },
            remarks: plan.remarks + (card?.remarks ?? []))
    }

    /// Sends the files, and has them registered.
    private func fetch(_ plan: BasePlan, _ fetcher: Fetcher) async throws -> BaseCard {
        let lock = try AddingLock.take(plan.key, socket: client.socket, environment, home: home)
        defer { withExtendedLifetime(lock) {} }
        let upload = try await client.send(
            .uploads.resume(ResumeUpload(key: plan.key, note: plan.source?.commit ?? "")))
        let sizes = Dictionary(plan.items.map { ($0.name, $0.bytes) }) { first, _ in first }
        let there = upload.files.filter { (sizes[$0.key] ?? -1) >= $0.value }
        let progress = TransferProgress(
            total: plan.bytes, bytes: there.values.reduce(0, +), json: command.connection.json)
        let settings = fetcher.settings
        let sender = BaseSender(client: client, upload: upload.id, progress: progress) {
            try Fetcher(settings, wait: Self.waiting(progress))
        }
        do { try await sender.send(plan.items, there: there) } catch {
            progress.end()
            throw error
        }
        progress.checking()
        defer { progress.end() }
        return try await client.send(
            .bases.add(
                AddBaseRequest(
                    upload: upload.id, id: command.id, origin: plan.origin, licence: command.licence ?? plan.licence,
                    source: plan.source)))
    }

    private func fetcher(_ settings: HubSettings) throws -> Fetcher {
        let isJSON = command.connection.json
        return try Fetcher(settings, wait: Self.waiting(TransferProgress(total: 0, bytes: 0, json: isJSON)))
    }

    /// Waits as a server asks to, and says so where it takes long enough to be noticed.
    static func waiting(_ progress: TransferProgress) -> @Sendable (Double, String) throws -> Void {
        { seconds, why in
            if seconds >= 2 { progress.say("\(why) Waiting \(Quantity.duration(seconds)).") }
            Thread.sleep(forTimeInterval: seconds)
        }
    }

    /// The plan with the person's own chat template in place of any other.
    private func withTemplate(_ plan: BasePlan) throws -> BasePlan {
        guard let given = command.template else { return plan }
        var status = stat()
        guard stat(given, &status) == 0, access(given, R_OK) == 0 else {
            throw Failure(
                code: "client.file", "The chat template cannot be read.", at: given,
                remedy: "Give a file that holds the Jinja template.")
        }
        let name = "chat_template.jinja"
        var plan = plan
        plan.items.removeAll { $0.name == name }
        plan.source?.files.removeAll { $0.name == name }
        plan.items.append(.init(name: name, bytes: Int(status.st_size), place: .local(given)))
        plan.key = Digest.sha256(
            Data("\(plan.key) \(given) \(status.st_size) \(status.st_mtim.tv_sec)".utf8))
        return plan
    }
}
