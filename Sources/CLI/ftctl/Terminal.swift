import Foundation
import Platform

/// What appears on the terminal: tables, bars, dates.
enum Terminal {
    static let isInteractive = isatty(1) == 1

    static func line(_ text: String) { write(Data((text + "\n").utf8)) }

    /// Replaces the present line on a terminal.
    static func replace(_ text: String) { write(Data("\r\u{1B}[K\(text)".utf8)) }

    /// Says on standard error what went wrong.
    static func complain(_ text: String) {
        // Where standard error is closed there is nobody left to tell.
        try? FileHandle.standardError.write(contentsOf: Data("ftctl: \(text)\n".utf8))
    }

    /// Writes to standard output. `ftctl … | head` ends as other programs do, by SIGPIPE; a full disk ends it with a
    /// sentence and status 74.
    static func write(_ data: Data) {
        do { try data.withUnsafeBytes { try AtomicFile.writeAll($0, to: 1, path: "standard output") } } catch let
            failure as FileFailure
        {
            complain("\(failure)")
            exit(74)
        } catch {
            complain("\(error)")
            exit(74)
        }
    }

    /// Columns padded to their widest cell; the last is left as it is.
    static func table(_ header: [String], _ rows: [[String]]) -> String {
        guard !rows.isEmpty else { return "(none)" }
        let all = [header] + rows
        let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            row.enumerated().map { index, cell in
                index == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[index] - cell.count)
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }

    static func bar(_ done: Double, width: Int = 24) -> String {
        let full = Int((min(1, max(0, done)) * Double(width)).rounded())
        return String(repeating: "█", count: full) + String(repeating: "░", count: width - full)
    }

    static func time(_ date: Date?) -> String {
        guard let date else { return "–" }
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.dateFormat = "yyyy-MM-dd HH:mm:ss"
        return formatter.string(from: date)
    }

    static func duration(_ seconds: Double) -> String {
        if seconds < 90 { return String(format: "%.0f s", seconds) }
        if seconds < 5400 { return String(format: "%.0f min", seconds / 60) }
        return String(format: "%.1f h", seconds / 3600)
    }

    static func bytes(_ count: Int) -> String {
        if count < 10 << 10 { return "\(count) B" }
        if count < 10 << 20 { return "\(count >> 10) KiB" }
        if count < 10 << 30 { return "\(count >> 20) MiB" }
        return "\(count >> 30) GiB"
    }

    static func number(_ value: Double?) -> String {
        guard let value else { return "–" }
        return value == value.rounded() && abs(value) < 1e9 ? String(Int(value)) : String(format: "%.4g", value)
    }
}
