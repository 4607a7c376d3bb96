import Foundation
import Nouns
import Platform
import Settings
import WorkerProtocol

/// All that is known of the work in one folder that a scheduler does, kept in a file so that it outlives the daemon.
struct JobRecord: Codable, Hashable, Sendable {
    /// The folder of the request.
    var directory: String
    /// The same as nodes see it.
    var folder: String
    /// How the engine was described when the job was handed in: it is followed by that.
    var profile: EngineProfile
    /// The job's name, unique for ever.
    var name: String
    /// The number of the job's first attempt.
    var attempt: Int
    /// What the request asks for, whatever the attempt.
    var task: String
    var rules: ClusterRules
    /// Whether its outcome was told: a result is told again to who asks for the very same work.
    var isTold = false
    /// When its outcome was told, in seconds since 1970.
    var toldAt: Double?
    /// Whether it came to a result.
    var isDone = false
    /// Whether nobody wants the work any more.
    var isAbandoned = false
    /// How often the work ran out of memory.
    var reductions = 0
    /// How often the work was lost on each node.
    var losses: [String: Int] = [:]
    /// Nodes of lost work of which the scheduler has not said yet which is broken; it sees that only after a while.
    var suspects: [Suspects]?

    /// The nodes of one piece of lost work.
    struct Suspects: Codable, Hashable, Sendable {
        /// As the scheduler writes them.
        var hosts: String
        /// When the work was lost, in seconds since 1970.
        var since: Double
    }

    /// Counts the nodes that are broken against the work that was lost on them, or lets go of them after a while.
    mutating func judge(_ suspects: Suspects, broken: [String], now: Double) {
        for host in broken { losses[host, default: 0] += 1 }
        guard !broken.isEmpty || now - suspects.since >= Self.suspicion else { return }
        self.suspects?.removeAll { $0 == suspects }
    }

    /// Seconds that a scheduler may take to find that a node is gone: Slurm's SlurmdTimeout is 300 s by default.
    private static let suspicion = 900.0

    var handle: WorkHandle { WorkHandle(launcher: Self.launcher, id: name, directory: directory) }
    /// What handles of jobs are marked with.
    static let launcher = "cluster"

    /// Whether the scheduler may still have the job.
    var isLive: Bool { !rules.isGone }

    /// Whether nothing of it is needed any more.
    var isForgettable: Bool { isTold && isAbandoned && !isLive }

    /// Nodes that are left out from now on: a second loss is no chance.
    var excluded: [String] { losses.filter { $0.value >= 2 }.map(\.key).sorted() }
}

/// The files of all that is known of work at schedulers.
struct JobRecords: Sendable {
    let folder: String

    /// A few letters that tell this daemon's jobs from those of others on the same cluster. Throws a FileFailure.
    func instance() throws -> String {
        let path = folder + "/instance"
        if let data = FileManager.default.contents(atPath: path) {
            let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            if text.wholeMatch(of: /[0-9a-f]{8}/) != nil { return text }
        }
        try AtomicFile.makeFolder(folder)
        let text = String(Digest.sha256(Data(UUID().uuidString.utf8)).prefix(8))
        try AtomicFile.write(Data("\(text)\n".utf8), to: path)
        return text
    }

    private func path(_ directory: String) -> String {
        folder + "/" + Digest.sha256(Data(directory.utf8)).prefix(24) + ".json"
    }

    /// Throws a FileFailure.
    func keep(_ record: JobRecord) throws {
        try AtomicFile.makeFolder(folder)
        try AtomicFile.write(try ContractCoding.pretty(record), to: path(record.directory))
    }

    func forget(_ directory: String) { unlink(path(directory)) }

    /// Every record; one that cannot be read is left where it is, and named. Throws a FileFailure.
    func all() throws -> (records: [JobRecord], broken: [String]) {
        let names: [String]
        do { names = try FolderListing.names(folder) } catch let failure as FileFailure where failure.number == ENOENT {
            return ([], [])
        }
        var (records, broken): ([JobRecord], [String]) = ([], [])
        for name in names.sorted() where name.hasSuffix(".json") {
            let data = try WholeFile.read(folder + "/" + name, limit: 16 << 20)
            do { records.append(try ContractCoding.decode(JobRecord.self, from: data)) } catch {
                broken.append(folder + "/" + name)
            }
        }
        return (records, broken)
    }
}
