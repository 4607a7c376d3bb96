import Foundation
import Nouns
import Settings
import StageKit
import TestSupport
import Testing

@testable import Delivery

/// A run that cannot be delivered keeps no other from it.
struct IsolationTests {
    @Test func aBrokenGoldenFileHoldsUpNoOtherRun() async throws {
        let scene = try DeliveryServiceTests()
        let context = try scene.context("exports = [\"peft\"]\n")
        let first = try scene.promoted(context)
        // Its golden set is read because it is what is served.
        let golden = scene.sandbox.layout.golden("p")
        try FileManager.default.createDirectory(atPath: golden, withIntermediateDirectories: true)
        try Data("{\"prompt\": 5}\n".utf8).write(to: URL(filePath: golden + "/facts.jsonl"))
        // What comes after it is of another pipeline, without golden sets.
        try scene.sandbox.pipeline("q", "base = \"tiny\"\n[delivery]\nexports = [\"peft\"]\n")
        context.settings.replace(SettingsFolder.read(scene.sandbox.layout))
        let other = try scene.promoted(context, pipeline: "q")
        let delivery = scene.service(context, FakeLauncher(FakeLauncher.export))
        try await delivery.pass()
        #expect(try context.ledger.run(other.id)?.state == .delivered)
        #expect(try context.ledger.run(first.id)?.state == .promoted, "it waits until its golden file is mended")
        let problems = context.problems.all(prefix: "delivery:run:\(first.id)")
        #expect(problems.count == 1 && problems.first?.code.hasPrefix("golden.") == true, "\(problems)")
        try FileManager.default.removeItem(atPath: golden + "/facts.jsonl")
        try await delivery.pass()
        #expect(try context.ledger.run(first.id)?.state == .delivered)
        #expect(context.problems.all(prefix: "delivery:").isEmpty)
    }
}
