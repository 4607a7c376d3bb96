import Foundation
import Nouns
import Places
import Platform
import Settings
import WorkerProtocol

/// What a program that the daemon starts may read and change: one rule for hooks, canaries, evaluators, workers and
/// engines.
///
/// They read what the service may read, except the daemon's state and secrets, of which each gets what it works on.
/// They change their work folder and what `writable` of their settings names. The kernel holds them to it (Landlock),
/// where it can; see ``isEnforced``.
package struct Confinement: Hashable, Sendable {
    /// Nothing of these is read, but for what is named below.
    package var hidden: [String] = []
    package var readable: [String] = []
    /// What may be changed, beside the work folder.
    package var writable: [String] = []

    /// Whether the kernel enforces it.
    package static var isEnforced: Bool { Landlock.version != nil }

    /// - Parameters:
    ///   - layout: hides its state but for the bases, which all work on.
    ///   - settings: hides the files of secrets that they name.
    package init(_ layout: Layout, _ settings: SettingsFolder) {
        hidden = [layout.state] + Self.secrets(settings)
        readable = [layout.bases, layout.stagedBases]
    }

    /// Of a program of a pipeline: what belongs to that pipeline.
    ///
    /// - Parameter others: what it works on beside that.
    package init(
        _ layout: Layout, _ settings: SettingsFolder, of pipeline: PipelineName, reading others: [String],
        writing writable: [String]
    ) {
        self.init(layout, settings)
        self.writable = writable
        readable += others
        // What concerns no pipeline is told with an empty name.
        guard !pipeline.rawValue.isEmpty else { return }
        readable += [
            layout.drop(pipeline), layout.intake(pipeline), layout.quarantine(pipeline), layout.datasets(pipeline),
            layout.models(pipeline), layout.feedback(pipeline),
        ]
    }

    /// Of a worker or an engine: what its request names. One that answers questions is told later of which models, so
    /// it reads all.
    package init(_ layout: Layout, _ settings: SettingsFolder, for request: WorkerRequest) throws {
        self.init(layout, settings)
        let named = try ContractCoding.encode(request)
        readable += Self.gathered(try Self.paths(in: named, below: layout.state))
        // A template is looked for beside the weights that were uploaded with it.
        readable += try Self.paths(in: named, below: layout.uploads).map { path in
            layout.uploads + "/" + path.dropFirst(layout.uploads.count + 1).prefix { $0 != "/" }
        }
        if request.task.kind == .serve {
            let models = [layout.allModels, layout.runs, layout.exports]
            // Nothing can be allowed that is not there yet.
            for folder in models + [layout.bases] { try AtomicFile.makeFolder(folder) }
            readable += models
        }
        writable = [request.directory]
        let engine = request.compute?.engine
        let own = engine.flatMap { settings.engine(EngineName($0))?.writable }
        let others = settings.daemon.engines.first { $0.tasks.contains(request.task.kind) }?.writable
        writable += own ?? others ?? []
    }

    /// The command that becomes `command`, confined.
    ///
    /// - Parameter isGuarded: whether its whole process group ends with the daemon and where it is asked to.
    package func command(_ command: [String], isGuarded: Bool) -> [String] {
        guard let program = InstalledPrograms().daemon else { return command }
        var arguments = [program, Self.verb] + (isGuarded ? ["--guard"] : [])
        for path in hidden { arguments += ["--hide", Self.real(path)] }
        for path in Set(readable).sorted() { arguments += ["--read", path] }
        for path in Set(writable).sorted() { arguments += ["--write", path] }
        return arguments + ["--"] + command
    }

    /// The daemon's own command that confines itself and becomes another program.
    package static let verb = "confine"

    private static func secrets(_ settings: SettingsFolder) -> [String] {
        let webhooks = settings.pipelines.flatMap {
            [$0.delivery.webhookSecretFile, $0.delivery.webhookSecretFileOld]
        }
        return Set((webhooks + [settings.daemon.api.key]).compactMap(\.self)).sorted()
    }

    /// Files of one folder of which each is named to the kernel; of more the folder is, since a command line ends at
    /// two megabytes and a dataset of some years has ten thousand files.
    static let filesOfFolder = 256

    private static func gathered(_ paths: Set<String>) -> [String] {
        Dictionary(grouping: paths) { $0.prefix(upTo: $0.utf8.lastIndex(of: UInt8(ascii: "/")) ?? $0.startIndex) }
            .flatMap { folder, files in files.count > filesOfFolder ? [String(folder)] : files }.sorted()
    }

    /// Every path below a folder that a request names as a value of its own, wherever in it. The request's JSON is read
    /// through as it is: it may name thousands of files, and is written anew for each piece of work.
    static func paths(in json: Data, below folder: String) throws -> Set<String> {
        let (quote, escape) = (UInt8(ascii: "\""), UInt8(ascii: "\\"))
        let opening = try [UInt8](ContractCoding.encode(folder + "/").dropLast())
        return try json.withUnsafeBytes { bytes in
            var (found, place) = (Set<String>(), 0)
            while let first = bytes[place...].firstIndex(of: quote) {
                var end = first + 1
                while bytes[end] != quote { end += bytes[end] == escape ? 2 : 1 }
                place = end + 1
                let value = bytes[first...end]
                guard value.starts(with: opening) else { continue }
                found.insert(
                    value.contains(escape)
                        ? try ContractCoding.decode(String.self, from: Data(value))
                        : String(decoding: value.dropFirst().dropLast(), as: UTF8.self))
            }
            return found
        }
    }

    /// A path without links: the kernel's rules are about places, whatever leads to them.
    private static func real(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }
}
