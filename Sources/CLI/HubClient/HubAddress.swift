import Foundation
import Nouns

/// What of the Hub is named: a repository, a revision of it, and which of several models.
package struct HubAddress: Hashable, Sendable {
    /// `OWNER/NAME`, or the one name that a few old models have.
    package var repository: String
    /// A branch, tag or commit; nil for the usual one.
    package var revision: String?
    /// A quantisation such as `Q8_0`, or a file; nil where there is only one model.
    package var choice: String?
    /// Whether it is a repository of data; one of a model otherwise.
    package var isDataset: Bool

    package init(repository: String, revision: String? = nil, choice: String? = nil, isDataset: Bool = false) {
        self.isDataset = isDataset
        self.repository = repository
        self.revision = revision
        self.choice = choice
    }

    /// `hf:OWNER/NAME[@REVISION][:QUANT or FILE]`, the same with `datasets/` before the owner, or an address of the Hub
    /// or of `endpoint` as one copies it from a browser; nil for anything else.
    ///
    /// Throws a Failure (`hub.name`) for one that names no repository.
    package init?(_ text: String, endpoint: String = HubSettings.usualEndpoint) throws {
        if text.hasPrefix("hf:") {
            self = try Self.parsed(text.dropFirst(3), text)
            return
        }
        let prefixes = [endpoint, HubSettings.usualEndpoint, "https://hf.co", "https://www.huggingface.co"]
        guard let prefix = prefixes.first(where: { text.hasPrefix($0 + "/") }) else { return nil }
        let path = text.dropFirst(prefix.count + 1).prefix { $0 != "?" && $0 != "#" }
        let names = path.split(separator: "/").map { $0.removingPercentEncoding ?? String($0) }
        let isDataset = names.first == "datasets"
        let parts = isDataset ? Array(names.dropFirst()) : names
        guard let mark = parts.firstIndex(where: { ["tree", "blob", "resolve"].contains($0) }) else {
            self = try Self.checked(parts.joined(separator: "/"), nil, nil, text)
            self.isDataset = isDataset
            return
        }
        // A revision of several words stands encoded in an address.
        let rest = parts[(mark + 1)...]
        self = try Self.checked(
            parts[..<mark].joined(separator: "/"), rest.first,
            parts[mark] == "tree" || rest.count < 2 ? nil : rest.dropFirst().joined(separator: "/"), text)
        self.isDataset = isDataset
    }

    /// The short form of it.
    package var text: String {
        "hf:\(isDataset ? "datasets/" : "")\(repository)" + (revision.map { "@\($0)" } ?? "")
            + (choice.map { ":\($0)" } ?? "")
    }

    private static func parsed(_ rest: Substring, _ text: String) throws -> HubAddress {
        if rest.hasPrefix("datasets/") {
            var address = try parsed(rest.dropFirst("datasets/".count), text)
            address.isDataset = true
            return address
        }
        let halves = rest.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let names = (halves.first ?? "").split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        return try checked(
            String(names.first ?? ""), names.count > 1 ? String(names[1]) : nil,
            halves.count > 1 ? String(halves[1]) : nil, text)
    }

    private static func checked(_ repository: String, _ revision: String?, _ choice: String?, _ text: String) throws
        -> HubAddress
    {
        func isSound(_ path: String) -> Bool {
            path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
                $0.wholeMatch(of: /[A-Za-z0-9_][A-Za-z0-9._+ -]*/) != nil && !$0.contains("..")
            }
        }
        guard isSound(repository), (1...2).contains(repository.split(separator: "/").count),
            !repository.contains(" "), revision.map(isSound) ?? true, choice.map(isSound) ?? true
        else {
            throw Failure(
                code: "hub.name", "'\(text)' names no repository of the Hub.", at: text,
                remedy: """
                    Give hf:OWNER/NAME, hf:OWNER/NAME@REVISION or hf:OWNER/NAME:Q8_0 for a model, \
                    hf:datasets/OWNER/NAME for data.
                    """)
        }
        return HubAddress(repository: repository, revision: revision, choice: choice)
    }
}
