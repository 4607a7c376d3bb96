import ArgumentParser
import ControlClient
import ControlProtocol
import Foundation
import HubClient
import Nouns
import Platform
import Reports

struct BaseCheck: Question {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Whether a base of the Hub has a newer revision there, and what changed.",
        discussion: """
            Asks the Hub, or the mirror that HF_ENDPOINT names, for the revision that the base was fetched by. Nothing \
            is replaced: a newer revision is added as a base of its own, with --id.

            Example: ftctl base check smollm2-135m-instruct
            """)
    @OptionGroup var connection: Connection
    @OptionGroup var listing: Listing
    @Argument(help: "The base; all that came from the Hub where it is left out.", completion: .bases) var base: BaseID?

    func validate() throws { try listing.check(BaseNews.self) }

    func ask(_ client: ControlClient) async throws -> [BaseNews] {
        let cards =
            if let base { [try await client.send(.bases.show(base))] } else { try await client.send(.bases.list()) }
        if let card = cards.first, base != nil, card.source?.repository == nil {
            throw Failure(
                code: "base.no_source", "It was not fetched from the Hub.", at: card.id.rawValue,
                remedy: "It came from \(card.origin ?? "a file"): nobody tells of newer ones.")
        }
        let environment = ProcessInfo.processInfo.environment
        let settings = try HubSettings(environment, home: HubSettings.home(environment))
        let fetcher = try Fetcher(settings) { seconds, _ in Thread.sleep(forTimeInterval: seconds) }
        return try await NetworkThread.run(fetcher) {
            try cards.compactMap { try BaseNews($0, HubClient(fetcher)) }
        }
    }

    func document(_ news: [BaseNews]) -> Document {
        .list(news, none: "No base was fetched from the Hub.", listing.view)
    }
}

/// How a base stands to what its repository has now.
struct BaseNews: Codable, Hashable, Sendable, TableRow {
    var base: BaseID
    var repository: String
    /// The commit that it was fetched by.
    var commit: String
    /// The commit that the same revision is at now.
    var newest: String
    /// The files of the base that have another content there, or are gone.
    var changed: [String]

    static var columns: [Column] { ["BASE", "REPOSITORY", "COMMIT", "NOW", .text("CHANGED")] }

    var cells: [Cell] {
        let text =
            commit == newest
            ? "nothing: it is the newest" : changed.isEmpty ? "nothing of the base" : changed.joined(separator: ", ")
        return [
            Cell(base.rawValue), Cell(repository), Cell(String(commit.prefix(12))), Cell(String(newest.prefix(12))),
            Cell(text),
        ]
    }
}

extension BaseNews {
    /// Asks. Nil for a base that is not of the Hub.
    init?(_ card: BaseCard, _ client: HubClient) throws {
        guard let source = card.source, let repository = source.repository, let commit = source.commit else {
            return nil
        }
        let listing = try client.listing(HubAddress(repository: repository, revision: source.revision))
        let there = Dictionary(listing.files.map { ($0.path, $0) }) { first, _ in first }
        base = card.id
        self.repository = repository
        self.commit = commit
        newest = listing.commit
        changed = source.files.filter { file in
            guard let now = there[file.path] else { return true }
            return now.identity != file.identity || now.bytes != file.bytes
        }.map(\.path)
    }
}
