import Foundation
import GRDB
import Nouns
import TestSupport
import Testing

@testable import Ledger

/// A ledger that is not as it should be costs as little as it can, and says what is wrong.
struct TroubleTests {
    let sandbox: Sandbox
    let path: String

    init() throws {
        sandbox = try Sandbox()
        path = sandbox.layout.ledger
    }

    private func drop(_ id: DropID) -> Drop {
        Drop(
            id: id, pipeline: "p", name: "\(id).jsonl", sha256: id.rawValue, bytes: 1, state: .received,
            receivedAt: Date(timeIntervalSince1970: 1000))
    }

    @Test func aRowThatCannotBeReadCostsNothingElse() throws {
        let ledger = try Ledger(path: path)
        for id in ["d-1", "d-2", "d-3"] as [DropID] { _ = try ledger.receive(drop(id)) }
        #expect(ledger.unreadable.isEmpty)
        try ledger.write { db in
            try db.execute(sql: "UPDATE drop_file SET body = json_set(body, '$.bytes', 'many') WHERE id = 'd-2'")
        }
        #expect(try ledger.drops(in: .received).map(\.id) == ["d-1", "d-3"])
        #expect(try ledger.drops(pipeline: "p", limit: 10).map(\.id) == ["d-3", "d-1"])
        #expect(Array(ledger.unreadable.keys) == ["d-2"])
        #expect(throws: (any Error).self, "asked for by name, it says so") { try ledger.drop("d-2") }
    }

    @Test func pagesThatAreDamagedAreNoticedBeforeAnythingIsTouched() throws {
        let ledger = try Ledger(path: path)
        for number in 0..<200 { _ = try ledger.receive(drop(DropID("d-\(number)"))) }
        try ledger.pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        try ledger.pool.close()
        var data = try Data(contentsOf: URL(filePath: path))
        // The middle of the file, in pages that are in use.
        for place in stride(from: data.count / 3, to: data.count / 2, by: 97) { data[place] ^= 0xFF }
        try data.write(to: URL(filePath: path))
        let failure = #expect(throws: Failure.self) { try Ledger(path: path) }
        #expect(["ledger.damaged", "ledger.unusable"].contains(failure?.code), "\(String(describing: failure))")
        #expect(failure?.remedy?.contains("backup") == true)
        #expect(try Data(contentsOf: URL(filePath: path)) == data)
    }

    @Test func aLedgerThatIsTakenAwayIsNoticed() throws {
        let ledger = try Ledger(path: path)
        #expect(ledger.isInPlace)
        try FileManager.default.moveItem(atPath: path, toPath: path + ".away")
        #expect(!ledger.isInPlace)
        try Data().write(to: URL(filePath: path))
        #expect(!ledger.isInPlace, "another file is not the ledger")
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.moveItem(atPath: path + ".away", toPath: path)
        #expect(ledger.isInPlace, "and it is when it is back")
    }
}
