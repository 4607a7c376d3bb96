/// How pressed the machine is at a moment.
package struct MachineReadings: Hashable, Sendable {
    /// Nil where the kernel does not tell.
    package var memory: Pressure?
    package var cpu: Pressure?
    /// Whether it runs on a battery; a machine without batteries does not.
    package var isOnBattery: Bool

    package init(memory: Pressure? = nil, cpu: Pressure? = nil, isOnBattery: Bool = false) {
        self.memory = memory
        self.cpu = cpu
        self.isOnBattery = isOnBattery
    }

    package static func take(_ files: any KernelFiles) -> MachineReadings {
        let group = ControlGroups.place(files)
        return MachineReadings(
            memory: .read(.memory, files, group: group), cpu: .read(.cpu, files, group: group),
            isOnBattery: isOnBattery(files))
    }

    /// Whether a battery of the machine feeds it (Documentation/ABI/testing/sysfs-class-power). Batteries of mice and
    /// headsets are of scope `Device`.
    private static func isOnBattery(_ files: any KernelFiles) -> Bool {
        let folder = "/sys/class/power_supply"
        var drains = false
        for name in files.names(in: folder) {
            func value(_ file: String) -> String? {
                files.text("\(folder)/\(name)/\(file)").map {
                    $0.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
                }
            }
            guard value("scope") != "Device" else { continue }
            switch value("type") {
            case "Mains", "USB":
                if value("online") == "1" { return false }
            case "Battery": if value("status") == "Discharging" { drains = true }
            default: continue
            }
        }
        return drains
    }
}
