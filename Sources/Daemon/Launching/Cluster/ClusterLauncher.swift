import Foundation
import Nouns
import Places
import Platform
import Settings
import Synchronization
import WorkerProtocol

/// Has a scheduler run engines as jobs, which outlive the daemon: by ``ClusterRules``, over what the jobs' folders and
/// the scheduler's commands say.
package final class ClusterLauncher: WorkerLauncher {
    /// How an engine's scheduler is spoken with.
    package typealias Commands = @Sendable (EngineProfile) -> any JobCommands

    /// One piece of work.
    struct Live {
        var record: JobRecord
        /// What the file holds.
        var kept: JobRecord?
        /// Nil where nobody follows.
        var feed: AsyncThrowingStream<WorkerEvent, any Error>.Continuation?
        var tail = JobTail()
        /// What tells of the result: passed on once the result itself has been fetched.
        var result: WorkerEvent?
        /// When the scheduler was last told something about it.
        var commandedAt = 0.0
        var warnedAt = 0.0
        /// When the scheduler was last asked which of the nodes of lost work is broken.
        var doubtedAt = 0.0
        let folder: JobFolder

        init(_ record: JobRecord, kept: JobRecord) {
            (self.record, self.kept) = (record, kept)
            folder = JobFolder(record.directory, stage: record.profile.stage)
        }

        /// Whether anything is to be done about it. A controller that dies before it has noted a job's end begins the
        /// job again: what is over is looked at for a while.
        var isBusy: Bool {
            guard record.isTold else { return feed != nil }
            let isFresh = abs(ClusterLauncher.now - (record.toldAt ?? 0)) < ClusterLauncher.watched
            return record.isLive || (isFresh && record.rules.id != nil)
        }
    }

    /// Seconds for which the scheduler is asked about work that is over: a job was seen to come back more than three
    /// minutes after its end.
    private static let watched = 900.0

    let records: JobRecords
    private let settings: @Sendable () -> SettingsFolder
    private let program: Launchers.Program
    private let commands: Commands
    /// Seconds between two looks at the folders.
    private let tick: Double
    /// Seconds that work which is done may take to leave the cluster before it is helped.
    let lingering: Double
    let lives = Mutex<[String: Live]>([:])
    private let isLoaded = Mutex(false)
    private let loops = Mutex<[String: Task<Void, Never>]>([:])
    /// Folders may lie on file systems that block.
    private let threads = ThreadExecutor(name: "cluster", threads: 2)

    /// - Parameters:
    ///   - folder: where the files about jobs lie.
    ///   - settings: the settings in force now.
    ///   - program: the command of the engine for a piece of work.
    package init(
        folder: String, tick: Double = 1, lingering: Double = 60, settings: @escaping @Sendable () -> SettingsFolder,
        program: @escaping Launchers.Program, commands: @escaping Commands
    ) {
        records = JobRecords(folder: folder)
        (self.tick, self.lingering) = (tick, lingering)
        self.settings = settings
        self.program = program
        self.commands = commands
    }

    /// - Parameter runtime: where commands' input and output pass through.
    package static func commands(runtime: String) -> Commands {
        { profile in
            profile.launcher == EngineProfile.slurmLauncher
                ? SlurmCommands(via: profile.slurm.via, folder: runtime)
                : ProgramCommands(program: profile.launcher, folder: runtime)
        }
    }

    static var now: Double { Date().timeIntervalSince1970 }

    // MARK: - The launcher's verbs

    package func submit(_ request: WorkerRequest) async throws -> WorkHandle {
        guard let name = request.compute?.engine, let profile = settings().engine(EngineName(name)) else {
            throw WorkerEnd.waits(
                settings().unknownEngine(EngineName(request.compute?.engine ?? ""), at: request.directory))
        }
        try load()
        let task = Digest.sha256(try ContractCoding.encode(request.task))
        let known = lives.withLock { $0[request.directory] }
        if let known, known.record.task == task, known.record.isDone || !known.record.isTold {
            return known.record.handle
        }
        if let known, known.record.isLive {
            await cancel(known.record.handle)
            throw WorkerEnd.waits(
                Failure(
                    code: "cluster.leaving", "The former job \(known.record.name) of this work is not over yet.",
                    at: request.directory, remedy: "Nothing needs to be done: the run goes on once it is."))
        }
        let command: [String]
        do { command = try await program(request) } catch let failure as Failure { throw WorkerEnd.failed(failure) }
        do {
            return try take(request, profile, task, command, former: known?.record)
        } catch let failure as Failure { throw WorkerEnd.failed(failure) }
    }

    /// Prepares the folder and notes the job; the scheduler is told right after. Throws a Failure or a FileFailure.
    private func take(
        _ request: WorkerRequest, _ profile: EngineProfile, _ task: String, _ command: [String], former: JobRecord?
    ) throws -> WorkHandle {
        let folder = JobFolder(request.directory, stage: profile.stage)
        var own = try folder.prepare(request)
        let attempt =
            max(
                WorkFolder(request.directory).currentAttempt ?? 0, WorkFolder(folder.path).currentAttempt ?? 0) + 1
        own.compute?.attempt = attempt
        let reductions = former?.reductions ?? 0
        if reductions > 0 { own.memoryBytes = max(64 << 20, (own.memoryBytes ?? 512 << 20) >> reductions) }
        var record = JobRecord(
            directory: request.directory, folder: folder.path, profile: profile,
            name: "ft-\(try records.instance())-\(Self.label(request))-\(attempt)", attempt: attempt, task: task,
            rules: ClusterRules(attempt: attempt, isReduced: reductions > 0, now: Self.now))
        (record.reductions, record.losses, record.suspects) = (reductions, former?.losses ?? [:], former?.suspects)
        for place in Set([request.directory, folder.path]) {
            try AtomicFile.write(Data("\(attempt)\n".utf8), to: WorkFolder(place).attempt)
        }
        try write(
            own, record,
            JobScript(
                name: record.name, folder: folder.path, profile: profile, attempt: attempt, command: command,
                excluded: record.excluded))
        try records.keep(record)
        let live = Live(record, kept: record)
        lives.withLock { $0[request.directory] = live }
        return record.handle
    }

    private func write(_ request: WorkerRequest, _ record: JobRecord, _ script: JobScript) throws {
        let work = WorkFolder(record.folder)
        try AtomicFile.write(try ContractCoding.pretty(request), to: work.request)
        unlink(work.result)
        // What is there cannot be kept as absent by a network file system.
        for path in [work.events, work.complaints, work.jobStart] where !FileManager.default.fileExists(atPath: path) {
            try AtomicFile.write(Data(), to: path)
        }
        try AtomicFile.write(Data(), to: work.complaints)
        try AtomicFile.write(Data(Self.text(script, record).utf8), to: work.job(record.attempt), mode: 0o750)
        try AtomicFile.write(Data("\(record.name)\n".utf8), to: record.folder + "/" + JobScript.marker)
    }

    private static func text(_ script: JobScript, _ record: JobRecord) -> String {
        record.profile.launcher == EngineProfile.slurmLauncher ? script.slurm : script.plain
    }

    /// What a job is called by, between the daemon's letters and the attempt.
    private static func label(_ request: WorkerRequest) -> String {
        let last = (request.directory as NSString).lastPathComponent
        let words = last == request.id ? request.id : "\(request.id)-\(last)"
        return String(words.map { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) ? $0 : "-" })
    }

    package func attach(_ handle: WorkHandle) async throws -> AsyncThrowingStream<WorkerEvent, any Error>? {
        guard handle.launcher == JobRecord.launcher else { return nil }
        try load()
        let (events, feed) = AsyncThrowingStream<WorkerEvent, any Error>.makeStream()
        let live: Live? = try lives.withLock { lives in
            guard var live = lives[handle.directory], live.record.name == handle.id,
                !live.record.isTold || live.record.isDone
            else { return nil }
            guard live.feed == nil else {
                throw Failure(code: "worker.followed", "Somebody follows this work already.", at: handle.directory)
            }
            (live.tail, live.result) = (JobTail(), nil)
            live.record.rules.takeUp(attempt: live.record.attempt, now: Self.now)
            if !live.record.isDone { live.feed = feed }
            lives[handle.directory] = live
            return live
        }
        guard let live else { return nil }
        if live.record.isDone {
            replay(live.record, to: feed)
            return events
        }
        if live.record.rules.state == nil {
            var event = WorkerEvent(.waiting)
            event.waiting = WaitingReport(reason: "the scheduler's answer")
            feed.yield(event)
        }
        watch(live.record.profile)
        return events
    }

    /// Tells anew of work that came to its result while nobody followed, or whose end the ledger has not kept.
    private func replay(_ record: JobRecord, to feed: AsyncThrowingStream<WorkerEvent, any Error>.Continuation) {
        for event in EventReader.events(in: record.directory) where event.attempt ?? 0 >= record.attempt {
            feed.yield(event)
        }
        feed.finish()
    }

    package func stop(_ handle: WorkHandle) async { wish(.stop, handle) }

    package func cancel(_ handle: WorkHandle) async {
        wish(.cancel, handle)
        end(handle.directory, WorkerEnd.interrupted)
    }

    package func leave(_ handle: WorkHandle) async {
        let feed = lives.withLock { lives in
            let feed = lives[handle.directory]?.feed
            lives[handle.directory]?.feed = nil
            return feed
        }
        feed?.finish()
    }

    package func abandon(_ folder: String) async {
        do { try load() } catch { return }
        let all = lives.withLock { $0.values.map(\.record) }
        for record in all where record.directory == folder || record.directory.hasPrefix(folder + "/") {
            _ = update(record.directory) { $0.record.isAbandoned = true }
            await cancel(record.handle)
            if let now = lives.withLock({ $0[record.directory]?.record }), now.isForgettable { forget(now) }
        }
    }

    package var folders: [String] {
        get async {
            do { try load() } catch { return [] }
            return lives.withLock { $0.values.filter { $0.record.isLive }.map(\.record.directory).sorted() }
        }
    }

    // MARK: - Records

    /// Reads what a former daemon has kept, once. Throws a Failure where it cannot be read: nothing is begun anew
    /// meanwhile.
    private func load() throws {
        try isLoaded.withLock { isLoaded in
            guard !isLoaded else { return }
            let (all, broken) = try records.all()
            if let path = broken.first {
                throw Failure(
                    code: "cluster.record", "What is known of a job cannot be read.", at: path,
                    remedy: "Look with the scheduler's own commands for the job that it names, and remove the file.")
            }
            lives.withLock { lives in
                for var record in all {
                    let kept = record
                    let isThere = FileManager.default.fileExists(atPath: record.directory)
                    if record.isForgettable || (record.isTold && !record.isLive && !isThere) {
                        records.forget(record.directory)
                        continue
                    }
                    if !record.isDone { record.rules.takeUp(attempt: record.attempt, now: Self.now) }
                    lives[record.directory] = Live(record, kept: kept)
                }
            }
            isLoaded = true
        }
        // What is to be cancelled is, also where nobody follows it any more.
        for live in lives.withLock({ Array($0.values) }) where live.isBusy { watch(live.record.profile) }
    }

    /// Forgets work that nobody wants any more, and that is over.
    func forget(_ record: JobRecord) {
        _ = lives.withLock { $0.removeValue(forKey: record.directory) }
        records.forget(record.directory)
        JobFolder(record.directory, stage: record.profile.stage).clear()
    }

    private func wish(_ wish: ClusterRules.Wish, _ handle: WorkHandle) {
        let profile: EngineProfile? =
            update(handle.directory) { live in
                guard live.record.name == handle.id else { return nil }
                live.record.rules.want(wish)
                return live.record.profile
            } ?? nil
        guard let profile else { return }
        keep(handle.directory)
        watch(profile)
    }

    func update<Value>(_ directory: String, _ change: (inout Live) -> Value) -> Value? {
        lives.withLock { lives in
            guard var live = lives[directory] else { return nil }
            let value = change(&live)
            lives[directory] = live
            return value
        }
    }

    /// Writes what has changed of a record. Where that fails it is tried again at the next look.
    func keep(_ directory: String) {
        guard let live = lives.withLock({ $0[directory] }), live.kept != live.record,
            (try? records.keep(live.record)) != nil
        else { return }
        _ = update(directory) { $0.kept = live.record }
    }

    /// Ends the stream of work: nothing more is told of it.
    ///
    /// - Parameter last: what is done once the end is on the disk, and before anybody hears of it.
    func end(_ directory: String, _ error: (any Error)?, isDone: Bool = false, last: () -> Void = {}) {
        let feed = update(directory) { live in
            let feed = live.feed
            if isDone, let result = live.result { feed?.yield(result) }
            live.feed = nil
            (live.record.isTold, live.record.isDone) = (true, isDone)
            live.record.toldAt = Self.now
            return feed
        }
        // On the disk first: whoever hears of the end may ask for the same work at once.
        keep(directory)
        last()
        feed??.finish(throwing: error)
    }

    // MARK: - The loop

    /// Looks after the work of one scheduler as long as there is some.
    private func watch(_ profile: EngineProfile) {
        let source = Self.source(profile)
        loops.withLock { loops in
            guard loops[source] == nil else { return }
            loops[source] = Task(executorPreference: threads) { [weak self] in
                let commands = self?.commands(profile)
                var asked = 0.0
                while let commands, let self, self.goesOn(source) {
                    let directories = self.lives.withLock { lives in
                        lives.values.filter { $0.isBusy && Self.source($0.record.profile) == source }
                            .map(\.record.directory).sorted()
                    }
                    let round = JobRound(self, commands, directories)
                    await round.listen()
                    if Self.now - asked >= round.pause {
                        asked = Self.now
                        await round.ask()
                    }
                    await round.act()
                    try? await Task.sleep(for: .seconds(self.tick))
                }
            }
        }
    }

    /// Whether the loop has something to look after; where not, it ends and is forgotten in one step.
    private func goesOn(_ source: String) -> Bool {
        loops.withLock { loops in
            let isBusy = lives.withLock { lives in
                lives.values.contains { $0.isBusy && Self.source($0.record.profile) == source }
            }
            if !isBusy { loops[source] = nil }
            return isBusy
        }
    }

    private static func source(_ profile: EngineProfile) -> String {
        ([profile.launcher] + profile.slurm.via).joined(separator: "\n")
    }
}
