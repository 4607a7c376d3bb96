import Foundation
import Nouns
import Settings
import TestSupport
import Testing

/// `[engines.NAME]` of finetuned.toml.
struct EngineSettingsTests {
    func read(_ text: String) throws -> SettingsFolder {
        let sandbox = try Sandbox()
        try text.write(toFile: sandbox.layout.daemonSettings, atomically: true, encoding: .utf8)
        return SettingsFolder.read(sandbox.layout)
    }

    @Test func enginesAreReadBesideTheStandardOne() throws {
        let folder = try read(
            """
            [worker]
            program = "/opt/worker"
            [engines.gpu]
            program = "/opt/gpu"
            tasks = ["evaluate", "score", "evaluate"]
            [engines.far]
            program = "/opt/far"
            tasks = ["range-test"]
            """)
        #expect(folder.problems.isEmpty, "\(folder.problems)")
        #expect(folder.daemon.workerProgram == "/opt/worker")
        #expect(
            folder.daemon.engines == [
                EngineSettings(name: "far", program: "/opt/far", tasks: [.rangeTest]),
                EngineSettings(name: "gpu", program: "/opt/gpu", tasks: [.evaluate, .score]),
            ])
    }

    @Test func aFaultNamesTheLineTheEngineAndTheRemedy() throws {
        let texts = [
            "[engines.gpu]\nprogram = \"/opt/gpu\"\ntasks = [\"distil\"]\n",
            "[engines.a]\nprogram = \"/a\"\ntasks = [\"score\"]\n[engines.b]\nprogram = \"/b\"\ntasks = [\"score\"]\n",
            "[engines.gpu]\nprogram = \"gpu\"\ntasks = [\"score\"]\n",
            "[engines.gpu]\ntasks = [\"score\"]\n",
            "[engines.gpu]\nprogram = \"/opt/gpu\"\n",
            "[engines.gpu]\nprogram = \"/opt/gpu\"\ntasks = []\n",
            "[engines.gpu]\nprogram = \"/opt/gpu\"\ntasks = [3]\n",
            "[engines.gpu]\nprogram = \"/opt/gpu\"\ntasks = [\"score\"]\ncolour = \"red\"\n",
            "[engines.\"a b\"]\nprogram = \"/opt/gpu\"\ntasks = [\"score\"]\n",
            "[engines.worker]\nprogram = \"/opt/gpu\"\ntasks = [\"score\"]\n",
            "engines = 3\n",
            "[engines]\ngpu = \"/opt/gpu\"\n",
        ]
        var said = ""
        for text in texts {
            let folder = try read(text)
            #expect(folder.daemon.engines.count == text.components(separatedBy: "[engines.a]").count - 1)
            said += text + "→\n"
            for failure in folder.problems {
                let place = failure.place.map { $0.components(separatedBy: "/finetuned/").last ?? $0 } ?? "nowhere"
                said += "    \(failure.code) at \(place): \(failure.message) \(failure.remedy ?? "")\n"
            }
        }
        let difference = try Golden("SettingsTests/Golden/Engines").difference("faults", input: "faults", output: said)
        #expect(difference == nil, "\(difference ?? "")")
    }
}
