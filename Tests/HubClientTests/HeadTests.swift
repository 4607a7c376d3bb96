import Foundation
import Nouns
import TestSupport
import Testing

@testable import HubClient

/// What stands in front of the weights, read by ranges.
struct HeadTests {
    static func gguf() throws -> Data {
        try Data(contentsOf: URL(filePath: TestSupport.fixture("weights/every-type.gguf")))
    }

    @Test func theHeadOfAGGUFEndsWhereItsTensorsAreListed() throws {
        let file = try Self.gguf()
        guard case .whole(let bytes, let architecture) = try GGUFHead.scan(file, at: "x") else {
            Issue.record("the whole file has a whole head")
            return
        }
        #expect(bytes > 24 && bytes < file.count && architecture == "llama")
        #expect(try GGUFHead.scan(file.prefix(bytes), at: "x") == .whole(bytes: bytes, architecture: "llama"))
        for count in 0..<bytes {
            let scan = try GGUFHead.scan(file.prefix(count), at: "x")
            guard case .more = scan else {
                Issue.record("\(count) of \(bytes) bytes are no whole head")
                return
            }
        }
    }

    @Test func theArchitectureIsKnownBeforeTheRest() throws {
        var file = Data("GGUF".utf8)
        func number(_ value: Int, _ width: Int) {
            file += (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        func text(_ text: String) {
            number(text.utf8.count, 8)
            file += Data(text.utf8)
        }
        number(3, 4)
        number(1, 8)
        number(2, 8)
        text("general.architecture")
        number(8, 4)
        text("mamba")
        let known = file.count
        text("tokenizer.ggml.tokens")
        number(9, 4)
        number(8, 4)
        number(2, 8)
        text("a")
        text("b")
        text("token_embd.weight")
        number(2, 4)
        number(8, 8)
        number(2, 8)
        number(0, 4)
        number(0, 8)
        for count in known..<file.count {
            #expect(try GGUFHead.scan(file.prefix(count), at: "x") == .more(architecture: "mamba"))
        }
        #expect(try GGUFHead.scan(file + Data(count: 100), at: "x") == .whole(bytes: file.count, architecture: "mamba"))
    }

    @Test func whatIsNoGGUFIsRefused() throws {
        var wrongCount = try Self.gguf()
        wrongCount.replaceSubrange(16..<24, with: Data(repeating: 255, count: 8))
        for data in [Data("GGML".utf8), Data("<htm".utf8), Data("GGUF".utf8) + Data([9, 0, 0, 0]), wrongCount] {
            let failure = #expect(throws: Failure.self) { try GGUFHead.scan(data, at: "x") }
            #expect(failure?.code == "hub.gguf")
        }
    }

    @Test func anUnknownArchitectureCostsLittleOfALargeFile() async throws {
        struct Refused: Error {}
        let hub = try await StandIn()
        var file = Data("GGUF".utf8) + Data([3, 0, 0, 0]) + Data(repeating: 0, count: 8) + Data([2]) + Data(count: 7)
        file += Data([20]) + Data(count: 7) + Data("general.architecture".utf8) + Data([8, 0, 0, 0])
        file += Data([5]) + Data(count: 7) + Data("mamba".utf8)
        // A text of five million bytes, such as a list of tokens takes.
        file += Data([1]) + Data(count: 7) + Data("k".utf8) + Data([8, 0, 0, 0])
        file += Data([0x40, 0x4b, 0x4c, 0]) + Data(count: 4) + StandIn.bytes(6_000_000)
        try hub.put(["m.gguf": file])
        let client = try hub.client()
        let listing = try client.listing(HubAddress(repository: "ann/tiny"))
        #expect(throws: Refused.self) {
            try WeightHeads(client.fetcher).gguf(client.file(listing.files[0], of: listing)) { architecture in
                #expect(architecture == "mamba")
                throw Refused()
            }
        }
        #expect(try hub.asked().reduce(0) { $0 + $1.bytes } < 2 << 20)
    }

    @Test func theHeadOfSafetensorsIsItsLengthAndItsList() async throws {
        let hub = try await StandIn()
        let list = Data((#"{"x":"# + String(repeating: " ", count: 100_000) + "1}").utf8)
        let length = Data((0..<8).map { UInt8(truncatingIfNeeded: list.count >> (8 * $0)) })
        try hub.put(["a.safetensors": length + list + StandIn.bytes(1000), "b.safetensors": StandIn.bytes(4000)])
        let client = try hub.client()
        let listing = try client.listing(HubAddress(repository: "ann/tiny"))
        let heads = WeightHeads(client.fetcher)
        #expect(try heads.safetensors(client.file(listing.files[0], of: listing)) == length + list)
        let failure = #expect(throws: Failure.self) {
            try heads.safetensors(client.file(listing.files[1], of: listing))
        }
        #expect(failure?.code == "hub.head")
    }
}
