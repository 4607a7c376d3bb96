import Foundation
import Places

/// The service: how systemd has it, and what its sandbox leaves open.
extension Examination {
    /// The exposure up to which the service counts as closed; docs/operating.md says what is open and why.
    private static let exposure = 1.0

    func checkSystemd() -> [DoctorFinding] {
        guard isInstalled else { return [.ok(.systemd, "A daemon with a root of its own needs no unit.")] }
        guard case .there = machine.sight("/run/systemd/system") else {
            return [
                .warning(
                    .systemd, "No systemd runs here: nobody starts the daemon, watches it, or closes it in.",
                    "Start it by hand as user finetuned, under a supervisor of yours.")
            ]
        }
        let names = "LoadState,ActiveState,UnitFileState,NeedDaemonReload,DropInPaths,Result"
        guard let said = machine.run("systemctl", ["show", "finetuned.service", "--property=\(names)"]),
            said.status == 0
        else { return [.unknown(.systemd, "systemd does not answer.", "See `systemctl status`.")] }
        let values = Self.values(said.text)
        guard values["LoadState"] == "loaded" else {
            return [
                .fault(
                    .systemd, "finetuned.service is \(values["LoadState"] ?? "unknown") to systemd.",
                    "systemctl unmask finetuned; systemctl daemon-reload; else install it again.")
            ]
        }
        return service(values) + journal()
    }

    private func service(_ values: [String: String]) -> [DoctorFinding] {
        var found: [DoctorFinding] = []
        if values["NeedDaemonReload"] == "yes" {
            found.append(
                .warning(
                    .systemd, "The unit has changed on disk since systemd read it.",
                    "systemctl daemon-reload; systemctl restart finetuned."))
        }
        switch values["ActiveState"] {
        case "failed":
            found.append(
                .fault(
                    .systemd, "finetuned.service has failed (\(values["Result"] ?? "")).",
                    "journalctl -u finetuned -n 50 says why; then systemctl reset-failed finetuned, and start it."
                ))
        case "active", "activating", "reloading":
            found.append(.ok(.systemd, "finetuned.service is \(values["ActiveState"] ?? "")."))
        default:
            found.append(
                .warning(
                    .systemd, "finetuned.service is \(values["ActiveState"] ?? "unknown").",
                    "systemctl enable --now finetuned."))
        }
        if values["UnitFileState"] == "disabled" {
            found.append(
                .warning(
                    .systemd, "finetuned.service is not started at boot.", "systemctl enable finetuned."))
        }
        if let dropIns = values["DropInPaths"], !dropIns.isEmpty {
            found.append(.ok(.systemd, "Drop-ins are in force: \(dropIns)."))
        }
        return found
    }

    private func journal() -> [DoctorFinding] {
        guard case .absent = machine.sight("/var/log/journal") else { return [] }
        return [
            .warning(
                .systemd, "The journal is kept in memory alone, so that the story of runs ends with each boot.",
                "mkdir /var/log/journal; systemctl restart systemd-journald.")
        ]
    }

    func checkSandbox() -> [DoctorFinding] {
        guard isInstalled, case .there = machine.sight("/run/systemd/system") else {
            return [
                .warning(
                    .sandbox, "The daemon runs without the unit's sandbox, with all rights of its user.",
                    "Install the unit for anything but trying out: docs/operating.md, 'The sandbox'.")
            ]
        }
        let arguments = ["security", "finetuned.service", "--no-pager"]
        guard let said = machine.run("systemd-analyze", arguments), let exposure = Self.exposure(said.text) else {
            return [
                .unknown(
                    .sandbox, "systemd-analyze does not say how closed the service is.",
                    "See `systemd-analyze security finetuned`.")
            ]
        }
        guard exposure <= Self.exposure else {
            return [
                .warning(
                    .sandbox, "The service's exposure is \(exposure), and \(Self.exposure) at most as it is installed.",
                    "See `systemctl cat finetuned` for drop-ins that open it, and `systemd-analyze security finetuned`."
                )
            ]
        }
        return [.ok(.sandbox, "The service's exposure is \(exposure) of 10.")]
    }

    /// `NAME=VALUE` a line.
    static func values(_ text: String) -> [String: String] {
        text.split(separator: "\n").reduce(into: [:]) { values, line in
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { values[String(parts[0])] = String(parts[1]) }
        }
    }

    /// `→ Overall exposure level for finetuned.service: 0.5 SAFE`.
    static func exposure(_ text: String) -> Double? {
        guard let line = text.split(separator: "\n").last(where: { $0.contains("exposure level") }),
            let rest = line.split(separator: ":").last
        else { return nil }
        return rest.split(separator: " ").first.flatMap { Double($0) }
    }
}
