import ImitatedKernel
import Testing

@testable import ControlGroups

/// Pressure and batteries, on a folder that imitates the kernel's files.
struct MachineReadingsTests {
    private static func pressure(_ recent: Double, _ minute: Double) -> String {
        "some avg10=\(recent) avg60=\(minute) avg300=0.00 total=12\nfull avg10=99.00 avg60=99.00 avg300=0.00 total=1\n"
    }

    @Test func theMachinesPressureIsRead() throws {
        let kernel = try ImitatedKernel()
        try kernel.set("/proc/pressure/memory", Self.pressure(12.5, 3.25))
        try kernel.set("/proc/pressure/cpu", Self.pressure(0, 0))
        try kernel.set(kernel.group + "/memory.pressure", Self.pressure(77, 77))
        let readings = MachineReadings.take(kernel)
        #expect(readings.memory == Pressure(recent: 12.5, minute: 3.25))
        #expect(readings.cpu == Pressure(recent: 0, minute: 0))
    }

    @Test func aGroupsPressureStandsInWhereTheMachinesIsHidden() throws {
        let kernel = try ImitatedKernel()
        try kernel.set(kernel.group + "/cpu.pressure", Self.pressure(40, 20))
        let readings = MachineReadings.take(kernel)
        #expect(readings.cpu == Pressure(recent: 40, minute: 20) && readings.memory == nil)
    }

    @Test(arguments: ["", "full avg10=1 avg60=1\n", "some avg10=x avg60=1\n", "some avg10=1\n"])
    func otherTextsAreNoPressure(_ text: String) { #expect(Pressure(text) == nil) }

    /// - Parameter supplies: `NAME TYPE ONLINE-OR-STATUS SCOPE`.
    @Test(arguments: [
        (["BAT0 Battery Discharging System"], true), (["BAT0 Battery Full System"], false), ([], false),
        (["BAT0 Battery Discharging System", "AC Mains 0 System"], true),
        (["BAT0 Battery Discharging System", "AC Mains 1 System"], false),
        (["BAT0 Battery Discharging System", "ucsi USB 1 System"], false),
        (["mouse Battery Discharging Device"], false),
    ])
    func batteries(_ supplies: [String], _ isOnBattery: Bool) throws {
        let kernel = try ImitatedKernel()
        for supply in supplies {
            let words = supply.split(separator: " ").map(String.init)
            let folder = "/sys/class/power_supply/" + words[0]
            try kernel.set(folder + "/type", words[1] + "\n")
            try kernel.set(folder + (words[1] == "Battery" ? "/status" : "/online"), words[2] + "\n")
            try kernel.set(folder + "/scope", words[3] + "\n")
        }
        #expect(MachineReadings.take(kernel).isOnBattery == isOnBattery)
    }
}
