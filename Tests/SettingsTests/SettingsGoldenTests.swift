import Foundation
import Settings
import TestSupport
import Testing

/// Settings in, every fault as a person reads it out. A file `daemon-*` is `finetuned.toml`, any other a pipeline's.
struct SettingsGoldenTests {
    private static let golden = Golden("SettingsTests/Golden")

    @Test func everyFaultNamesFileLineKeyValueAndRemedy() throws {
        let names = try Self.golden.names()
        #expect(names.count >= 10)
        for name in names {
            let input = try Self.golden.input(name).trimmingCharacters(in: .newlines)
            let sandbox = try Sandbox()
            let path =
                name.hasPrefix("daemon-")
                ? sandbox.layout.daemonSettings
                : sandbox.layout.pipelineSettings + "/tickets.toml"
            try (input + "\n").write(toFile: path, atomically: true, encoding: .utf8)
            let problems = SettingsFolder.read(sandbox.layout).problems
            let output = problems.map { "\($0)\n" }.joined().replacing(sandbox.root, with: "")
            let difference = try Self.golden.difference(name, input: input, output: output)
            #expect(difference == nil)
        }
    }
}
