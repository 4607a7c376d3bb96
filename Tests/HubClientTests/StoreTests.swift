import Foundation
import Nouns
import TestSupport
import Testing

@testable import HubClient

/// Models as other programs keep them here.
struct StoreTests {
    let sandbox: Sandbox
    var home: String { sandbox.root }
    static let digest = String(repeating: "ab", count: 32)

    init() throws { sandbox = try Sandbox() }

    func write(_ text: String, _ path: String) throws {
        let path = home + "/" + path
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    /// A cache as huggingface_hub 2.4 writes it.
    func cache(_ repository: String = "models--ann--tiny", commit: String = StandIn.commit) throws {
        let folder = "cache/\(repository)"
        try write("weights", "\(folder)/blobs/\(Self.digest)")
        try write("{}", "\(folder)/blobs/9e26dfeeb6e641a33dae4961196235bdb965b21b")
        try write(commit, "\(folder)/refs/main")
        let snapshot = "\(home)/\(folder)/snapshots/\(commit)"
        try FileManager.default.createDirectory(atPath: snapshot, withIntermediateDirectories: true)
        for (name, blob) in [
            ("model.safetensors", Self.digest), ("config.json", "9e26dfeeb6e641a33dae4961196235bdb965b21b"),
        ] {
            try FileManager.default.createSymbolicLink(
                atPath: "\(snapshot)/\(name)", withDestinationPath: "../../blobs/\(blob)")
        }
    }

    @Test func aHubCacheIsReadByItsLinks() throws {
        try cache()
        let cache = HubCache(home + "/cache")
        let snapshot = try #require(cache.snapshot("ann/tiny", nil))
        #expect(snapshot.repository == "ann/tiny" && snapshot.commit == StandIn.commit)
        #expect(cache.snapshot("ann/tiny", StandIn.commit) == snapshot && cache.all() == [snapshot])
        #expect(cache.snapshot("ann/tiny", "v9") == nil && cache.snapshot("ann/other", nil) == nil)
        let listing = HubCache.listing(snapshot)
        #expect(listing.files.map(\.path) == ["config.json", "model.safetensors"])
        #expect(listing.files.map(\.sha256) == [nil, Self.digest] && listing.files.map(\.bytes) == [2, 7])
        #expect(cache.path(listing.files[1], of: listing) == snapshot.folder + "/model.safetensors")
        var other = listing.files[1]
        other.sha256 = String(repeating: "c", count: 64)
        #expect(cache.path(other, of: listing) == nil, "another content is not taken for it")
        for path in [snapshot.folder, home + "/cache/models--ann--tiny"] {
            #expect(HubCache.snapshot(at: path) == snapshot)
        }
        #expect(HubCache.snapshot(at: snapshot.folder + "/config.json") == nil)
        #expect(HubCache.snapshot(at: home) == nil)
    }

    /// A store as Ollama 0.12 writes it.
    func ollama(_ place: String, _ store: String = ".ollama/models") throws {
        try write(
            """
            {"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json",
            "config":{"mediaType":"application/vnd.docker.container.image.v1+json","digest":"sha256:1","size":1},
            "layers":[{"mediaType":"application/vnd.ollama.image.model","digest":"sha256:\(Self.digest)","size":7},
            {"mediaType":"application/vnd.ollama.image.template","digest":"sha256:2","size":3}]}
            """, "\(store)/manifests/\(place)")
        try write("weights", "\(store)/blobs/sha256-\(Self.digest)")
    }

    @Test func ollamasNamesLeadToBlobs() throws {
        try ollama("registry.ollama.ai/library/tiny/latest")
        try ollama("registry.ollama.ai/ann/tiny/1b")
        try ollama("hf.co/ann/tiny/Q8_0")
        let store = try #require(OllamaStore.all([:], home: home).first)
        let model = try #require(try store.model("tiny"))
        #expect(model.name == "tiny:latest" && model.bytes == 7 && model.sha256 == Self.digest && model.hasTemplate)
        #expect(try String(contentsOfFile: model.blob, encoding: .utf8) == "weights")
        for name in ["tiny:latest", "ann/tiny:1b", "hf.co/ann/tiny:Q8_0"] {
            #expect(try store.model(name)?.name == name)
        }
        #expect(try store.model("tiny:9b") == nil)
        #expect(Set(store.all().map(\.name)) == ["tiny:latest", "ann/tiny:1b", "hf.co/ann/tiny:Q8_0"])
        for name in ["", "../x", "a/b/c/d", "tiny:"] {
            let failure = #expect(throws: Failure.self) { try store.model(name) }
            #expect(failure?.code == "ollama.name")
        }
        try write("{}", ".ollama/models/manifests/registry.ollama.ai/library/broken/latest")
        #expect(#expect(throws: Failure.self) { try store.model("broken") }?.code == "ollama.manifest")
        #expect(OllamaStore.all(["OLLAMA_MODELS": "/m"], home: home).map(\.root) == ["/m"])
    }

    @Test func lmStudiosFoldersAreSearched() throws {
        try write("weights", ".lmstudio/models/ann/tiny-GGUF/tiny-Q8_0.gguf")
        try write("eyes", ".lmstudio/models/ann/tiny-GGUF/mmproj-tiny.gguf")
        try write("{}", ".lmstudio/models/ben/small/config.json")
        try write("older", ".cache/lm-studio/models/ann/old/old.gguf")
        let found = LMStudioFolder.all(home: home).flatMap { $0.all() }.map { $0.dropFirst(home.count + 1) }
        #expect(
            found == [
                ".lmstudio/models/ann/tiny-GGUF/tiny-Q8_0.gguf", ".lmstudio/models/ben/small",
                ".cache/lm-studio/models/ann/old/old.gguf",
            ])
        try write(home + "/elsewhere\n", ".lmstudio-home-pointer")
        try write("weights", "elsewhere/models/ann/x/x.gguf")
        #expect(LMStudioFolder.all(home: home).first?.all() == [home + "/elsewhere/models/ann/x/x.gguf"])
    }

    @Test func everythingThatLiesHereIsFound() throws {
        try cache()
        try ollama("registry.ollama.ai/library/tiny/latest")
        try write("weights", ".lmstudio/models/ann/tiny-GGUF/tiny-Q8_0.gguf")
        try write("x", "cache/models--ann--bad/snapshots/c/pytorch_model.bin")
        let settings = HubSettings(cache: home + "/cache")
        let models = LocalModel.all(settings, [:], home: home)
        #expect(models.map(\.store) == ["Hub cache", "Hub cache", "Ollama", "LM Studio"])
        #expect(models.filter { $0.problem == nil }.map(\.bytes) == [9, 7, 7])
        #expect(models.first { $0.problem != nil }?.problem?.contains("pickles") == true)
        #expect(models.contains { $0.source == "ollama:tiny:latest" })
    }
}
