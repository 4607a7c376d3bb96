/// How much of the time processes wait for something that is short, as the kernel counts it
/// (Documentation/accounting/psi.rst).
package struct Pressure: Hashable, Sendable {
    /// What can be short.
    package enum Kind: String, Sendable { case cpu, memory }

    /// The share of the last ten seconds in which some process waited, in percent.
    package var recent: Double
    /// The same of the last minute.
    package var minute: Double

    package init(recent: Double, minute: Double) {
        self.recent = recent
        self.minute = minute
    }

    /// Reads `some avg10=0.00 avg60=0.00 avg300=0.00 total=0` and what follows; nil where it is something else.
    package init?(_ text: String) {
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("some ") }) else { return nil }
        var values: [Substring: Double] = [:]
        for word in line.split(separator: " ").dropFirst() {
            let parts = word.split(separator: "=")
            if parts.count == 2 { values[parts[0]] = Double(parts[1]) }
        }
        guard let recent = values["avg10"], let minute = values["avg60"] else { return nil }
        self.init(recent: recent, minute: minute)
    }

    /// The pressure on the machine, or on a control group where the machine's is not shown; nil where neither is.
    static func read(_ kind: Kind, _ files: any KernelFiles, group: String?) -> Pressure? {
        files.text("/proc/pressure/\(kind.rawValue)").flatMap(Pressure.init)
            ?? group.flatMap { files.text("\($0)/\(kind.rawValue).pressure") }.flatMap(Pressure.init)
    }
}
