import Foundation
import Settings
import TestSupport
import Testing

struct ConfigurationPageTests {
    @Test func thePageSaysWhatTheParserKnows() throws {
        let path = TestSupport.repository + "/docs/configuration.md"
        if Golden.isRewriting {
            try ConfigurationPage.text.write(toFile: path, atomically: true, encoding: .utf8)
        }
        let page = try String(contentsOfFile: path, encoding: .utf8)
        #expect(
            page == ConfigurationPage.text,
            "docs/configuration.md is out of date: FINETUNED_REGENERATE=1 make test writes it anew")
    }
}
