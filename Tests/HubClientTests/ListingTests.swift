import Foundation
import Nouns
import TestSupport
import Testing

@testable import HubClient

/// What a repository is said to be, and which of its files make a model.
struct ListingTests {
    func listing(_ names: [String]) -> HubListing {
        HubListing(
            repository: "ann/tiny", commit: StandIn.commit,
            files: names.map { .init(path: $0, bytes: $0.count, blob: $0) })
    }

    func failure(_ names: [String], _ choice: String? = nil) -> Failure? {
        #expect(throws: Failure.self) { try HubChoice.model(listing(names), choice) }
    }

    @Test func aRepositoryIsListedWithSizesAndDigests() async throws {
        let hub = try await StandIn()
        try hub.put(["config.json": Data("{}".utf8), "model.safetensors": Data("weights".utf8)])
        let listing = try hub.client().listing(HubAddress(repository: "ann/tiny"))
        #expect(listing.commit == StandIn.commit && listing.licence == "apache-2.0" && !listing.isGated)
        #expect(listing.files.map(\.path) == ["config.json", "model.safetensors"])
        #expect(listing.files.map(\.bytes) == [2, 7])
        #expect(listing.files[0].sha256 == nil && listing.files[0].blob == "9e26dfeeb6e641a33dae4961196235bdb965b21b")
        #expect(listing.files[1].sha256?.wholeMatch(of: /[0-9a-f]{64}/) != nil)
    }

    @Test func whatThereIsNotIsNamedWithWhatIsNear() async throws {
        let hub = try await StandIn()
        try hub.put(["config.json": Data("{}".utf8)], in: "ann/tinyllama")
        let client = try hub.client()
        let name = #expect(throws: Failure.self) { try client.listing(HubAddress(repository: "ann/llama")) }
        #expect(name?.code == "hub.unknown" && name?.remedy == "There is hf:ann/tinyllama.")
        let revision = #expect(throws: Failure.self) {
            try client.listing(HubAddress(repository: "ann/tinyllama", revision: "v9"))
        }
        #expect(revision?.remedy == "There is hf:ann/tinyllama@main.")
    }

    @Test func aRenamedRepositoryIsFoundByItsOldName() async throws {
        let hub = try await StandIn()
        try hub.put(["config.json": Data("{}".utf8)], in: "ann/new")
        try hub.behave(#"{"renamed": {"ann/old": "ann/new"}}"#)
        #expect(try hub.client().listing(HubAddress(repository: "ann/old")).repository == "ann/new")
    }

    @Test func accessIsAskedForOnThePageThatIsNamed() async throws {
        let hub = try await StandIn()
        try hub.put(["model.safetensors": Data("weights".utf8)])
        try hub.behave(#"{"gated": ["ann/tiny"]}"#)
        for token in [nil, "hf_other"] {
            let client = try hub.client(token: token)
            let listing = try client.listing(HubAddress(repository: "ann/tiny"))
            #expect(listing.isGated)
            let failure = #expect(throws: Failure.self) {
                try client.fetcher.bytes(0..<4, of: client.file(listing.files[0], of: listing))
            }
            #expect(failure?.code == "hub.access")
            #expect(failure?.remedy?.contains("Ask for access at \(hub.endpoint)/ann/tiny") == true)
            #expect(failure?.remedy?.contains("hf auth login") == (token == nil))
            #expect("\(try #require(failure))".contains("hf_other") == false)
        }
        let client = try hub.client(token: "hf_let")
        let listing = try client.listing(HubAddress(repository: "ann/tiny"))
        #expect(try client.fetcher.bytes(0..<4, of: client.file(listing.files[0], of: listing)) == Data("weig".utf8))
    }

    @Test func whatIsNeededIsTakenAndNothingElse() throws {
        let model = try #require(
            try HubChoice.model(
                listing([
                    "README.md", "config.json", "model.safetensors", "pytorch_model.bin", "tokenizer.json",
                    "onnx/model.onnx", "LICENSE", "training_args.bin", "vocab.json", "flax_model.msgpack",
                ]), nil))
        #expect(!model.isGGUF && model.weights.map(\.path) == ["model.safetensors"])
        #expect(model.others.map(\.path) == ["config.json", "tokenizer.json", "vocab.json", "LICENSE", "README.md"])
    }

    @Test func shardsAreTakenByTheIndex() throws {
        let names = [
            "config.json", "model.safetensors.index.json", "a-1.safetensors", "a-2.safetensors", "b.safetensors",
        ]
        let listing = listing(names)
        let model = try #require(try HubChoice.model(listing, nil))
        let index = Data(
            #"{"weight_map": {"x": "a-2.safetensors", "y": "a-1.safetensors", "z": "a-2.safetensors"}}"#.utf8)
        #expect(
            try HubChoice.sharded(model, index: index, listing).weights.map(\.path)
                == ["a-1.safetensors", "a-2.safetensors"])
        for bad in ["[]", #"{"weight_map": {}}"#, #"{"weight_map": {"x": "c.safetensors"}}"#] {
            let failure = #expect(throws: Failure.self) {
                try HubChoice.sharded(model, index: Data(bad.utf8), listing)
            }
            #expect(failure?.code == "hub.index")
        }
    }

    @Test func oneOfSeveralQuantisationsIsChosenInAnyCase() throws {
        let names = [
            "tiny-Q8_0.gguf", "tiny-Q4_K_M.gguf", "tiny-IQ2_XS.gguf", "tiny-f16-00001-of-00002.gguf",
            "tiny-f16-00002-of-00002.gguf", "mmproj-tiny.gguf", "README.md",
        ]
        #expect(try HubChoice.model(listing(names), nil) == nil)
        let options = HubChoice.options(listing(names))
        #expect(Set(options.map(\.label)) == ["Q8_0", "Q4_K_M", "IQ2_XS", "F16"])
        #expect(options.filter { !$0.isReadable }.map(\.label) == ["IQ2_XS"])
        for choice in ["q8_0", "Q8_0", "tiny-Q8_0.gguf"] {
            #expect(try HubChoice.model(listing(names), choice)?.weights.map(\.path) == ["tiny-Q8_0.gguf"])
        }
        let whole = try HubChoice.model(listing(names), "F16")
        #expect(whole?.weights.map(\.path) == ["tiny-f16-00001-of-00002.gguf", "tiny-f16-00002-of-00002.gguf"])
        let unknown = failure(names, "Q5_K_S")
        #expect(unknown?.code == "hub.choice" && unknown?.remedy?.contains("Q4_K_M") == true)
    }

    @Test func whatHoldsNoModelIsNamed() {
        #expect(failure([])?.message == "The repository is empty.")
        #expect(failure(["README.md"])?.code == "hub.empty")
        #expect(failure(["config.json", "pytorch_model.bin"])?.code == "hub.pickles")
        #expect(failure(["adapter_config.json", "adapter_model.safetensors"])?.code == "hub.adapter")
        for name in ["../../etc/passwd", "a/../b", "/etc/passwd", "a\\b", "a\u{7}b", "a//b"] {
            #expect(failure(["config.json", "model.safetensors", name])?.code == "hub.name")
        }
    }
}
