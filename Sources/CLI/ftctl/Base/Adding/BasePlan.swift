import Foundation
import HubClient
import Nouns

/// What is to become a base: its files, wherever they lie, and what is known of it before anything is sent.
struct BasePlan: Sendable {
    /// One file.
    struct Item: Sendable {
        enum Place: Sendable {
            case local(String)
            case remote(RemoteFile)
        }
        /// What it is called at the daemon.
        var name: String
        var bytes: Int
        var place: Place

        var isRemote: Bool {
            if case .remote = place { true } else { false }
        }
    }

    /// The same for the same model from the same place: what an upload is known again by.
    var key: String
    /// What the registry says it came from.
    var origin: String
    var source: BaseSource?
    var items: [Item]
    /// The name that it gets where the person gives none.
    var name: String?
    var licence: String?
    /// Where several models could be meant: what to give, each.
    var remarks: [String] = []
    /// The client of what is fetched; nil where everything lies here.
    var settings: HubSettings?

    var bytes: Int { items.reduce(0) { $0 + $1.bytes } }
    var isRemote: Bool { items.contains(where: \.isRemote) }
    var weights: [Item] { items.filter { BasePlan.isWeights($0.name) } }

    static func isWeights(_ name: String) -> Bool { name.hasSuffix(".gguf") || name.hasSuffix(".safetensors") }

    /// The name of a file at the daemon. Throws a Failure (`client.file`) for one that it would refuse.
    static func name(_ path: String, of place: String) throws -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        guard name.wholeMatch(of: /[A-Za-z0-9_][A-Za-z0-9._-]{0,200}/) != nil else {
            throw Failure(
                code: "client.file", "A file is called '\(name.prefix(80))'.", at: place,
                remedy: "Give it a name of letters, digits, '.', '_' and '-'.")
        }
        return name
    }
}
