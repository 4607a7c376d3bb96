import Foundation
import Nouns
import Places
import Platform
import WorkerProtocol

/// One look at the work of one scheduler: what the folders tell, what the scheduler says, and what follows.
struct JobRound: Sendable {
    let launcher: ClusterLauncher
    let commands: any JobCommands
    let directories: [String]

    init(_ launcher: ClusterLauncher, _ commands: any JobCommands, _ directories: [String]) {
        (self.launcher, self.commands, self.directories) = (launcher, commands, directories)
    }

    /// Seconds between two questions which node of lost work is broken.
    private static let doubting = 10.0

    private var lives: [ClusterLauncher.Live] {
        launcher.lives.withLock { lives in directories.compactMap { lives[$0] } }
    }

    /// Seconds between two questions.
    var pause: Double {
        launcher.lives.withLock { lives in
            directories.compactMap { lives[$0]?.record.profile.pollSeconds }.min() ?? 5
        }
    }

    // MARK: - Facts

    /// What the folders tell.
    func listen() async {
        for live in lives where !live.record.isTold {
            live.folder.mirrorEvents()
            let saysOutOfMemory = live.record.rules.state?.end != nil && live.folder.saysOutOfMemory()
            _ = launcher.update(live.record.directory) { live in
                if let wrong = live.tail.look(live.record.folder, now: ClusterLauncher.now) {
                    live.feed?.yield(Self.warning(Self.clock(wrong.host, wrong.ahead)))
                }
                for event in live.tail.read(live.record.directory) where live.record.rules.learn(event) {
                    if event.result == nil { live.feed?.yield(event) } else { live.result = event }
                }
                if saysOutOfMemory { live.record.rules.learnOutOfMemory() }
            }
            launcher.keep(live.record.directory)
        }
    }

    /// What the scheduler says.
    func ask() async {
        let questions = lives.compactMap { live in
            live.record.rules.id.map {
                JobQuestion($0, of: live.record.name, isEndKnown: live.record.rules.isEndKnown)
            }
        }
        let facts = questions.isEmpty ? [:] : await commands.facts(questions)
        let now = ClusterLauncher.now
        for live in lives {
            _ = launcher.update(live.record.directory) { live in
                if let event = live.record.rules.learn(facts[live.record.name], now: now) { live.feed?.yield(event) }
                if now - live.warnedAt >= ClusterRules.longSilence,
                    let failure = live.record.rules.silence(now: now, name: live.record.name)
                {
                    live.warnedAt = now
                    live.feed?.yield(Self.warning(failure))
                }
            }
            launcher.keep(live.record.directory)
        }
        await doubt(now)
    }

    /// Asks of one piece of work that was lost which of its nodes is broken.
    private func doubt(_ now: Double) async {
        let due = lives.first { now - $0.doubtedAt >= Self.doubting && $0.record.suspects?.isEmpty == false }
        guard let due, let suspects = due.record.suspects?.first else { return }
        let broken = await commands.broken(suspects.hosts)
        _ = launcher.update(due.record.directory) { live in
            live.doubtedAt = now
            live.record.judge(suspects, broken: broken, now: now)
        }
        launcher.keep(due.record.directory)
    }

    // MARK: - What follows

    func act() async {
        for live in lives {
            if live.record.isTold { await sweep(live) } else { await act(live) }
        }
        let over = launcher.lives.withLock { lives in
            directories.compactMap { lives[$0]?.record.isForgettable == true ? lives[$0]?.record : nil }
        }
        for record in over { launcher.forget(record) }
    }

    private func act(_ live: ClusterLauncher.Live) async {
        let (record, now) = (live.record, ClusterLauncher.now)
        let step = record.rules.next(now: now, grace: record.profile.graceSeconds, folder: record.directory)
        switch step {
        case .wait: return
        case .conclude(let outcome): await conclude(live, outcome)
        case .find, .submit, .signal, .cancel:
            guard isDue(live, now) else { return }
            await command(step, record)
        }
    }

    /// Whether the scheduler may be told something about the work again.
    private func isDue(_ live: ClusterLauncher.Live, _ now: Double) -> Bool {
        guard now - live.commandedAt >= live.record.profile.pollSeconds else { return false }
        _ = launcher.update(live.record.directory) { $0.commandedAt = now }
        return true
    }

    private func command(_ step: ClusterRules.Step, _ record: JobRecord) async {
        let id = record.rules.id ?? ""
        switch step {
        case .find:
            let finding = await commands.find(record.name)
            learn(record) { $0.learn(finding, now: ClusterLauncher.now) }
        case .submit:
            let path = WorkFolder(record.folder).job(record.attempt)
            guard let script = FileManager.default.contents(atPath: path) else { return }
            let order = JobOrder(
                name: record.name, folder: record.folder, script: String(decoding: script, as: UTF8.self))
            learn(record) { $0.submitting() }
            let submission = await commands.submit(order)
            learn(record) { $0.learn(submission, now: ClusterLauncher.now) }
        case .signal:
            if await commands.stop(id, of: record.name) { learn(record) { $0.signalled(now: ClusterLauncher.now) } }
        case .cancel: _ = await commands.cancel(id, of: record.name)
        case .wait, .conclude: break
        }
    }

    private func learn(_ record: JobRecord, _ change: (inout ClusterRules) -> Void) {
        _ = launcher.update(record.directory) { live in
            // The work may have been taken anew meanwhile.
            if live.record.name == record.name { change(&live.record.rules) }
        }
        launcher.keep(record.directory)
    }

    // MARK: - Ends

    private func conclude(_ live: ClusterLauncher.Live, _ outcome: ClusterRules.Outcome) async {
        let directory = live.record.directory
        switch outcome {
        case .done:
            do {
                try live.folder.fetch()
                guard FileManager.default.fileExists(atPath: directory + "/result.json") else {
                    return launcher.end(directory, WorkerEnd.died(Self.noResult(directory)))
                }
                launcher.end(directory, nil, isDone: true) { live.folder.clear() }
            } catch let failure as Failure {
                launcher.end(directory, WorkerEnd.failed(failure))
            } catch let failure as FileFailure {
                // What is full or away comes back; what is not there was never written.
                if failure.number == ENOENT {
                    launcher.end(directory, WorkerEnd.died(Self.noResult(directory)))
                } else {
                    unfetched(directory, failure)
                }
            } catch { launcher.end(directory, error) }
        case .ended(let end): finish(live, end)
        case .lost(let end):
            if let hosts = live.record.rules.state?.hosts, !hosts.isEmpty {
                let suspects = JobRecord.Suspects(hosts: hosts, since: ClusterLauncher.now)
                let broken = await commands.broken(hosts)
                _ = launcher.update(directory) { live in
                    live.record.suspects = (live.record.suspects ?? []) + [suspects]
                    live.record.judge(suspects, broken: broken, now: suspects.since)
                }
            }
            finish(live, end)
        case .tooLarge(let end):
            _ = launcher.update(directory) { $0.record.reductions += 1 }
            finish(live, end)
        }
    }

    /// Tells once an hour that a result cannot be fetched yet.
    private func unfetched(_ directory: String, _ failure: FileFailure) {
        _ = launcher.update(directory) { live in
            let now = ClusterLauncher.now
            guard now - live.warnedAt >= ClusterRules.longSilence else { return }
            live.warnedAt = now
            live.feed?.yield(
                Self.warning(
                    Failure(
                        code: "cluster.fetch", "The result cannot be fetched from the stage: \(failure.reason).",
                        at: failure.path, remedy: failure.remedy)))
        }
    }

    private func finish(_ live: ClusterLauncher.Live, _ end: WorkerEnd) {
        live.folder.fetchComplaints()
        launcher.end(live.record.directory, end)
        // A run that has failed never goes on.
        if case .failed = end, !live.record.isLive { live.folder.clear() }
    }

    /// Sees work that is over off the cluster: what was cancelled, and what is done and does not leave.
    private func sweep(_ live: ClusterLauncher.Live) async {
        let (record, now) = (live.record, ClusterLauncher.now)
        let isHelped = record.rules.wish == .cancel || now - (record.toldAt ?? 0) > launcher.lingering
        let step = record.rules.next(now: now, grace: 0, folder: record.directory)
        switch step {
        case .find where isDue(live, now): await command(.find, record)
        case .find, .submit, .conclude(.ended), .conclude(.lost), .conclude(.tooLarge): return
        default:
            if isHelped, record.rules.id != nil, isDue(live, now) { await command(.cancel, record) }
        }
    }

    // MARK: - What is said

    private static func noResult(_ directory: String) -> Failure {
        Failure(
            code: "worker.no_result", "The engine said that it is done, and there is no result.json.", at: directory,
            remedy: "See stderr.log there; an engine writes its result before it tells of it.")
    }

    private static func warning(_ failure: Failure) -> WorkerEvent {
        var event = WorkerEvent(.warning)
        event.warning = failure
        return event
    }

    private static func clock(_ host: String, _ ahead: Double) -> Failure {
        Failure(
            code: "cluster.clock",
            "The clock of \(host) is \(Int(abs(ahead))) s \(ahead > 0 ? "ahead of" : "behind") this machine's.",
            at: host,
            remedy: "Set it right there; times of the run's events are corrected until then.")
    }
}
