import Foundation
import Launching
import Ledger
import Nouns
import Platform
import Settings
import StageKit
import TestSupport
import Testing

@testable import Delivery

/// What goes wrong with one run, hook or pipeline holds up no other; and news comes in order.
struct DeliveryFaultTests {
    let scene: DeliveryServiceTests
    init() throws { scene = try DeliveryServiceTests() }

    @Test func oneRunsFaultHoldsUpNoOther() async throws {
        let context = try scene.context("canary = [\"/bin/false\"]")
        let sound = try scene.promoted(context)
        // The last is served, so the canary is asked about it; what it objects to cannot be rolled back at first.
        let broken = try scene.promoted(context)
        let launcher = FakeLauncher(FakeLauncher.export)
        try await DeliveryService(
            context, launcher: launcher, models: launcher,
            rollBack: { _, _, _ in throw Failure(code: "disk.full", "There is no room.") }
        ).pass()
        #expect(try context.ledger.run(broken.id)?.state == .promoted)
        #expect(try context.ledger.run(sound.id)?.state == .delivered)
        #expect(context.problems.all().map(\.code) == ["disk.full"])
        try FileManager.default.createDirectory(
            atPath: scene.sandbox.layout.models("p"), withIntermediateDirectories: true)
        try await scene.service(context, launcher).pass()
        #expect(try context.ledger.run(broken.id)?.state == .delivered)
        #expect(context.problems.all().isEmpty, "what is mended is no problem any more")
    }

    @Test func newsComeInTheOrderOfWhatHappened() async throws {
        let told = scene.sandbox.root + "/told"
        let tell = "[\"/bin/sh\", \"-c\", \"cat >> \(told)\"]"
        let context = try scene.context("hooks.promoted = \(tell)\nhooks.rolled_back = \(tell)")
        let first = try scene.promoted(context)
        let second = try scene.promoted(context)
        _ = try context.ledger.promote(
            "p", to: first.version, run: nil, kind: .rollback, who: "ann", reason: "it rambles")
        try await Notifier(context, webhook: Webhook(sender: HTTPSender())).pass()
        let events = try String(contentsOfFile: told, encoding: .utf8).split(separator: "\n").map {
            try ContractCoding.decode(DeliveryEvent.self, from: Data($0.utf8))
        }
        #expect(events.map(\.type) == [.promoted, .promoted, .rolledBack])
        #expect(events.map(\.data.run) == [first.id, second.id, nil])
        #expect(events.last?.data.version == first.version && events.last?.data.previous == second.version)
    }

    @Test func aHookThatFailsHoldsUpNoOtherNews() async throws {
        let told = scene.sandbox.root + "/told"
        let context = try scene.context(
            """
            hooks.promoted = ["/bin/false"]
            hooks.rolled_back = ["/bin/sh", "-c", "cat >> \(told)"]
            """)
        _ = try scene.promoted(context)
        _ = try context.ledger.promote("p", to: nil, run: nil, kind: .rollback, who: "ann", reason: "r")
        try await Notifier(context, webhook: Webhook(sender: HTTPSender())).pass()
        #expect(try String(contentsOfFile: told, encoding: .utf8).contains("rolled_back"))
        let waiting = try context.ledger.dueNotifications(at: Date().addingTimeInterval(60))
        #expect(waiting.map(\.event.type) == [.promoted] && waiting.map(\.attempts) == [1])
    }

    @Test func eachRunThatWasNotPromotedIsToldOfOnce() async throws {
        let told = scene.sandbox.root + "/told"
        let tell = "[\"/bin/sh\", \"-c\", \"cat >> \(told)\"]"
        let context = try scene.context("hooks.rejected = \(tell)\nhooks.failed = \(tell)")
        _ = try scene.promoted(context)
        for state in [RunState.rejected, .failed, .inconclusive] {
            _ = try context.ledger.queue(taking: []) {
                Run(
                    id: $0, pipeline: "p", mode: .fromBase, state: state, base: "tiny", snapshot: "s", drops: [],
                    recipe: Recipe(), createdAt: Date(), requestedBy: "t")
            }
        }
        let notifier = Notifier(context, webhook: Webhook(sender: HTTPSender()))
        try await notifier.pass()
        try await notifier.pass()
        let events = try String(contentsOfFile: told, encoding: .utf8).split(separator: "\n").map {
            try ContractCoding.decode(DeliveryEvent.self, from: Data($0.utf8)).type
        }
        #expect(events == [.rejected, .failed])
    }
}
