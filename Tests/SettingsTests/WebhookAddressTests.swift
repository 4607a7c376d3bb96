import Foundation
import Nouns
import Places
import TestSupport
import Testing

@testable import Settings

/// Where events may be sent, and what is shown of it.
struct WebhookAddressTests {
    @Test(arguments: [
        ("https://example.org/hook", "https://example.org/hook"),
        ("HTTP://Example.org:8080", "http://Example.org:8080"),
        ("https://me:word@example.org/a?key=word#word", "https://example.org/a"),
        ("https://word@[2001:db8::1]:8443/a", "https://[2001:db8::1]:8443/a"),
    ])
    func whatMayBeASecretIsNotShown(_ text: String, _ shown: String) throws {
        #expect(try #require(WebhookAddress(text)).shown == shown)
    }

    @Test(arguments: [
        "", "https://", "ftp://example.org", "nonsense", "https:///path", "https://a b/", "https://a\u{202E}b/",
        "https://example.org:0/", "https://example.org:99999/", "https://a\\@b/", "file:///etc/passwd",
    ])
    func whatIsNoAddressIsRefused(_ text: String) {
        #expect(WebhookAddress(text) == nil)
        #expect(!WebhookAddress.shown("https://me:word@exa mple/?word").contains("word"))
    }

    @Test(arguments: [
        "localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.1", "0x7f.1", "2130706433", "0", "169.254.169.254",
        "[::1]", "[::]", "[fe80::1]", "[::ffff:169.254.0.1]",
    ])
    func thisMachineAndItsLinkAreLocal(_ host: String) throws {
        #expect(try #require(WebhookAddress("http://\(host)/")).isLocal)
    }

    @Test(arguments: ["example.org", "10.0.0.1", "192.168.1.1", "[2001:db8::1]", "localhost.example.org", "[fd00::1]"])
    func othersAreNot(_ host: String) throws {
        #expect(try !#require(WebhookAddress("http://\(host)/")).isLocal)
    }

    private func pipeline(_ delivery: String) throws -> (PipelineSettings, [Failure]) {
        let sandbox = try Sandbox()
        let path = sandbox.root + "/tickets.toml"
        try Data("base = \"tiny\"\n[delivery]\n\(delivery)\n".utf8).write(to: URL(filePath: path))
        return try SettingsFolder.pipeline(path)
    }

    @Test func aLocalTargetIsRefusedUnlessItIsMeant() throws {
        let address = "webhook = \"http://me:word@127.0.0.1:9/a?word\""
        let (_, faults) = try pipeline(address)
        #expect(faults.map(\.code) == ["settings.value"] && faults[0].remedy?.contains("webhook_local") == true)
        #expect(!"\(faults[0])".contains("word"))
        #expect(try pipeline(address + "\nwebhook_local = true").1.isEmpty)
    }

    @Test func aFaultyAddressIsNotRepeatedWhole() throws {
        let (_, faults) = try pipeline("webhook = \"https://me:word@/a?word\"")
        #expect(faults.count == 1 && !"\(faults)".contains("word"), "\(faults)")
    }

    @Test func settingsInForceAreShownWithoutIt() throws {
        let (settings, _) = try pipeline("webhook = \"https://me:word@example.org/a?word\"")
        let text = SettingsText.toml(settings)
        #expect(!text.contains("word@") && !text.contains("?word") && text.contains("https://example.org/a"), "\(text)")
    }
}
