import Foundation

/// What the daemon gives to hooks that may ask it: a word in their environment that nobody else has been told.
package struct HookPermit: Sendable {
    /// That of this process.
    package static let own = HookPermit()

    package static let variable = "FINETUNED_HOOK_PERMIT"
    package let word =
        String(UInt64.random(in: .min ... .max), radix: 36) + String(UInt64.random(in: .min ... .max), radix: 36)

    /// Whether a process was started with it.
    package func isHeld(by process: Int32) -> Bool {
        guard let data = try? FileHandle(forReadingFrom: URL(filePath: "/proc/\(process)/environ")).readToEnd() else {
            return false
        }
        return data.split(separator: 0).contains { $0.elementsEqual("\(Self.variable)=\(word)".utf8) }
    }
}
