import Contracts
import Foundation

/// The judgement of Intake, without any I/O.
package enum IntakeRules {
    /// Whether a name in a drop folder is one to leave alone: hidden, or a partial download.
    package static func isIgnored(_ name: String) -> Bool {
        name.hasPrefix(".") || name.hasSuffix(".part") || name.hasSuffix(".tmp") || name.isEmpty
    }

    /// What kind of thing lies in the folder, by `st_mode`; nil for a plain file.
    package static func refusal(mode: mode_t) -> (what: String, remedy: String)? {
        switch mode & S_IFMT {
        case S_IFREG: nil
        case S_IFLNK: ("a symbolic link, which is never followed", "Copy the file itself into the folder.")
        case S_IFDIR: ("a folder", "Drop its files one by one.")
        case S_IFIFO: ("a named pipe", "Write the data to a file and drop that.")
        case S_IFSOCK: ("a socket", "Remove it.")
        default: ("a device", "Remove it.")
        }
    }

    /// A file whose permissions keep the daemon out.
    package static let unreadable = (
        what: "a file that the daemon may not read", remedy: "Let its group read it: chmod g+r on the file."
    )

    /// The fault of the whole file, from its report; nil where its good rows go on.
    package static func quarantine(_ report: IntakeReport, maximumBadShare: Double) -> Failure? {
        if report.bytes == 0 {
            return Failure(code: "intake.empty_file", "The file is empty.", at: report.name, remedy: "Drop it again once it has rows.")
        }
        if report.rowsRead == 0 {
            return Failure(code: "intake.no_rows", "The file has no rows.", at: report.name, remedy: "Write one JSON object a line.")
        }
        if report.rowsRejected == report.rowsRead {
            let first = report.problems.first.map { " The first: line \($0.line): \($0.message)" } ?? ""
            return Failure(
                code: "intake.no_good_row", "None of the \(report.rowsRead) rows can be used.\(first)", at: report.name,
                remedy: report.problems.first?.fix ?? "Mend the rows and drop the file again.")
        }
        let share = Double(report.rowsRejected) / Double(report.rowsRead)
        guard share > maximumBadShare else { return nil }
        return Failure(
            code: "intake.too_many_bad_rows",
            "\(report.rowsRejected) of \(report.rowsRead) rows are bad, more than the share of \(maximumBadShare) that data.maximum_bad_share allows.",
            at: report.name, remedy: "Mend the rows that report.json names and drop the file again.")
    }

    /// An identifier that sorts by time of arrival.
    package static func newID(at date: Date, random: UInt32) -> DropID {
        let parts = Calendar(identifier: .gregorian).dateComponents(in: .gmt, from: date)
        return DropID(
            String(
                format: "d-%04d%02d%02d-%02d%02d%02d-%08x", parts.year ?? 0, parts.month ?? 0, parts.day ?? 0, parts.hour ?? 0, parts.minute ?? 0,
                parts.second ?? 0, random))
    }
}
