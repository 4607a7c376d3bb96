import ControlClient
import ControlProtocol
import Foundation
import HubClient
import Nouns
import Platform

/// Has the daemon look at what stands in front of the weights, before they are fetched: first the kind of model, then
/// everything.
struct BaseLook {
    let client: ControlClient
    let fetcher: Fetcher
    /// Where small files lie until they are sent.
    let scratch: String

    /// What was found, and how fast it came.
    struct Found {
        var card: BaseCard?
        /// Bytes a second; nil where too little came to tell.
        var rate: Double?
    }

    /// Looks. The plan's small files lie in the scratch folder afterwards, and are taken from there. Throws what the
    /// worker says where the engine cannot run the model.
    func look(_ plan: inout BasePlan) async throws -> Found {
        // What lies here already is looked at when it is registered.
        guard plan.weights.allSatisfy(\.isRemote) else { return Found() }
        let begun = ContinuousClock.now
        var came = 0
        if let config = plan.items.firstIndex(where: { $0.name == "config.json" }) {
            came += try await keep(&plan.items[config])
            let upload = try await send([plan.items[config]])
            _ = try await client.send(.bases.look(LookRequest(upload: upload)))
        }
        for index in plan.items.indices where !BasePlan.isWeights(plan.items[index].name) {
            came += try await keep(&plan.items[index])
        }
        var heads: [BasePlan.Item] = []
        var sizes: [String: Int] = [:]
        for item in plan.weights {
            let head = try await head(item)
            let path = scratch + "/head-" + item.name
            try AtomicFile.write(head, to: path)
            came += head.count
            heads.append(.init(name: item.name, bytes: head.count, place: .local(path)))
            sizes[item.name] = item.bytes
        }
        let seconds = (ContinuousClock.now - begun) / .seconds(1)
        let isGGUF = plan.weights.contains { $0.name.hasSuffix(".gguf") }
        let others = plan.items.filter { !BasePlan.isWeights($0.name) && (!isGGUF || $0.name.hasSuffix(".jinja")) }
        let upload = try await send(others + heads)
        let card = try await client.send(.bases.look(LookRequest(upload: upload, sizes: sizes))).card
        return Found(card: card, rate: came > 1 << 20 && seconds > 0 ? Double(came) / seconds : nil)
    }

    /// Fetches a small file into the scratch folder; gives the bytes that came.
    private func keep(_ item: inout BasePlan.Item) async throws -> Int {
        guard case .remote(let file) = item.place else { return 0 }
        let path = scratch + "/" + item.name
        let fetcher = fetcher
        try await NetworkThread.run(fetcher) { try AtomicFile.write(try fetcher.small(file), to: path) }
        item.place = .local(path)
        return item.bytes
    }

    /// What stands in front of a file's weights.
    private func head(_ item: BasePlan.Item) async throws -> Data {
        guard case .remote(let file) = item.place else { throw CancellationError() }
        let heads = WeightHeads(fetcher)
        guard item.name.hasSuffix(".gguf") else {
            return try await NetworkThread.run(fetcher) { try heads.safetensors(file) }
        }
        // The architecture is told while the head is being read, and the daemon asked before more comes.
        let told = AsyncAnswer()
        return try await NetworkThread.run(fetcher) {
            try heads.gguf(file) { architecture in
                try told.wait {
                    let upload = try await client.send(.uploads.open(UploadQuery(purpose: .base)))
                    _ = try await client.send(
                        .bases.look(LookRequest(upload: upload.id, architecture: architecture)))
                }
            }
        }
    }

    private func send(_ items: [BasePlan.Item]) async throws -> String {
        let upload = try await client.send(.uploads.open(UploadQuery(purpose: .base)))
        for item in items {
            guard case .local(let path) = item.place else { continue }
            try await client.upload(.uploads.put(UploadPlace(upload.id, file: item.name)), file: path)
        }
        return upload.id
    }
}
