import Nouns
import Testing

@testable import Launching

/// The launcher that the settings ask for.
struct LaunchersTests {
    private func make(_ name: String, _ options: [String: String] = [:]) throws -> any WorkerLauncher {
        try Launchers.make(name, options: options) { _ in ["/worker"] }
    }

    @Test func theLocalOneTakesItsGrace() throws {
        #expect(try make("local").grace == .seconds(60))
        #expect(try make("local", ["grace_seconds": "600"]).grace == .seconds(600))
    }

    @Test(arguments: [
        ("cloud", [:], "worker.launcher: There is no launcher 'cloud'. Choose one of: local."),
        (
            "local", ["queue": "gpu"],
            "worker.launcher_options: The launcher 'local' has no option 'queue'. Remove it; it knows grace_seconds."
        ),
        (
            "local", ["grace_seconds": "soon"],
            """
            worker.launcher_options: 'soon' is not what grace_seconds can be. Give a number from 1 to 3600, in quotes.
            """
        ),
    ])
    func whatIsWrongIsSaidWithItsPlaceAndRemedy(_ name: String, _ options: [String: String], _ text: String) throws {
        let failure = #expect(throws: Failure.self) { try make(name, options) }
        #expect(failure?.code == "settings.launcher" && failure.map { "\($0)" } == text)
    }
}
