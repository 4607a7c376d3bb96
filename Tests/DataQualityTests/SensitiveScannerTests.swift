import DataQuality
import Nouns
import Testing

struct SensitiveScannerTests {
    /// What is found in a text: the kind and the text itself.
    func found(_ text: String) -> [String] {
        let bytes = Array(text.utf8)
        return SensitiveScanner.matches(in: text).map {
            "\($0.kind.rawValue):\(String(decoding: bytes[$0.range], as: UTF8.self))"
        }
    }

    @Test(arguments: [
        ("Write to anna.meier+x@mail.example.org.", ["email:anna.meier+x@mail.example.org"]),
        ("Kühn <kühn@example.de>", ["email:hn@example.de"]),
        ("from 8.8.8.8, then 93.184.216.34.", ["ip:8.8.8.8", "ip:93.184.216.34"]),
        ("dns 2001:4860:4860::8888 ok", ["ip:2001:4860:4860::8888"]),
        (
            "Call +49 30 901820 or (555) 123-4567 or 555-123-4567.",
            ["phone:+49 30 901820", "phone:(555) 123-4567", "phone:555-123-4567"]
        ),
        ("card 4111 1111 1111 1111 exp", ["card:4111 1111 1111 1111"]),
        ("5500-0000-0000-0004", ["card:5500-0000-0000-0004"]),
        ("IBAN DE89 3704 0044 0532 0130 00, thanks", ["iban:DE89 3704 0044 0532 0130 00"]),
        ("GB82WEST12345698765432", ["iban:GB82WEST12345698765432"]),
        ("key sk-abcdefghijklmnopqrstuvwx end", ["secret:sk-abcdefghijklmnopqrstuvwx"]),
        ("AKIAIOSFODNN7EXAMPLE", ["secret:AKIAIOSFODNN7EXAMPLE"]),
        ("ghp_0123456789abcdefghijABCDEFGHIJ012345", ["secret:ghp_0123456789abcdefghijABCDEFGHIJ012345"]),
        (
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
            ["secret:eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"]
        ),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----!",
            ["secret:-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----"]
        ),
    ])
    func isFound(text: String, expected: [String]) { #expect(found(text) == expected) }

    @Test(arguments: [
        "a@b", "@mention and user@localhost",
        "10.0.0.1 192.168.1.7 127.0.0.1 172.20.1.1 169.254.0.9 224.0.0.1 203.0.113.9",
        "version 1.2.3.4.5 and 999.1.1.1",
        "4111 1111 1111 1112", "order 1234567890123", "0000 0000 0000 0000", "DE00 3704 0044 0532 0130 00",
        "fe80::1 and 2001:db8::1 and 12:30:45",
        "2026-11-24 12:30", "sk-short", "scene sk-", "the year 1999-2000", "555-1234", "+1 23", "", "—— ——",
    ])
    func isNotFound(text: String) { #expect(found(text) == []) }

    @Test func aMatchIsReplacedByItsKind() {
        let text = "Größe: a@b.de, 4111111111111111 und +49 30 901820."
        #expect(
            SensitiveScanner.redacted(text, SensitiveScanner.matches(in: text)) == "Größe: [EMAIL], [CARD] und [PHONE]."
        )
        #expect(SensitiveScanner.redacted("nothing", []) == "nothing")
    }

    /// Texts made to be slow: the time grows with their length and no faster.
    @Test func hostileTextsAreReadInOnePass() {
        for piece in ["sk-", "eyJ-", "-----BEGIN ", "a@", "+1 ", "1.1.", "(", "DE8"] {
            #expect(SensitiveScanner.matches(in: String(repeating: piece, count: 4000)).count < 4001)
        }
    }
}
