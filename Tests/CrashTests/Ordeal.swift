import Foundation
import Ledger
import Nouns
import RowFiles
import StageKit
import TestSupport
import Testing

/// One daemon that is cut short again and again, in the midst of work and right after it has said that something is
/// done; and everything that it has said.
actor Ordeal {
    /// What happens to the daemon.
    enum Cut: Sendable {
        /// kill -9 of the daemon, or of a worker.
        case kill
        /// The power goes: what was not synced is forgotten.
        case power
    }

    /// What was said to be done, and must be so after every cut.
    private struct Said {
        var drops: [String: (pipeline: String, rows: Range<Int>)] = [:]
        var revoked: Set<String> = []
        /// What was asked for and not answered: it may be done, or not.
        var maybeRevoked: Set<String> = []
        var promotions: [String: Set<String>] = [:]
        var aliases: [String: String] = [:]
        var bases: Set<String> = []
        var cancelled: Set<String> = []
    }

    nonisolated let sandbox: Sandbox
    private let cut: Cut
    private var random: SplitMix
    private var daemon: ChildProgram?
    private var disk: PowerCut?
    private var said = Said()
    private var number = 0

    private static let rows = 12
    private static let pipelines = ["tickets", "orders"]

    /// - Parameter seed: the same seed tries the same orders.
    init(_ cut: Cut, seed: UInt64) async throws {
        self.cut = cut
        random = SplitMix(seed)
        sandbox = try Sandbox()
        if case .power = cut {
            try FileManager.default.removeItem(atPath: sandbox.root + "/var")
            disk = try await PowerCut(at: sandbox.root + "/var", image: sandbox.root + "/disk")
        }
        try sandbox.settings(
            """
            quiet_seconds = 0.05
            scan_seconds = 0.3
            minimum_free = "1M"
            [worker]
            program = "\(try TestSupport.program("fake-worker"))"
            attempts = 100
            memory = "64M"
            """)
        for name in Self.pipelines {
            try sandbox.pipeline(
                name,
                """
                base = "tiny"
                promote = "\(name == "orders" ? "manual" : "auto")"
                [trigger]
                settle_seconds = 0.1
                [data]
                validation_share = 0.1
                gate_share = 0.3
                [gates]
                require_improvement = false
                """)
        }
    }

    /// Lives through so many cuts, then looks at everything. Fails where a promise was broken.
    func run(cuts: Int) async throws {
        try await begin()
        for count in 0..<cuts {
            let order = Order.allCases.randomElement(using: &random) ?? .drop
            let isHasty = random.next() % 3 == 0
            if isHasty {
                // In the midst of it: what is said before the cut counts.
                async let done: Void = carryOut(order)
                try await Task.sleep(for: .milliseconds(Int(random.next() % 300)))
                try await cutShort()
                // Whatever could not be asked for any more was not said to be done.
                _ = try? await done
            } else {
                try await carryOut(order)
                if random.next() % 2 == 0 { try await Task.sleep(for: .milliseconds(Int(random.next() % 700))) }
                try await cutShort()
            }
            try await start()
            try await verify("after cut \(count + 1) (\(order)\(isHasty ? ", hasty" : ""))")
        }
        try await end()
    }

    // MARK: - The daemon's lives

    private func begin() async throws {
        try await start()
        try await addBase("tiny")
        for _ in 0..<3 { for pipeline in Self.pipelines { try await drop(into: pipeline) } }
    }

    private func start() async throws {
        daemon = try sandbox.startDaemon()
        try #require(try await sandbox.ready(), "the daemon starts by itself: \(log.suffix(3000))")
    }

    private func cutShort() async throws {
        guard let daemon else { return }
        switch cut {
        case .kill:
            if random.next() % 3 == 0, let worker = workers().first {
                kill(worker, SIGKILL)
                return try await stop(daemon)
            }
            try await stop(daemon)
        case .power:
            let everyone = [daemon.pid] + workers()
            for pid in everyone { kill(pid, SIGSTOP) }
            // Calls into the kernel that were under way come to their end.
            try await Task.sleep(for: .milliseconds(30))
            try await disk?.copy()
            for pid in everyone { kill(pid, SIGKILL) }
            try await stop(daemon)
            try await disk?.restore()
        }
    }

    private func stop(_ daemon: ChildProgram) async throws {
        daemon.signal(SIGKILL)
        _ = try await daemon.wait(seconds: 240)
        // Workers leave with the daemon.
        let gone = try await until { workers().isEmpty }
        #expect(gone, "no worker outlives its daemon")
    }

    private func workers() -> [pid_t] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter { pid in
            guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else { return false }
            let line = String(decoding: data, as: UTF8.self)
            return line.contains("fake-worker") && line.contains(sandbox.root)
        }
    }

    private var log: String { (try? String(contentsOfFile: sandbox.root + "/daemon.log", encoding: .utf8)) ?? "" }

    // MARK: - Orders

    private enum Order: CaseIterable { case drop, promote, rollback, alias, base, cancel, revoke, nothing }

    private func carryOut(_ order: Order) async throws {
        switch order {
        case .nothing: break
        case .drop: try await drop(into: Self.pipelines[Int(random.next() % 2)])
        case .promote:
            guard let run = try await ask([Run].self, "runs")?.first(where: { $0.state == .accepted }) else { return }
            note(try await ask(PromotionRecord.self, "promote", run.id.rawValue, "--force", "--reason", "ordeal"))
        case .rollback: note(try await ask(PromotionRecord.self, "rollback", "tickets", "--reason", "ordeal"))
        case .alias:
            let versions = try await ask([Version].self, "version", "list", "tickets") ?? []
            guard let version = versions.first?.version.id else { return }
            number += 1
            let name = "name-\(number)"
            if try await ask([Version].self, "version", "alias", "tickets", name, version) != nil {
                said.aliases[name] = version
            }
        case .base:
            number += 1
            try await addBase("base-\(number)")
        case .cancel:
            let runs = try await ask([Run].self, "runs") ?? []
            guard let run = runs.first(where: { $0.state.isUnderWay }) else { return }
            if try await ask(Run.self, "cancel", run.id.rawValue)?.state == .cancelled {
                said.cancelled.insert(run.id.rawValue)
            }
        case .revoke:
            let drops = try await ask([Drop].self, "drops") ?? []
            let stored = drops.filter { $0.state == .stored && said.drops[$0.name] != nil }
            // Enough stays to train on.
            guard stored.count > 8, let drop = stored.last else { return }
            said.maybeRevoked.insert(drop.name)
            if try await ask(Revoked.self, "data", "revoke", drop.id.rawValue, "--reason", "ordeal") != nil {
                said.revoked.insert(drop.name)
            }
        }
    }

    private struct Version: Decodable {
        struct Identity: Decodable { var id: String }
        var version: Identity
        var aliases: [String]
    }
    private struct Revoked: Decodable { var drop: String }
    private struct Base: Decodable { var id: String }

    /// What `ftctl … --json` says; nil where it does not say that it is done.
    private func ask<T: Decodable>(_ type: T.Type, _ arguments: String...) async throws -> T? {
        let (ending, output) = try await ChildProgram.run(
            TestSupport.program("ftctl"), arguments + ["--json"], environment: ["FINETUNED_ROOT": sandbox.root])
        guard ending == .exited(0) else { return nil }
        return try? ContractCoding.decode(type, from: Data(output.utf8))
    }

    private func note(_ record: PromotionRecord?) {
        guard let record else { return }
        said.promotions[record.pipeline.rawValue, default: []].insert(record.hash)
    }

    private func addBase(_ id: String) async throws {
        let model = sandbox.root + "/\(id).gguf"
        try Data("the base model \(id), to the fake worker".utf8).write(to: URL(filePath: model))
        if try await ask(Base.self, "base", "add", model, "--id", id) != nil { said.bases.insert(id) }
    }

    /// Drops a file; it counts once the daemon says that it has it.
    private func drop(into pipeline: String) async throws {
        number += 1
        let rows = number * 100..<number * 100 + Self.rows
        let name = "file-\(number).jsonl"
        try sandbox.drop(
            rows.map { "{\"prompt\": \"question \($0)\", \"completion\": \"answer \($0 % 5)\"}\n" }.joined(),
            as: name, into: pipeline)
        let deadline = ContinuousClock.now + .seconds(2)
        while ContinuousClock.now < deadline, daemon?.isRunning == true {
            if log.contains("Received \(name) ") {
                said.drops[name] = (pipeline, rows)
                return
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Waits for `condition`; the bound only ends a hang.
    private func until(_ condition: () async throws -> Bool) async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(300)
        while ContinuousClock.now < deadline {
            if try await condition() { return true }
            try await Task.sleep(for: .milliseconds(25))
        }
        return false
    }

    // MARK: - Promises

    private func verify(_ when: String) async throws {
        let drops = try #require(try await ask([Drop].self, "drops", "--limit", "10000"))
        let states = Dictionary(drops.map { ($0.name, $0.state) }, uniquingKeysWith: { first, _ in first })
        for name in said.drops.keys {
            #expect(states[name] != nil, "\(name) was received and is not there \(when)")
            #expect(states[name] != .quarantined && states[name] != .duplicate, "\(name) \(when)")
        }
        for name in said.revoked { #expect(states[name] == .revoked, "\(name) was revoked \(when)") }
        let bases = try #require(try await ask([Base].self, "bases"))
        for id in said.bases {
            #expect(bases.contains { $0.id == id }, "the base \(id) was added \(when)")
            #expect(FileManager.default.fileExists(atPath: sandbox.layout.base(BaseID(id)) + "/card.json"))
        }
        let runs = try #require(try await ask([Run].self, "runs", "--limit", "10000"))
        for run in runs where said.cancelled.contains(run.id.rawValue) {
            #expect(run.state == .cancelled, "\(run.id) was cancelled \(when)")
        }
        for (pipeline, hashes) in said.promotions {
            let history = try #require(try await ask([PromotionRecord].self, "history", pipeline))
            #expect(hashes.isSubset(of: history.map(\.hash)), "what was promoted stays \(when)")
            try await expectLink(pipeline, when)
        }
        let versions = try await ask([Version].self, "version", "list", "tickets") ?? []
        for (name, version) in said.aliases {
            let owner = versions.first { $0.aliases.contains(name) }?.version.id
            #expect(owner == version, "\(name) is \(version) \(when)")
        }
    }

    /// `current` is what the newest record says.
    private func expectLink(_ pipeline: String, _ when: String) async throws {
        var link: String?
        var record: String?
        let agrees = try await until {
            link = try? FileManager.default.destinationOfSymbolicLink(
                atPath: sandbox.layout.current(PipelineName(pipeline)))
            record = try await ask([PromotionRecord].self, "history", pipeline)?.first?.version?.rawValue
            return link == record
        }
        #expect(agrees, "current of \(pipeline) is \(link ?? "nothing"), not \(record ?? "the base") \(when)")
    }

    /// Lets everything come to its end, then looks at every row and every file.
    private func end() async throws {
        let isOver = try await until {
            let drops = try await ask([Drop].self, "drops", "--limit", "10000") ?? []
            let runs = try await ask([Run].self, "runs", "--limit", "10000") ?? []
            return !drops.contains { [.received, .validated].contains($0.state) }
                && !runs.contains { $0.state.hasWorkLeft }
        }
        #expect(isOver, "everything comes to its end: \(log.suffix(3000))")
        // What a worker left that was killed since the last start is gone after the next one.
        for isLast in [false, true] {
            daemon?.signal(SIGTERM)
            #expect(try await daemon?.wait(seconds: 240) == .exited(0), "\(log.suffix(3000))")
            if !isLast { try await start() }
        }
        try checkRows()
        try checkFiles()
        try await disk?.unmount()
    }

    /// Every row of what was received is in the dataset once; every withdrawn one nowhere.
    private func checkRows() throws {
        let ledger = try Ledger(path: sandbox.layout.ledger)
        for pipeline in Self.pipelines {
            var seen: [String: Int] = [:]
            for shard in try ledger.shards(PipelineName(pipeline)) {
                try RowFile.read(shard.file.path) { row in
                    if case .completion(let prompt, _) = row.content { seen[prompt, default: 0] += 1 }
                }
            }
            #expect(seen.values.allSatisfy { $0 == 1 }, "a row is twice in \(pipeline)")
            for (name, drop) in said.drops where drop.pipeline == pipeline {
                let count = drop.rows.reduce(0) { $0 + (seen["question \($1)"] ?? 0) }
                let isRevoked = said.revoked.contains(name) || (said.maybeRevoked.contains(name) && count == 0)
                #expect(count == (isRevoked ? 0 : Self.rows), "rows of \(name): \(count)")
            }
            #expect(try ledger.verify(PipelineName(pipeline)).intact)
        }
    }

    /// No file lies there that nobody knows.
    private func checkFiles() throws {
        let ledger = try Ledger(path: sandbox.layout.ledger)
        #expect(try Leftovers(sandbox.layout, ledger).find().isEmpty)
        // An upload that was cut short waits to be gone on with, for as long as its row stays: what it said of itself,
        // and how much of each file came.
        let open = try ledger.uploads().map { "uploads/\($0.id)/." }
        let hidden = try FileManager.default.subpathsOfDirectory(atPath: sandbox.layout.state).filter { path in
            path.split(separator: "/").contains { $0.hasPrefix(".") } && !path.hasPrefix("drop/")
                && !(open.contains { path.hasPrefix($0) } && [".note", ".count"].contains { path.hasSuffix($0) })
        }
        #expect(hidden.isEmpty, "\(hidden)")
    }
}

/// Random numbers that a seed gives again (splitmix64).
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
