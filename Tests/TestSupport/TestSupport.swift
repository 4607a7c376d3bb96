import Foundation

/// Where the tests find what they test.
package enum TestSupport {
    package struct Missing: Error, CustomStringConvertible {
        package var description: String
    }

    /// The repository's root folder.
    package static let repository: String = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// The folder of the built programs, which is that of the test program itself.
    package static let programs: String = {
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(filePath: own).deletingLastPathComponent().path
    }()

    /// Path of a built program; throws with the remedy where it was not built.
    package static func program(_ name: String) throws -> String {
        let path = programs + "/" + name
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw Missing(description: "\(path) is not built. Run: make build")
        }
        return path
    }

    /// Path of a real base model that `make models` fetches; throws with the remedy where it is absent.
    package static func model(_ file: String = "SmolLM2-135M-Instruct.Q4_1.gguf") throws -> String {
        let folder = ProcessInfo.processInfo.environment["FINETUNED_TEST_MODELS"] ?? repository + "/models"
        let path = folder + "/" + file
        guard FileManager.default.fileExists(atPath: path) else {
            throw Missing(description: "\(path) is absent. Run: make models")
        }
        return path
    }

    /// A fixture's path under Tests/Fixtures.
    package static func fixture(_ name: String) -> String { repository + "/Tests/Fixtures/" + name }

    /// Waits until `condition` holds, polling; false when it does not within `seconds`.
    ///
    /// The bound only ends a test that hangs: it is far above what a busy machine needs, so that no slowness fails one.
    /// It is one of turns as well: beside a thousand tests that wait for two threads, each task has its turn once in
    /// minutes, and what is waited for may need several. Asking takes a quarter of the time at most: where the question
    /// is a program to be started, what is waited for needs the processors itself.
    package static func eventually(seconds: Double = 300, _ condition: () async throws -> Bool) async throws -> Bool {
        let deadline = Date().addingTimeInterval(seconds)
        var turns = 0
        repeat {
            let asked = ContinuousClock.now
            if try await condition() { return true }
            try await Task.sleep(for: min(.seconds(1), max(.milliseconds(25), asked.duration(to: .now) * 3)))
            turns += 1
        } while Date() < deadline || turns < 20
        return try await condition()
    }
}
