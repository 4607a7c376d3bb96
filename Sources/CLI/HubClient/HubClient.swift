import Foundation
import Nouns

/// The Hub, or a mirror of it, by its HTTP interface. Calls wait; they belong on a thread of their own.
package struct HubClient: Sendable {
    package let fetcher: Fetcher

    package init(_ fetcher: Fetcher) { self.fetcher = fetcher }

    package var settings: HubSettings { fetcher.settings }

    /// What a repository is at a revision. Throws a Failure that names what is near where there is none.
    package func listing(_ address: HubAddress) throws -> HubListing {
        let url =
            "\(api(address))/\(Self.encoded(address.repository, keepingSlashes: true))/revision/"
            + Self.encoded(address.revision ?? "main") + "?blobs=true"
        let data: Data
        do { data = try fetcher.small(url) } catch var failure as Failure where failure.code == "hub.unknown" {
            let near = near(address)
            if !near.isEmpty { failure.remedy = "There is \(near.joined(separator: ", "))." }
            failure.place = address.text
            throw failure
        } catch var failure as Failure where failure.code == "hub.access" {
            failure.place = address.text
            throw failure
        }
        do {
            var listing = try JSONDecoder().decode(HubListing.self, from: data)
            listing.isDataset = address.isDataset
            return listing
        } catch {
            throw Failure(
                code: "hub.answer", "The answer is not what the Hub says of a repository.", at: Fetcher.shown(url),
                remedy: "Check HF_ENDPOINT.", cause: String(String(decoding: data.prefix(80), as: UTF8.self)))
        }
    }

    /// Where a file of a commit is asked for, and what it must be.
    package func file(_ file: HubListing.File, of listing: HubListing) -> RemoteFile {
        RemoteFile(
            address: "\(settings.endpoint)/\(listing.isDataset ? "datasets/" : "")"
                + "\(Self.encoded(listing.repository, keepingSlashes: true))/resolve/"
                + "\(listing.commit)/\(Self.encoded(file.path, keepingSlashes: true))",
            bytes: file.bytes < 0 ? nil : file.bytes, identity: file.identity, commit: listing.commit)
    }

    private func api(_ address: HubAddress) -> String {
        "\(settings.endpoint)/api/\(address.isDataset ? "datasets" : "models")"
    }

    /// Revisions of the repository, else repositories of a similar name; none where nobody can tell.
    private func near(_ address: HubAddress) -> [String] {
        struct Refs: Decodable {
            struct Ref: Decodable { var name: String }
            var branches: [Ref]?
            var tags: [Ref]?
        }
        struct Found: Decodable { var id: String }
        let api = api(address)
        func text(_ repository: String, _ revision: String? = nil) -> String {
            HubAddress(repository: repository, revision: revision, isDataset: address.isDataset).text
        }
        let repository = Self.encoded(address.repository, keepingSlashes: true)
        if let revision = address.revision, let data = try? fetcher.small("\(api)/\(repository)/refs"),
            let refs = try? JSONDecoder().decode(Refs.self, from: data)
        {
            let names = ((refs.branches ?? []) + (refs.tags ?? [])).map(\.name).filter { $0 != revision }
            return names.prefix(8).map { text(address.repository, $0) }
        }
        let parts = address.repository.split(separator: "/").map(String.init)
        func found(_ query: String) -> [String] {
            let data = (try? fetcher.small("\(api)?\(query)")) ?? Data()
            return ((try? JSONDecoder().decode([Found].self, from: data)) ?? []).map(\.id)
        }
        var names = found("search=\(Self.encoded(parts.last ?? ""))&limit=5")
        if names.isEmpty, parts.count > 1 { names = found("author=\(Self.encoded(parts[0]))&limit=5") }
        return names.map { text($0) }
    }

    private static func encoded(_ text: String, keepingSlashes: Bool = false) -> String {
        var allowed = CharacterSet(charactersIn: "-._~")
        allowed.formUnion(.init(charactersIn: "a"..."z"))
        allowed.formUnion(.init(charactersIn: "A"..."Z"))
        allowed.formUnion(.init(charactersIn: "0"..."9"))
        if keepingSlashes { allowed.insert("/") }
        return text.addingPercentEncoding(withAllowedCharacters: allowed) ?? text
    }
}
