import Foundation
import Nouns
import Places

/// A root folder of its own for one daemon under test, removed afterwards.
package final class Sandbox: Sendable {
    package let layout: Layout
    package var root: String { layout.root }

    package init() throws {
        let folder = NSTemporaryDirectory() + "finetuned-" + UUID().uuidString.prefix(8)
        layout = Layout(root: folder)
        for path in [layout.pipelineSettings, layout.state, layout.runtime] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: layout.root) }

    /// Writes `etc/finetuned/finetuned.toml`.
    package func settings(_ toml: String) throws {
        try toml.write(toFile: layout.daemonSettings, atomically: true, encoding: .utf8)
    }

    /// Writes `etc/finetuned/pipelines/<name>.toml`.
    package func pipeline(_ name: String, _ toml: String) throws {
        try toml.write(toFile: layout.pipelineFile(PipelineName(name)), atomically: true, encoding: .utf8)
    }

    /// Makes a program of a few lines of shell; returns its path.
    ///
    /// Another program copies it into its place: a descriptor of ours that a test beside this one hands to its child
    /// for an instant would make it a busy text file, which cannot be started.
    package func script(_ name: String, _ text: String) async throws -> String {
        let path = root + "/" + name
        try ("#!/bin/sh\n" + text + "\n").write(toFile: path + ".text", atomically: true, encoding: .utf8)
        let (ending, output) = try await ChildProgram.run("install", ["-m", "755", path + ".text", path])
        guard ending == .exited(0) else { throw TestSupport.Missing(description: "\(path): \(output)") }
        return path
    }

    /// Puts a file into a pipeline's drop folder by rename, as careful people do.
    package func drop(_ text: String, as name: String, into pipeline: String) throws {
        let folder = layout.drop(PipelineName(pipeline))
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let hidden = folder + "/.\(name).part"
        try text.write(toFile: hidden, atomically: false, encoding: .utf8)
        try FileManager.default.moveItem(atPath: hidden, toPath: folder + "/" + name)
    }

    /// Starts the daemon on this root; its log is `<root>/daemon.log`.
    package func startDaemon(environment: [String: String] = [:]) throws -> ChildProgram {
        try ChildProgram(
            TestSupport.program("finetuned"), ["--root", root], environment: environment, output: root + "/daemon.log")
    }

    /// Runs `ftctl` against this root.
    package func ftctl(_ arguments: String..., seconds: Double = 120) async throws -> (status: Int32, output: String) {
        let (ending, output) = try await ChildProgram.run(
            TestSupport.program("ftctl"), arguments, environment: ["FINETUNED_ROOT": root], seconds: seconds)
        guard case .exited(let status) = ending else { return (-1, output) }
        return (status, output)
    }

    /// Runs `ftctl … --json` and decodes its answer.
    package func answer<T: Decodable>(_ type: T.Type, _ arguments: String...) async throws -> T {
        let (ending, output) = try await ChildProgram.run(
            TestSupport.program("ftctl"), arguments + ["--json"], environment: ["FINETUNED_ROOT": root])
        guard ending == .exited(0) else {
            throw TestSupport.Missing(
                description: "ftctl \(arguments.joined(separator: " ")): \(String(describing: ending)) \(output)")
        }
        return try ContractCoding.decode(type, from: Data(output.utf8))
    }

    /// Waits until the daemon answers on its socket.
    package func ready(seconds: Double = 300) async throws -> Bool {
        try await TestSupport.eventually(seconds: seconds) { try await self.ftctl("status").status == 0 }
    }
}
