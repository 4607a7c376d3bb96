import Foundation
import HubClient
import Nouns
import Reports
import Testing

@testable import ftctl

/// What is printed of bases that come from elsewhere, and how their sources are read.
struct HubOutputTests {
    private static let commit = String(repeating: "1", count: 40)

    private static var source: BaseSource {
        BaseSource(
            place: "hf:ann/tiny@main", repository: "ann/tiny", revision: "main", commit: commit,
            files: [
                .init(path: "config.json", bytes: 700, blob: String(repeating: "b", count: 40)),
                .init(path: "model.safetensors", bytes: 270 << 20, sha256: String(repeating: "a", count: 64)),
            ])
    }

    @Test func whereABaseCameFromIsShown() throws {
        var card = Answers.card
        card.source = Self.source
        try OutputHarness.expect("base-show-hub", "base smollm2-135m-instruct", BaseShow.self, card)
    }

    @Test func whatABaseWouldBe() throws {
        let outlook = BaseOutlook(
            place: "hf:ann/tiny", id: "tiny", commit: Self.commit, bytes: 270 << 20, files: 5, architecture: "llama",
            parameters: 134_515_008, contextLength: 8192, licence: "apache-2.0", hasTemplate: true,
            trainingMemoryBytes: 900 << 20, servingMemoryBytes: 800 << 20, availableMemoryBytes: 20 << 30,
            freeDiskBytes: 40 << 30, seconds: 12, remarks: ["It prints today's date."])
        try OutputHarness.expect(
            "base-add-dry", "base add hf:ann/tiny --dry-run", BaseAdd.self, AddedBase(outlook: outlook))
    }

    @Test func whatIsNewAtTheHub() throws {
        let newest = BaseNews(
            base: "tiny", repository: "ann/tiny", commit: Self.commit, newest: Self.commit, changed: [])
        var moved = newest
        (moved.base, moved.newest) = ("other", String(repeating: "2", count: 40))
        var changed = moved
        changed.changed = ["config.json", "model.safetensors"]
        try OutputHarness.expect("base-check", "base check", BaseCheck.self, [newest, moved, changed])
    }

    @Test func whatIsSuggested() throws {
        let answer = Suggestions(
            date: SuggestedBase.date, memoryBytes: 4 << 30, left: 3,
            bases: SuggestedBase.all.prefix(2).map { base in
                var base = base
                base.trainsInBytes = base.bytes + (640 << 20)
                return base
            })
        try OutputHarness.expect("base-suggest", "base suggest", BaseSuggest.self, answer)
    }

    @Test func whatLiesHere() throws {
        let models = [
            LocalModel(source: "ollama:tiny:latest", store: "Ollama", bytes: 91 << 20),
            LocalModel(source: "/srv/m.gguf", store: "LM Studio", bytes: 1 << 30, problem: "it is closed"),
        ]
        try OutputHarness.expect(
            "base-find", "base find", .list(models, none: "", TableView()), json: models)
    }

    @Test func theListIsWhatTheEngineTrainsAndSortedBySize() {
        let all = SuggestedBase.all
        #expect(all.map(\.bytes) == all.map(\.bytes).sorted())
        #expect(all.allSatisfy { (try? HubAddress($0.source)) != nil && $0.known.count == 3 })
        #expect(SuggestedBase.date.wholeMatch(of: /20[0-9]{2}-[0-9]{2}-[0-9]{2}/) != nil)
    }

    @Test func thePipelinesSettingsSayTheKindOfTask() {
        #expect(BaseSuggest.kind("[gates]\nprimary = \"accuracy\"\n") == .classes)
        #expect(BaseSuggest.kind("answer_schema = \"a.json\"\nprimary = \"accuracy\"") == .extraction)
        #expect(BaseSuggest.kind("answer_schema = \"\"\nprimary = \"loss\"") == .answers)
    }

    @Test func partsAreHandedOnInOrderAndForgottenAtARestart() async throws {
        let partBytes = 1 << 20
        let pipe = PartPipe(partBytes: partBytes)
        let bytes = Data(repeating: 7, count: partBytes + 5)
        let producer = Task.detached {
            try bytes.prefix(3).withUnsafeBytes { try pipe.take($0) }
            try pipe.restart()
            try bytes.withUnsafeBytes { try pipe.take($0) }
            try pipe.finish()
        }
        var sizes: [Int] = []
        for try await step in pipe.steps {
            switch step {
            case .restart: sizes.append(0)
            case .part(let part): sizes.append(part.count)
            }
            pipe.done()
        }
        try await producer.value
        #expect(sizes == [0, partBytes, 5])
        pipe.abort()
        #expect(throws: CancellationError.self) { try bytes.withUnsafeBytes { try pipe.take($0) } }
    }

    @Test func twoAtOnceAreToldApart() throws {
        let home = FileManager.default.temporaryDirectory.path + "/lock-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: home) }
        func take(_ key: String, _ socket: String = "/run/s") throws -> Any? {
            try AddingLock.take(key, socket: socket, [:], home: home)
        }
        let first = try take("k")
        #expect(first != nil)
        #expect(#expect(throws: Failure.self) { try take("k") }?.code == "base.adding")
        #expect(try take("other") != nil)
        #expect(try take("k", "/run/of-another-daemon") != nil)
        withExtendedLifetime(first) {}
    }
}
