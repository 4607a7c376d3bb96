import Foundation
import Systemd
import TestSupport

extension SystemdMachine {
    /// Waits for a record of this kind that matches `matches` as well, asking by MESSAGE_ID as a monitor would.
    ///
    /// - Returns: its fields; throws with the machine's whole story where it does not come.
    @discardableResult
    func wait(for kind: EventKind, _ matches: String..., atLeast count: Int = 1, seconds: Double = 240) async throws
        -> [String: String]
    {
        let query = (["MESSAGE_ID=\(kind.messageID)"] + matches).joined(separator: " ")
        var found: [[String: String]] = []
        let came = try await TestSupport.eventually(seconds: seconds) {
            found = try await journal(query).records
            return found.count >= count
        }
        guard came, let last = found.last else {
            throw Failed(description: "No \(kind.rawValue) (\(query)) within \(seconds) s.\n\(await story())")
        }
        return last
    }

    /// Waits until a property of the service has a value.
    func wait(property: String, is value: String, seconds: Double = 240) async throws {
        var last = ""
        let came = try await TestSupport.eventually(seconds: seconds) {
            last = try await self.property(property)
            return last == value
        }
        guard came else {
            throw Failed(description: "\(property) is \(last), not \(value), after \(seconds) s.\n\(await story())")
        }
    }

    /// Process ids of the workers inside.
    func workers() async throws -> [String] {
        try await attempt("pgrep -x finetune-worker").output.split(separator: "\n").map(String.init)
    }

    /// Waits until the daemon has made a pipeline's drop folder.
    func waitForFolder(_ pipeline: String) async throws {
        let folder = "/var/lib/finetuned/drop/\(pipeline)"
        guard try await TestSupport.eventually({ try await attempt("test -d \(folder)").status == 0 })
        else {
            throw Failed(description: "\(folder) was not made.\n\(await story())")
        }
    }

    /// Registers the real base model.
    func addBase() async throws {
        try await shell(
            "ftctl base add /opt/models/SmolLM2-135M-Instruct.Q4_1.gguf --id smollm2-135m-instruct --licence Apache-2.0"
        )
    }

    /// Boots, runs `body`, and powers off, whatever happens; a failure comes with the machine's story.
    static func with(
        dropIn: String = "", settings: String = "", pipelines: [String: String] = [:], installs: Bool = true,
        _ body: (SystemdMachine) async throws -> Void
    ) async throws {
        let machine = try await SystemdMachine(
            dropIn: dropIn, settings: settings, pipelines: pipelines, installs: installs)
        do {
            try await body(machine)
        } catch {
            let story = await machine.story()
            await machine.powerOff()
            throw Failed(description: "\(error)\n\(story)")
        }
        await machine.powerOff()
    }
}
