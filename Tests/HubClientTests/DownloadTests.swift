import Foundation
import Nouns
import TestSupport
import Testing

@testable import HubClient

/// Files over a network on which everything breaks, from the stand-in Hub.
struct DownloadTests {
    static let content = StandIn.bytes(200_003)

    /// The repository's weights, listed; the Hub misbehaves as `behaviour` says from then on.
    func weights(_ hub: StandIn, _ client: HubClient, _ behaviour: String = "{}") throws -> RemoteFile {
        try hub.put(["model.gguf": Self.content])
        let listing = try client.listing(try #require(try HubAddress("hf:ann/tiny")))
        try hub.behave(behaviour)
        return client.file(try #require(listing.files.first), of: listing)
    }

    func download(_ client: HubClient, _ file: RemoteFile, from offset: Int = 0) throws -> Arrivals {
        let arrivals = Arrivals()
        try client.fetcher.download(file, from: offset, restart: arrivals.restart, piece: arrivals.take)
        return arrivals
    }

    @Test func aConnectionThatIsCutAtEveryTenthGoesOnAtTheNextByte() async throws {
        let hub = try await StandIn()
        let client = try hub.client()
        let arrivals = try download(client, try weights(hub, client, #"{"cut": true}"#))
        #expect(arrivals.data == Self.content && arrivals.restarts == 0)
        let stored = try hub.asked().filter { $0.host == "storage" }
        #expect(stored.count == 10)
        #expect(stored.reduce(0) { $0 + $1.bytes } == Self.content.count)
        #expect(hub.waits.withLock { $0.count } == 9)
    }

    @Test func aBeginningThatIsThereIsNotFetchedAgain() async throws {
        let hub = try await StandIn()
        let client = try hub.client()
        let arrivals = try download(client, try weights(hub, client), from: 150_000)
        #expect(arrivals.data == Self.content.dropFirst(150_000) && arrivals.restarts == 0)
        #expect(try hub.asked().filter { $0.host == "storage" }.map(\.bytes) == [50_003])
    }

    @Test func anObjectThatChangedMeanwhileIsFetchedAnewAndNeverSpliced() async throws {
        let hub = try await StandIn()
        let client = try hub.client()
        let file = try weights(hub, client, #"{"cut": true}"#)
        let arrivals = Arrivals()
        var isChanged = false
        try client.fetcher.download(file, from: 0, restart: arrivals.restart) { bytes in
            arrivals.take(bytes)
            guard !isChanged, arrivals.data.count > 30_000 else { return }
            isChanged = true
            try hub.behave(#"{"serial": "b"}"#)
        }
        #expect(isChanged && arrivals.restarts == 1)
        #expect(arrivals.data == Self.content)
    }

    @Test func aServerThatGivesNoPartsHasTheFileBeginAnew() async throws {
        let hub = try await StandIn()
        let client = try hub.client()
        let arrivals = try download(client, try weights(hub, client, #"{"whole": true}"#), from: 1000)
        #expect(arrivals.data == Self.content && arrivals.restarts == 1)
    }

    @Test func anObjectOfAnotherSizeIsRefused() async throws {
        let hub = try await StandIn()
        let client = try hub.client()
        let file = try weights(hub, client, #"{"shorter": 7}"#)
        let failure = #expect(throws: Failure.self) { try download(client, file) }
        #expect(failure?.code == "hub.changed" && failure?.message.contains("199996 bytes") == true)
    }

    @Test func anotherContentAtTheHubIsRefusedBeforeAByteIsTaken() async throws {
        let hub = try await StandIn()
        let client = try hub.client()
        let file = try weights(hub, client)
        try hub.put(["model.gguf": StandIn.bytes(200_003 - 8) + Data("another!".utf8)])
        let arrivals = Arrivals()
        let failure = #expect(throws: Failure.self) {
            try client.fetcher.download(file, from: 0, restart: arrivals.restart, piece: arrivals.take)
        }
        #expect(failure?.code == "hub.changed" && arrivals.data.isEmpty)
    }

    @Test func anExpiredAddressIsAskedForAnew() async throws {
        let hub = try await StandIn()
        let client = try hub.client()
        let arrivals = try download(client, try weights(hub, client, #"{"expired": 2}"#))
        #expect(arrivals.data == Self.content)
        #expect(try hub.asked().count { $0.host == "hub" && $0.path.contains("/resolve/") } == 3)
    }

    @Test(arguments: [(#""date""#, 0.0...4.0), ("7", 7.0...7.0)])
    func aServerThatAsksToWaitIsWaitedFor(_ told: String, _ seconds: ClosedRange<Double>) async throws {
        let hub = try await StandIn()
        let client = try hub.client()
        let arrivals = try download(client, try weights(hub, client, #"{"busy": 2, "retry_after": \#(told)}"#))
        #expect(arrivals.data == Self.content)
        let waits = hub.waits.withLock { $0.map(\.seconds) }
        #expect(waits.count == 2 && waits.allSatisfy(seconds.contains), "\(waits)")
    }

    @Test func aServerThatStaysBrokenIsGivenUp() async throws {
        let hub = try await StandIn()
        let client = try hub.client()
        let file = try weights(hub, client, #"{"broken": 100}"#)
        let failure = #expect(throws: Failure.self) { try download(client, file) }
        #expect(failure?.code == "hub.unreachable" && failure?.cause == "status 503")
        #expect(hub.waits.withLock { $0.count } == Fetcher.tries - 1)
    }

    @Test func aTokenGoesToItsHostAndOverNoRedirect() async throws {
        let hub = try await StandIn()
        let client = try hub.client(token: "hf_secret")
        _ = try download(client, try weights(hub, client))
        let asked = try hub.asked()
        #expect(!asked.contains { $0.host == "hub" && !$0.token })
        #expect(asked.contains { $0.host == "storage" } && !asked.contains { $0.host == "storage" && $0.token })
        let other = try hub.client(token: "hf_secret", endpoint: "http://127.0.0.3:9")
        _ = try? other.fetcher.small(hub.endpoint + "/api/models/ann/tiny")
        #expect(try hub.asked().last?.token == false)
    }

    @Test func redirectsThatLeadOnForEverAreGivenUp() async throws {
        let hub = try await StandIn()
        let client = try hub.client()
        let file = try weights(hub, client, #"{"loop": true}"#)
        let failure = #expect(throws: Failure.self) { try download(client, file) }
        #expect(failure?.code == "hub.redirect")
        #expect(try hub.asked().count { $0.path.contains("/resolve/") } == 9)
    }

    @Test func noRedirectLeadsAwayFromTLS() async throws {
        let hub = try await StandIn(certificate: "good")
        let client = try hub.client(token: "hf_secret", authorities: "authority.pem")
        let file = try weights(hub, client, #"{"plain": true}"#)
        let failure = #expect(throws: Failure.self) { try download(client, file) }
        #expect(failure?.code == "hub.redirect" && failure?.message.contains("without TLS") == true)
        #expect(!(try hub.asked().contains { $0.host == "storage" }))
        #expect("\(try #require(failure))".contains("hf_secret") == false)
    }

    @Test(arguments: [("other", "authority.pem"), ("good", nil)])
    func aHostThatIsNotProvenIsAskedNothing(_ certificate: String, _ authorities: String?) async throws {
        let hub = try await StandIn(certificate: certificate)
        try hub.put(["model.gguf": Self.content])
        let client = try hub.client(token: "hf_secret", authorities: authorities)
        let failure = #expect(throws: Failure.self) { try client.fetcher.small(hub.endpoint + "/api/models/ann/tiny") }
        #expect(failure?.code == "hub.refused" && hub.waits.withLock { $0.isEmpty })
        #expect(try hub.asked().isEmpty)
    }

    @Test func nothingIsAskedOffline() throws {
        var settings = HubSettings(endpoint: "http://127.0.0.1:9")
        settings.isOffline = true
        let fetcher = try Fetcher(settings) { _, _ in }
        let failure = #expect(throws: Failure.self) { try fetcher.small("http://127.0.0.1:9/x?secret=1") }
        #expect(failure?.code == "hub.offline" && failure?.place == "http://127.0.0.1:9/x")
    }

    @Test func aPieceThatCannotBeTakenEndsTheDownload() async throws {
        struct Full: Error {}
        let hub = try await StandIn()
        let client = try hub.client()
        let file = try weights(hub, client)
        #expect(throws: Full.self) { try client.fetcher.download(file, from: 0, restart: {}) { _ in throw Full() } }
    }
}
