import Foundation
import Nouns
import Testing

@testable import HubClient

/// How people name models, and how they have the Hub set up.
struct AddressTests {
    @Test(
        arguments: [
            ("hf:ann/tiny", "ann/tiny", nil, nil), ("hf:ann/tiny@v1", "ann/tiny", "v1", nil),
            ("hf:ann/tiny:Q8_0", "ann/tiny", nil, "Q8_0"),
            ("hf:ann/tiny@refs/pr/1:a/b.gguf", "ann/tiny", "refs/pr/1", "a/b.gguf"),
            ("hf:gpt2", "gpt2", nil, nil), ("https://huggingface.co/ann/tiny", "ann/tiny", nil, nil),
            ("https://huggingface.co/ann/tiny/tree/v1", "ann/tiny", "v1", nil),
            ("https://huggingface.co/ann/tiny/blob/main/a.gguf?download=true", "ann/tiny", "main", "a.gguf"),
            ("https://hf.co/ann/tiny/resolve/main/q/a.gguf", "ann/tiny", "main", "q/a.gguf"),
            ("http://mirror:1/hub/ann/tiny", "ann/tiny", nil, nil),
        ] as [(String, String, String?, String?)])
    func namesAreRead(_ text: String, _ repository: String, _ revision: String?, _ choice: String?) throws {
        let address = try #require(try HubAddress(text, endpoint: "http://mirror:1/hub"))
        #expect(address == HubAddress(repository: repository, revision: revision, choice: choice))
        if text.hasPrefix("hf:") { #expect(address.text == text) }
    }

    @Test(arguments: ["hf:", "hf:a/b/c", "hf:../x", "hf:ann/..", "hf:ann/tiny@", "hf:ann/tiny:../x", "hf:a b/c"])
    func whatNamesNothingIsRefused(_ text: String) {
        let failure = #expect(throws: Failure.self) { try HubAddress(text) }
        #expect(failure?.code == "hub.name")
    }

    @Test func pathsAndOtherAddressesAreNoneOfTheHub() throws {
        for text in ["model.gguf", "/a/b", "https://example.org/ann/tiny", "ollama:x"] {
            #expect(try HubAddress(text) == nil)
        }
    }

    @Test func theEnvironmentIsReadAsTheHubsOwnProgramsReadIt() throws {
        let plain = try HubSettings([:], home: "/h")
        #expect(plain.endpoint == "https://huggingface.co" && plain.cache == "/h/.cache/huggingface/hub")
        #expect(plain.token == nil && !plain.isOffline && !plain.allowsHTTP)
        let set = try HubSettings(
            ["HF_ENDPOINT": "http://m:1/", "HF_HOME": "~/hf", "HF_TOKEN": " hf_x\n", "HF_HUB_OFFLINE": "ON"], home: "/h"
        )
        #expect(set.endpoint == "http://m:1" && set.allowsHTTP && set.cache == "/h/hf/hub")
        #expect(set.token == "hf_x" && set.isOffline)
        #expect(try HubSettings(["HF_HUB_CACHE": "/c"], home: "/h").cache == "/c")
        for bad in ["mirror", "ftp://m", "https://m?x", "https:// m"] {
            let failure = #expect(throws: Failure.self) { try HubSettings(["HF_ENDPOINT": bad], home: "/h") }
            #expect(failure?.code == "hub.endpoint")
        }
    }

    @Test func aTokenIsReadFromItsFile() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/token-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data("hf_file\n".utf8).write(to: URL(filePath: folder + "/token"))
        #expect(try HubSettings(["HF_TOKEN_PATH": folder + "/token"], home: "/h").token == "hf_file")
        #expect(try HubSettings(["HF_HOME": folder], home: "/h").token == "hf_file")
        #expect(try HubSettings(["HF_HOME": folder, "HF_TOKEN": "hf_set"], home: "/h").token == "hf_set")
    }

    @Test func waitsAreReadFromSecondsAndFromDates() throws {
        let now = Date(timeIntervalSince1970: 1_795_000_000)
        #expect(Fetcher.seconds("12", now: now) == 12)
        #expect(Fetcher.seconds("Wed, 18 Nov 2026 10:27:10 GMT", now: Date(timeIntervalSince1970: 1_794_997_600)) == 30)
        #expect(Fetcher.seconds("soon", now: now) == nil && Fetcher.seconds(nil, now: now) == nil)
        #expect(Fetcher.seconds("nan", now: now) == nil && Fetcher.seconds("inf", now: now) == nil)
    }

    @Test func addressesAreShownWithoutTheirSecrets() {
        #expect(Fetcher.shown("https://u:p@h/a?X-Amz-Signature=1#f") == "https://h/a")
    }
}
