import Foundation

/// Reads what Slurm's commands print: text with named columns, which is the same in all versions from 22.05 on.
enum SlurmText {
    /// What stands between columns: neither in a name of Slurm's nor special to a shell.
    static let separator: Character = "@"

    /// The rows of a table by the names of its columns; nil where the table is none.
    ///
    /// - Parameter first: the name of the first column. Without it in the first line nobody has answered.
    static func table(_ text: String, first: String, separator: Character = separator) -> [[String: String]]? {
        var lines = text.split(separator: "\n").map(String.init)[...]
        // What a login shell prints before the table is passed over.
        guard let start = lines.firstIndex(where: { $0.hasPrefix(first + String(separator)) }) else { return nil }
        lines = lines[start...]
        let names = lines.removeFirst().split(separator: separator, omittingEmptySubsequences: false).map(String.init)
        return lines.compactMap { line in
            let cells = line.split(
                separator: separator, maxSplits: names.count - 1, omittingEmptySubsequences: false
            ).map { $0.trimmingCharacters(in: .whitespaces) }
            return cells.count == names.count ? Dictionary(zip(names, cells)) { $1 } : nil
        }
    }

    /// The fields of `scontrol show job -o`; nil where it shows no job.
    static func job(_ text: String) -> [String: String]? {
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("JobId=") }) else { return nil }
        var fields: [String: String] = [:]
        for word in line.split(separator: " ") {
            guard let equals = word.firstIndex(of: "=") else { continue }
            let name = String(word[..<equals])
            // A comment or a path may hold words that look like fields: the first one is the field.
            if fields[name] == nil { fields[name] = String(word[word.index(after: equals)...]) }
        }
        return fields
    }

    /// A job's state from the words of any of the commands.
    ///
    /// - Parameters:
    ///   - word: such as `PENDING`, `CANCELLED by 1234`.
    ///   - exit: such as `75:0`: the status, and the signal.
    static func state(_ word: String, reason: String?, exit: String? = nil) -> JobState? {
        let name = word.prefix { $0 != " " && $0 != "+" }
        let why = reason.flatMap { ["", "None", "N/A", "(null)"].contains($0) ? nil : $0 }
        switch name {
        case "PENDING":
            return JobState(why.map(SlurmReason.phase) ?? .waiting, reason: why)
        case "CONFIGURING", "REQUEUED", "REQUEUE_FED", "SUSPENDED", "STOPPED", "SIGNALING", "STAGE_OUT", "RESIZING",
            "EXPEDITING":
            return JobState(.waiting, reason: why ?? name.lowercased())
        case "REQUEUE_HOLD", "SPECIAL_EXIT", "RESV_DEL_HOLD":
            let isOfLaunch = why.map(SlurmReason.isOfLaunch) ?? false
            return JobState(isOfLaunch ? .held : .stuck, reason: why ?? name.lowercased())
        case "RUNNING", "COMPLETING": return JobState(.working)
        case "COMPLETED": return JobState(.ended(.completed))
        case "FAILED": return JobState(.ended(failed(exit, why)), reason: why)
        case "OUT_OF_MEMORY": return JobState(.ended(.outOfMemory), reason: why)
        case "NODE_FAIL", "BOOT_FAIL", "LAUNCH_FAILED", "RECONFIG_FAIL":
            return JobState(.ended(.lost), reason: String(name))
        case "TIMEOUT", "DEADLINE", "PREEMPTED", "REVOKED":
            return JobState(.ended(.interrupted), reason: String(name))
        case "CANCELLED":
            let who = word.split(separator: " ").last.map(String.init)
            return JobState(.ended(.cancelled(by: word.contains(" by ") ? who.map { "uid \($0)" } : nil)))
        default: return nil
        }
    }

    private static func failed(_ exit: String?, _ reason: String?) -> JobState.End {
        let parts = exit?.split(separator: ":").compactMap { Int32($0) } ?? []
        guard parts.count == 2 else { return .failed(nil) }
        // What sbatch's launcher says where it cannot open the output: slurmd's "I/O" signal of 53.
        if reason == "JobLaunchFailure" || parts == [0, 53] { return .unlaunched }
        return .failed(parts[0] == 0 && parts[1] > 0 ? 128 + (parts[1] & 127) : parts[0])
    }

    /// `2026-11-29T14:20:31` as people say it; nil where no time is named.
    static func time(_ text: String?) -> String? {
        guard let text else { return nil }
        // A regular expression for each of some hundred jobs every few seconds would be most of what following costs.
        let pattern = Array("dddd-dd-ddTdd:dd".utf8)
        let letters = Array(text.utf8.prefix(pattern.count))
        let isTime =
            letters.count == pattern.count
            && zip(letters, pattern).allSatisfy { letter, wanted in
                wanted == UInt8(ascii: "d") ? (48...57).contains(letter) : letter == wanted
            }
        return isTime ? String(decoding: letters.suffix(5), as: UTF8.self) : nil
    }
}
