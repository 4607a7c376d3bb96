import ControlProtocol
import Foundation
import HubClient
import Nouns
import Platform
import Reports

/// A model of the Hub: which commit and which files, found by asking and by nothing else.
struct HubPlan: Sendable {
    let client: HubClient

    /// The key of the upload: the same for what a person asks for in the same words.
    static func key(_ address: HubAddress, _ settings: HubSettings) -> String {
        Digest.sha256(Data("\(settings.endpoint)\n\(address.text)".utf8))
    }

    /// The plan for an address at a commit, or at its revision where none is given. Throws a Failure.
    func plan(_ address: HubAddress, commit: String?, room: BaseRoom) throws -> BasePlan {
        var asked = address
        if let commit { asked.revision = commit }
        let listing = try client.listing(asked)
        guard var model = try HubChoice.model(listing, address.choice) else {
            throw Self.several(listing, "hf:\(listing.repository):", room)
        }
        if let index = model.index {
            let data = try client.fetcher.small(client.file(index, of: listing).address)
            model = try HubChoice.sharded(model, index: data, listing)
        }
        var plan = try plan(model, listing, address)
        if listing.repository.caseInsensitiveCompare(address.repository) != .orderedSame {
            plan.remarks.append("\(address.repository) is called \(listing.repository) now.")
        }
        return plan
    }

    private func plan(_ model: HubChoice.Model, _ listing: HubListing, _ address: HubAddress) throws -> BasePlan {
        let settings = client.settings
        let cache = HubCache(settings.cache)
        let items = try model.files.map { file in
            let place: BasePlan.Item.Place =
                cache.path(file, of: listing).map { .local($0) } ?? .remote(client.file(file, of: listing))
            guard file.bytes >= 0 else {
                throw Failure(
                    code: "hub.size", "The Hub does not say how large \(file.path) is.", at: address.text,
                    remedy: "Check HF_ENDPOINT: a mirror has to give what the Hub gives for ?blobs=true.")
            }
            return BasePlan.Item(name: try BasePlan.name(file.path, of: address.text), bytes: file.bytes, place: place)
        }
        guard Set(items.map(\.name)).count == items.count else {
            throw Failure(
                code: "hub.name", "Two files of the model have the same name in different folders.", at: address.text,
                remedy: "Choose one: hf:\(listing.repository):FILE.")
        }
        let isMirror = settings.endpoint != HubSettings.usualEndpoint
        let source = BaseSource(
            place: address.text, repository: listing.repository, revision: address.revision, commit: listing.commit,
            endpoint: isMirror ? settings.endpoint : nil, files: model.files.map(\.source))
        let weights = model.isGGUF ? items.first { $0.name.hasSuffix(".gguf") }?.name : nil
        let name =
            weights.map { $0.replacing(/(-[0-9]{5}-of-[0-9]{5})?\.gguf$/, with: "") }
            ?? listing.repository.split(separator: "/").last.map(String.init)
        return BasePlan(
            key: Self.key(address, settings), origin: address.text, source: source, items: items, name: name,
            licence: listing.licence, settings: settings)
    }

    /// The models of a repository that holds several, with the best for the machine marked.
    static func several(_ listing: HubListing, _ prefix: String, _ room: BaseRoom?) -> Failure {
        let options = HubChoice.options(listing)
        let best = room.flatMap { room in
            options.last { $0.isReadable && needs($0.bytes, room) <= room.availableBytes * 3 / 4 && isFrugal($0.label) }
        }
        let lines = options.map { option in
            let memory = room.map { ", trains in about \(Quantity.bytes(needs(option.bytes, $0)))" } ?? ""
            let note = option == best ? "  <- best for this machine" : option.isReadable ? "" : "  (is not read)"
            return "\n  \(prefix)\(option.label)  \(Quantity.bytes(option.bytes))\(memory)\(note)"
        }
        return Failure(
            code: "hub.several", "It holds \(options.count) models:\(lines.joined())\n", at: "hf:" + listing.repository,
            remedy: "Name one of them.")
    }

    /// Bytes of memory that training takes at the least: the weights, and what a worker takes besides.
    private static func needs(_ bytes: Int, _ room: BaseRoom) -> Int { bytes + room.workerBytes + (128 << 20) }

    /// 16 bits and more a number take memory that shows in no answer.
    private static func isFrugal(_ label: String) -> Bool {
        !["F16", "BF16", "F32", "FP16", "FP32"].contains(label.uppercased())
    }
}
