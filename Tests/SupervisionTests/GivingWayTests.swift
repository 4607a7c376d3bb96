import ControlGroups
import Nouns
import Synchronization
import TestSupport
import Testing

@testable import Supervision

/// Runs that wait for the rest of the machine and go on by themselves.
struct GivingWayTests {
    /// What the machine is like, for tests to say.
    private final class Weather: Sendable {
        let now = Mutex(MachineReadings())
        var readings: MachineReadings { now.withLock { $0 } }
        func set(_ readings: MachineReadings) { now.withLock { $0 = readings } }
    }

    private static func scene(_ pause: String, _ weather: Weather) throws -> AttemptsTests.Scene {
        try AttemptsTests.Scene([], settings: "[pause]\n" + pause) {
            MachineWatch(shortest: .zero) { weather.readings }
        }
    }

    @Test func aRunOnABatteryWaitsAtItsCheckpointAndGoesOn() async throws {
        let weather = Weather()
        let scene = try Self.scene("on_battery = true\n", weather)
        _ = try await scene.work { $0.state == .training && $0.work != nil }
        weather.set(MachineReadings(isOnBattery: true))
        let waiting = try await scene.work { $0.state == .queued }
        #expect(waiting.cause?.code == "machine.battery" && waiting.attempts == 0 && waiting.paused == nil)
        #expect(scene.context.waits.problem(of: "machine")?.code == "machine.battery")
        // Nobody has to do anything about it.
        #expect(scene.context.problems.all() == [])
        // Nothing is started meanwhile.
        try scene.service.startNext()
        try scene.service.startNext()
        #expect(scene.launcher.count == 1)
        weather.set(MachineReadings())
        let again = try await scene.work { $0.state == .training && $0.work != nil }
        #expect(again.attempts == 1 && again.cause == nil && scene.launcher.count == 2)
        #expect(scene.context.waits.all() == [])
        #expect(try scene.states() == [.queued, .training, .queued, .training])
    }

    @Test func pressureThatLastsHoldsRunsUp() async throws {
        let weather = Weather()
        let scene = try Self.scene("memory_pressure = 20\n", weather)
        weather.set(MachineReadings(memory: Pressure(recent: 30, minute: 5)))
        try scene.service.startNext()
        weather.set(MachineReadings(memory: Pressure(recent: 5, minute: 15)))
        try scene.service.startNext()
        #expect(scene.launcher.count == 0)
        weather.set(MachineReadings(memory: Pressure(recent: 5, minute: 5)))
        _ = try await scene.work { $0.state == .training }
    }

    @Test func whatCannotBeSeenIsAProblemAndHoldsNobodyUp() async throws {
        let scene = try Self.scene("cpu_pressure = 20\n", Weather())
        _ = try await scene.work { $0.state == .training }
        #expect(scene.context.problems.problem(of: "machine:pressure")?.code == "machine.blind")
    }

    /// A run that somebody cancels while it makes room stays cancelled.
    @Test func aCancelledRunStaysCancelled() async throws {
        let weather = Weather()
        let scene = try Self.scene("on_battery = true\n", weather)
        _ = try await scene.work { $0.state == .training && $0.work != nil }
        weather.set(MachineReadings(isOnBattery: true))
        _ = try scene.service.cancel(scene.id, by: "ada")
        let run = try await scene.work { _ in scene.service.active.count == 0 }
        #expect(run.state == .cancelled)
    }
}
