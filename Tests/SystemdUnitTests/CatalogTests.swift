import Foundation
import Nouns
import Systemd
import TestSupport
import Testing

@Suite struct CatalogTests {
    /// The catalog promises nothing that no code tells of.
    @Test func everyKindIsToldSomewhere() throws {
        let folder = TestSupport.repository + "/Sources"
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(".swift") }
        let text = try files.map { try String(contentsOfFile: folder + "/" + $0, encoding: .utf8) }.joined()
        // Verdicts are told of by the state that a run is in.
        let states = ["run.accepted", "run.rejected", "run.inconclusive"]
        #expect(text.contains(#""run.\(run.state.rawValue)""#))
        for kind in EventKind.allCases where !states.contains(kind.rawValue) {
            #expect(text.contains("\"\(kind.rawValue)\""), "\(kind.rawValue) is in the catalog and nowhere else")
        }
    }

    /// The machine of runs knows no catalog; this holds them together.
    @Test func whatHappensToARunIsToldAtTheLevelOfItsKind() throws {
        for (name, event) in RunEvent.samples {
            for state in [nil] + RunState.allCases.map(Optional.some) {
                guard let next = RunLife.next(state, event) else { continue }
                let run = Run(
                    id: "r-1", pipeline: "p", mode: .fromBase, state: next, base: "b", snapshot: "s", drops: [],
                    recipe: Recipe(), createdAt: Date(timeIntervalSince1970: 0), requestedBy: "t")
                for case .journal(let line) in RunLife.effects(event, run) {
                    let kind = try #require(EventKind(rawValue: line.event), "\(name) has no entry")
                    #expect(line.level.rawValue == kind.level.rawValue, "\(name)")
                }
            }
        }
    }

    @Test func identifiersAreDistinctAndWellFormed() {
        let identifiers = EventKind.allCases.map(\.messageID)
        #expect(Set(identifiers).count == identifiers.count)
        for identifier in identifiers { #expect(identifier.wholeMatch(of: /[0-9a-f]{32}/) != nil) }
    }

    /// Monitoring outside matches these; whoever changes one breaks it.
    @Test func identifiersAreTheOnesThatWereEverPublished() throws {
        let path = TestSupport.repository + "/systemd/finetuned.catalog"
        if ProcessInfo.processInfo.environment["FINETUNED_REGENERATE"] != nil {
            try EventKind.catalog.write(toFile: path, atomically: true, encoding: .utf8)
        }
        let stored = try String(contentsOfFile: path, encoding: .utf8)
        #expect(
            stored == EventKind.catalog,
            "systemd/finetuned.catalog differs from EventKind. Run: make regenerate")
    }

    @Test func theDocumentedTableIsTheOneInForce() throws {
        let path = TestSupport.repository + "/docs/logging.md"
        var text = try String(contentsOfFile: path, encoding: .utf8)
        let table = try #require(text.firstMatch(of: /\| event \| level [\s\S]*?(?=\n\n)/))
        if ProcessInfo.processInfo.environment["FINETUNED_REGENERATE"] != nil {
            text.replaceSubrange(table.range, with: EventKind.table)
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        }
        #expect(text.contains(EventKind.table), "docs/logging.md differs from EventKind. Run: make regenerate")
    }

    @Test func journalctlCompilesTheCatalog() async throws {
        let database = NSTemporaryDirectory() + "/ft-catalog-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(
            atPath: database + "/usr/lib/systemd/catalog", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: database) }
        try EventKind.catalog.write(
            toFile: database + "/usr/lib/systemd/catalog/finetuned.catalog", atomically: true, encoding: .utf8)
        let (updated, output) = try await ChildProgram.run("journalctl", ["--root", database, "--update-catalog"])
        #expect(updated == .exited(0), "\(output)")
        let (ending, list) = try await ChildProgram.run("journalctl", ["--root", database, "--list-catalog"])
        #expect(ending == .exited(0))
        for kind in EventKind.allCases {
            #expect(list.contains("\(kind.messageID) finetuned: \(kind.explanation.subject)"))
        }
    }

    /// Every event named in the daemon's sources is one of the catalog, so that no typing error costs a MESSAGE_ID.
    @Test func everyEventThatIsLoggedIsInTheCatalog() throws {
        let sources = TestSupport.repository + "/Sources"
        let files = FileManager.default.enumerator(atPath: sources)?.compactMap { $0 as? String } ?? []
        for file in files where file.hasSuffix(".swift") && !file.hasPrefix("Worker/") {
            let text = try String(contentsOfFile: sources + "/" + file, encoding: .utf8)
            for match in text.matches(of: /"event": "([^"\\]+)"/) {
                // The worker protocol's `{"event": "step"}` has no dot.
                guard match.1.contains(".") else { continue }
                #expect(EventKind(rawValue: String(match.1)) != nil, "\(file) logs the unknown event \(match.1)")
            }
        }
    }
}
