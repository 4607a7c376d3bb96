import Doctor
import Reports

/// What the doctor found.
struct DoctorAnswer: Encodable {
    /// Whether everything works: there may be warnings.
    let healthy: Bool
    let findings: [DoctorFinding]

    init(_ findings: [DoctorFinding]) {
        self.findings = findings
        healthy = !findings.contains { $0.grade == .fault }
    }

    /// What is wrong first, then the rest, by area.
    var document: Document {
        let order: [DoctorFinding.Grade] = [.fault, .warning, .unknown, .ok]
        let sorted = order.flatMap { grade in findings.filter { $0.grade == grade } }
        return Document([
            .findings(
                sorted.map {
                    Finding(mark($0.grade), "\($0.area.rawValue): \($0.text)", text: $0.remedy.map { [$0] } ?? [])
                }),
            .paragraph(summary),
        ])
    }

    private var summary: String {
        let faults = findings.count { $0.grade == .fault }
        let warnings = findings.count { $0.grade == .warning }
        if faults == 0, warnings == 0 { return "All is well." }
        return "\(faults) \(faults == 1 ? "fault" : "faults"), \(warnings) \(warnings == 1 ? "warning" : "warnings")."
    }

    private func mark(_ grade: DoctorFinding.Grade) -> Mark {
        switch grade {
        case .ok: .pass
        case .unknown: .none
        case .warning: .warning
        case .fault: .fail
        }
    }
}
