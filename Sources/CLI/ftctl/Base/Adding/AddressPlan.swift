import Foundation
import HubClient
import Nouns
import Platform

/// One GGUF file that an address gives.
enum AddressPlan {
    /// Asks what the file is. Throws a Failure.
    ///
    /// - Parameter sha256: what the person says its digest is; nil where nobody vouches for it.
    static func plan(_ address: String, sha256: String?, _ fetcher: Fetcher) throws -> BasePlan {
        guard address.hasPrefix("https://") || fetcher.settings.allowsHTTP else {
            throw Failure(
                code: "client.address", "The address has no TLS, so that anybody on the way could change the file.",
                at: Fetcher.shown(address), remedy: "Give its https address.")
        }
        let shown = Fetcher.shown(address)
        let path = URLComponents(string: address)?.path ?? ""
        guard path.hasSuffix(".gguf") else {
            throw Failure(
                code: "client.address", "The address names no .gguf file.", at: shown,
                remedy: "Give hf:OWNER/NAME for a model of the Hub, or the address of one .gguf file.")
        }
        let name = try BasePlan.name(path, of: shown)
        let facts = try fetcher.facts(RemoteFile(address: address))
        var plan = BasePlan(
            key: Digest.sha256(Data("\(shown)\n\(facts.bytes)\n\(facts.etag ?? "")\n\(sha256 ?? "")".utf8)),
            origin: shown,
            source: BaseSource(
                place: shown, files: [.init(path: name, bytes: facts.bytes, sha256: sha256, blob: facts.etag)]),
            items: [
                .init(
                    name: name, bytes: facts.bytes,
                    place: .remote(RemoteFile(address: address, bytes: facts.bytes, identity: facts.etag)))
            ],
            name: (name as NSString).deletingPathExtension, settings: fetcher.settings)
        if sha256 == nil {
            plan.remarks.append("Nobody vouches for this file: no digest was given. --sha256 DIGEST has it checked.")
        }
        return plan
    }
}
