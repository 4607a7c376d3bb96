import ControlGroups
import Nouns
import Settings
import Testing

@testable import Supervision

/// When runs wait for the rest of the machine.
struct PauseRulesTests {
    private static func rules(memory: Double = 0, cpu: Double = 0, battery: Bool = false) -> PauseRules {
        var settings = PauseSettings()
        (settings.memoryPressure, settings.cpuPressure, settings.onBattery) = (memory, cpu, battery)
        return PauseRules(settings: settings)
    }

    private static func memory(_ recent: Double, _ minute: Double) -> MachineReadings {
        MachineReadings(memory: Pressure(recent: recent, minute: minute))
    }

    private static let long = PauseRules.Wait(code: "machine.memory", isShort: false)
    private static let short = PauseRules.Wait(code: "machine.memory", isShort: true)

    /// - Parameters:
    ///   - recent: percent of ten seconds, then of a minute; the limit is 20.
    ///   - wait: nil where runs work.
    @Test(arguments: [
        (19.0, 90.0, nil, false), (20.0, 0.0, nil, true), (0.0, 0.0, Self.short, true), (9.0, 9.0, Self.long, false),
        (10.0, 0.0, Self.long, true), (0.0, 10.0, Self.long, true),
    ])
    func memoryIsWaitedForUntilItHasFallen(
        _ recent: Double, _ minute: Double, _ wait: PauseRules.Wait?, _ waits: Bool
    ) {
        let reason = Self.rules(memory: 20).reason(Self.memory(recent, minute), wait)
        #expect(reason?.code == (waits ? "machine.memory" : nil))
    }

    @Test func nothingIsWaitedForThatNobodyAskedFor() {
        let pressed = MachineReadings(
            memory: Pressure(recent: 99, minute: 99), cpu: Pressure(recent: 99, minute: 99), isOnBattery: true)
        #expect(Self.rules().reason(pressed, nil) == nil)
        #expect(Self.rules(cpu: 50).reason(pressed, nil)?.code == "machine.cpu")
        #expect(Self.rules(memory: 50, cpu: 50, battery: true).reason(pressed, nil)?.code == "machine.battery")
    }

    @Test func aBatteryIsLeftAtOnceAndLeavesNothingBehind() {
        let rules = Self.rules(memory: 20, battery: true)
        let wait = PauseRules.Wait(code: "machine.battery", isShort: true)
        #expect(rules.reason(Self.memory(12, 12), wait) == nil)
    }

    @Test func whatCannotBeSeenIsSaid() {
        #expect(Self.rules(memory: 5, cpu: 5).blind(Self.memory(0, 0))?.place == "pause.cpu_pressure")
        #expect(Self.rules(memory: 5, cpu: 5).blind(MachineReadings())?.message.contains(" and ") == true)
        #expect(Self.rules(battery: true).blind(MachineReadings()) == nil)
    }

    @Test func whatSettingsNeedOfGroups() {
        var limits = ResourceLimits()
        limits.isIdle = true
        #expect(ResourceNeeds.unheld(limits, []) == nil)
        limits.ioWeight = 50
        #expect(ResourceNeeds.unheld(limits, [.memory, .cpu]) == "resources.io_weight")
        limits.cpuWeight = 50
        #expect(ResourceNeeds.unheld(limits, [.memory]) == "resources.cpu_weight")
        limits.memoryBytes = 1 << 30
        #expect(ResourceNeeds.unheld(limits, []) == "resources.memory_max")
        #expect(ResourceNeeds.unheld(limits, [.memory, .cpu, .io]) == nil)
    }
}
