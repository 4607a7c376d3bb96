import Foundation
import Nouns
import Platform
import RowFormats

/// The judgement of Intake, without any I/O.
package enum IntakeRules {
    /// Whether a name in a drop folder is one to leave alone: hidden, of a program that still writes, or beside data.
    package static func isIgnored(_ name: some Collection<UInt8>) -> Bool { IgnoredNames.contains(name) }

    /// A failure to open what was dropped, as a refusal that says how to mend it; nil where it is none.
    static func refusal(_ failure: FileFailure) -> Failure? {
        guard failure.number == EACCES || failure.number == EPERM else { return nil }
        return Failure(
            code: "intake.unreadable", "The daemon may not \(failure.action): \(failure.reason).", at: failure.path,
            remedy:
                "Let its group read it (chmod -R g+rX); a folder must be writable for the group as well, to be moved.")
    }

    /// The name of a drop's folder in quarantine: its day, what is harmless of its name, and the end of its identifier.
    package static func quarantineName(_ drop: Drop) -> String {
        let day = drop.id.rawValue.split(separator: "-").dropFirst().first.map(String.init) ?? "undated"
        let safe = drop.name.utf8.prefix(100).map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                byte
            default: UInt8(ascii: "_")
            }
        }
        return "\(day)-\(String(decoding: safe, as: UTF8.self))-\(drop.id.rawValue.suffix(8))"
    }
}
