import Foundation
import GRDB
import Nouns
import TestSupport
import Testing

@testable import Ledger

/// A ledger of any earlier schema is taken over with all its rows, or is left as it was.
struct UpgradeTests {
    let sandbox: Sandbox
    var path: String { sandbox.layout.ledger }

    init() throws { sandbox = try Sandbox() }

    /// Every row of every table, by the columns that it had.
    private func rows(_ columns: [String: [String]]? = nil) throws -> [String: [String]] {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        return try queue.read { db in
            var all: [String: [String]] = [:]
            for (table, names) in try columns ?? Self.columns(db) {
                let list = names.map { "quote(\($0))" }.joined(separator: " || ' ' || ")
                all[table] = try String.fetchAll(db, sql: "SELECT \(list) FROM \(table)").sorted()
            }
            return all
        }
    }

    private static func columns(_ db: Database) throws -> [String: [String]] {
        let tables = try String.fetchAll(
            db,
            sql: """
                SELECT name FROM sqlite_master WHERE type = 'table'
                AND name NOT IN ('grdb_migrations', 'upgrade') AND name NOT LIKE 'sqlite_%'
                """)
        return try Dictionary(
            uniqueKeysWithValues: tables.map {
                ($0, try String.fetchAll(db, sql: "SELECT name FROM pragma_table_xinfo(?)", arguments: [$0]).sorted())
            })
    }

    /// The nouns that the ledger has.
    private func sample() throws -> LedgerSample {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        return try queue.read { try LedgerSample(of: $0) }
    }

    private func columns() throws -> [String: [String]] {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        return try queue.read { try Self.columns($0) }
    }

    @Test(arguments: LedgerFixture.all)
    func everyEarlierLedgerIsTakenOver(_ fixture: LedgerFixture) throws {
        try fixture.make(at: path)
        var columns = try columns()
        // Told by their number now.
        if fixture.schema >= 8 { columns["dataset_row"]?.removeAll { $0 == "number" } }
        let before = try rows(columns)
        let sample = try sample()
        let ledger = try Ledger(path: path)
        try Self.expect(ledger, has: sample, from: fixture.schema)
        let present = Migration.all.count
        #expect(
            ledger.upgrade
                == (fixture.schema == present
                    ? nil
                    : LedgerUpgrade(
                        former: fixture.schema, present: present, copy: path + ".before-\(fixture.schema)")))
        try ledger.pool.close()
        var after = try rows(columns)
        // Sides of prompts that have rows are told by them.
        if fixture.schema < 8, let side = before["side"] {
            #expect(side.filter { !$0.contains("'p:key-1'") } == after["side"])
            after["side"] = side
        }
        #expect(before == after)
    }

    /// The same in every ledger, however old: its schema is that of a new one, and the API tells what was written.
    private static func expect(_ ledger: Ledger, has sample: LedgerSample, from schema: Int) throws {
        let fresh = try DatabaseQueue()
        try fresh.write { try Upgrade(path: "").takeSteps($0) }
        #expect(try ledger.read { try SchemaText.of($0) } == fresh.read { try SchemaText.of($0) })
        #expect(try ledger.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") } == "ok")

        #expect(try ledger.bases() == [sample.base])
        #expect(try ledger.drops(pipeline: "p", limit: 99) == sample.drops.reversed())
        for drop in sample.drops { #expect(try ledger.drops(in: drop.state) == [drop]) }
        #expect(try ledger.known(["row-1", "row-2", "row-3", "row-4"], in: "p") == ["row-1", "row-2", "row-3"])
        #expect(try ledger.rowCounts("p") == [.train: 2, .gate: 1])
        #expect(try ledger.shards("p").map(\.file).sorted { $0.sha256 < $1.sha256 } == sample.shards.map(\.file))
        #expect(try ledger.labels("p", limit: 9) == ["x"])
        #expect(try ledger.snapshot("s-1") == sample.snapshot)
        #expect(try ledger.runs() == sample.runs.reversed())
        for run in sample.runs {
            #expect(try ledger.runs(state: run.state) == [run])
            #expect(try ledger.transitions(run.id).map(\.state) == [run.state])
        }
        #expect(try ledger.runs(in: [.queued, .failed]).map(\.state) == [.failed, .queued], "by priority")
        #expect(try ledger.versions("p") == [sample.version])
        #expect(try ledger.history("p") == [sample.promotion])
        #expect(try ledger.verify("p").intact)
        #expect(try ledger.evaluation(model: "m", set: "s", settings: "{}") == sample.scores)
        try expect(ledger, sample, tablesOf: schema)
    }

    /// What later schemas brought is there where the ledger had it, and empty where it had not.
    private static func expect(_ ledger: Ledger, _ sample: LedgerSample, tablesOf schema: Int) throws {
        #expect(try ledger.exports("v-1") == sample.exports)
        #expect(try ledger.dueNotifications(at: Date()).map(\.event) == (schema >= 2 ? [sample.notice] : []))
        #expect(try ledger.aliases("p") == (schema >= 2 ? ["stable": "v-1"] : [:]))
        #expect(
            try ledger.sides(prompts: ["key-1", "key-3"], groups: ["9"], in: "p")
                == (schema >= 3 ? Sides(prompts: ["key-1": .train, "key-3": .gate], groups: ["9": .gate]) : Sides()))
        #expect(try ledger.setAside("p") == (schema >= 3 ? [sample.setAside] : []))
        #expect(try ledger.contradictions("p").prompts == (schema >= 3 ? 1 : 0))
        #expect(try ledger.experiments() == sample.experiments.reversed())
        #expect(try ledger.frozenSettings("f-1") == (schema >= 12 ? "{\"gates\":{}}" : nil))
        #expect(try ledger.suggestion("p") == (schema >= 5 ? sample.suggestion : nil))
        #expect(try ledger.report("p", drop: "d-stored") == (schema >= 6 ? sample.report : nil))
        #expect(try ledger.counts("p", drop: "d-stored") == (schema >= 6 ? Data([0, 1, 255]) : nil))
        #expect(try ledger.unindexedDrops("p") == (schema >= 6 ? [] : ["d-stored"]))
        #expect(try ledger.dataLineage("row-1").places.map(\.line) == (schema >= 3 ? [1, 4] : [1]))
        #expect(try ledger.dataLineage("row-1").snapshots.map(\.snapshot) == (schema >= 3 ? ["s-1"] : []))
        if schema >= 7 { #expect(try ledger.dataLineage("row-9").places.map(\.state) == [.revoked]) }
    }

    @Test func aNewLedgerRemembersWhoMadeIt() throws {
        let ledger = try Ledger(Upgrade(path: path, program: "1.2.3"))
        #expect(try Self.upgrades(ledger) == ["\(Migration.all.count) 1.2.3"])
        try ledger.pool.close()
        // Who only opens it changes nothing, and nothing is copied.
        let again = try Ledger(Upgrade(path: path, program: "1.2.4"))
        #expect(try Self.upgrades(again) == ["\(Migration.all.count) 1.2.3"])
        #expect(try copies().isEmpty)
    }

    private static func upgrades(_ ledger: Ledger) throws -> [String] {
        try ledger.read { try String.fetchAll($0, sql: "SELECT schema || ' ' || program FROM upgrade ORDER BY schema") }
    }

    private func copies() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: sandbox.layout.state)
            .filter { $0.contains(".before-") }.sorted()
    }

    /// The whole file, to compare bytes.
    private func bytes() throws -> Data { try Data(contentsOf: URL(filePath: path)) }

    // MARK: - Newer ledgers

    /// A ledger as a later program leaves it.
    private func later(program: String = "9.8.7") throws {
        let steps = Migration.all + [Migration("bases in the cloud", sql: "CREATE TABLE cloud (id TEXT)")]
        try Ledger(Upgrade(path: path, migrations: steps, program: program)).pool.close()
    }

    @Test func aNewerLedgerIsRefusedAndNotTouched() throws {
        try later()
        let before = try bytes()
        let count = Migration.all.count
        #expect {
            try Ledger(Upgrade(path: path, program: "1.2.3"))
        } throws: { error in
            let failure = error as? Failure
            return failure?.code == "ledger.newer" && failure?.place == path
                && failure?.message
                    == "The ledger has schema \(count + 1) and was written by finetuned 9.8.7; this is "
                    + "finetuned 1.2.3, which knows schemas up to \(count)."
                && failure?.remedy?.hasPrefix("Install finetuned 9.8.7 again, or go back: put a copy") == true
        }
        #expect(try bytes() == before)
        #expect(try copies().isEmpty)
    }

    @Test func whoCanGoBackIsToldToWhat() throws {
        try Ledger(path: path).pool.close()
        try later()
        let copy = path + ".before-\(Migration.all.count)"
        #expect {
            try Ledger(path: path)
        } throws: {
            ($0 as? Failure)?.remedy?.contains("put \(copy) in its place") == true
        }
        // And so it works: the copy is a ledger of this program.
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
        try FileManager.default.copyItem(atPath: copy, toPath: path)
        #expect(try Self.upgrades(Ledger(path: path)).count == 1)
    }

    @Test func aLedgerOfAStepThatNobodyRecordedIsRefusedToo() throws {
        let steps = [Migration.mainJob, Migration("of another branch", sql: "CREATE TABLE other (id TEXT)")]
        try Ledger(Upgrade(path: path, migrations: steps)).pool.close()
        #expect {
            try Ledger(path: path)
        } throws: {
            ($0 as? Failure)?.message.contains("schema 2 and was written by a later finetuned") == true
        }
    }

    // MARK: - Copies

    @Test func whatWasIsKeptBesideTheLedger() throws {
        try LedgerFixture.all[4].make(at: path)
        // Something that is in the write-ahead log only.
        let writer = try DatabasePool(path: path)
        try writer.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA wal_autocheckpoint = 0")
            try db.execute(sql: "INSERT INTO side (pipeline, key, split) VALUES ('p', 'g:late', 'train')")
        }
        let before = try rows()
        try Ledger(path: path).pool.close()
        try writer.close()
        #expect(try copies() == ["ledger.sqlite.before-5"])
        let copy = try DatabaseQueue(path: path + ".before-5")
        #expect(try copy.read { try Upgrade.applied($0) } == Set(Migration.all.prefix(5).map(\.name)))
        #expect(try copy.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") } == "ok")
        #expect(try copy.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM side WHERE key = 'g:late'") } == 1)
        try copy.close()
        // The copy is what the ledger was, to the last row.
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
        try FileManager.default.moveItem(atPath: path + ".before-5", toPath: path)
        #expect(try rows() == before)
    }

    @Test func theLastTwoCopiesAreKept() throws {
        for schema in [10, 9, 2, 7] {
            try Data("x".utf8).write(to: URL(filePath: path + ".before-\(schema)"))
        }
        try Data("x".utf8).write(to: URL(filePath: path + ".before-winter"))
        try LedgerFixture.all[5].make(at: path)
        try Ledger(path: path).pool.close()
        #expect(try copies() == ["ledger.sqlite.before-10", "ledger.sqlite.before-6", "ledger.sqlite.before-winter"])
    }

    @Test func aLedgerThatCannotBeCopiedIsNotUpgraded() throws {
        try LedgerFixture.all[5].make(at: path)
        let (before, sample) = (try rows(), try sample())
        let size = try bytes()
        let obstacle = path + ".before-6.partial"
        try FileManager.default.createDirectory(atPath: obstacle, withIntermediateDirectories: false)
        #expect {
            try Ledger(path: path)
        } throws: {
            let failure = $0 as? Failure
            return failure?.code == "ledger.copy" && failure?.message.contains("it is as it was") == true
        }
        #expect(try rows() == before)
        #expect(try bytes() == size)
        // Once the obstacle is away, it goes on.
        try FileManager.default.removeItem(atPath: obstacle)
        try Self.expect(try Ledger(path: path), has: sample, from: 6)
    }

    @Test func aFullDiskIsNamed() throws {
        try LedgerFixture.all[5].make(at: path)
        let source = try DatabaseQueue(path: path)
        #expect {
            try LedgerCopy.write(source, to: "/dev/full")
        } throws: {
            ($0 as? DatabaseError)?.resultCode == .SQLITE_FULL
        }
        let copy = LedgerCopy(ledger: path, schema: 6)
        let failure = copy.refusal(DatabaseError(resultCode: .SQLITE_FULL))
        #expect(failure.remedy?.contains("Free at least 1 MB on that disk") == true)
    }

    @Test func whatAnInterruptedCopyLeftIsOverwritten() throws {
        try LedgerFixture.all[5].make(at: path)
        try Data(repeating: 1, count: 9999).write(to: URL(filePath: path + ".before-6.partial"))
        try Ledger(path: path).pool.close()
        #expect(try copies() == ["ledger.sqlite.before-6"])
    }

    @Test func aStepThatFailsTakesAllOfThemBack() throws {
        try LedgerFixture.all[5].make(at: path)
        let (before, sample) = (try rows(), try sample())
        let steps = Migration.all + [Migration("broken", sql: "INSERT INTO nowhere VALUES (1)")]
        #expect {
            try Ledger(Upgrade(path: path, migrations: steps))
        } throws: {
            ($0 as? Failure)?.code == "ledger.upgrade" && ($0 as? Failure)?.cause?.contains("nowhere") == true
        }
        #expect(try rows() == before)
        try Self.expect(try Ledger(path: path), has: sample, from: 6)
    }

    @Test func aDiskThatFillsUpTakesAllOfThemBack() throws {
        try LedgerFixture.all[5].make(at: path)
        let before = try rows()
        let pool = try DatabasePool(path: path)
        try pool.writeWithoutTransaction { db in
            // No page more than there are: what SQLite says of a full disk.
            let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            try db.execute(sql: "PRAGMA max_page_count = \(pages)")
        }
        #expect {
            try Upgrade(path: path).run(pool)
        } throws: {
            ($0 as? Failure)?.code == "disk.full" && ($0 as? Failure)?.remedy?.hasPrefix("Free as much") == true
        }
        try pool.close()
        #expect(try rows() == before)
    }

    @Test func aReferenceToNothingTakesAllOfThemBack() throws {
        let dangling = Migration("dangling", sql: "INSERT INTO run_transition (run, state, at) VALUES ('r-0', 'x', 0)")
        #expect {
            try Ledger(Upgrade(path: path, migrations: Migration.all + [dangling]))
        } throws: {
            ($0 as? Failure)?.cause?.contains("FOREIGN KEY") == true
        }
        #expect(try Self.upgrades(Ledger(path: path)).count == 1)
    }
}
