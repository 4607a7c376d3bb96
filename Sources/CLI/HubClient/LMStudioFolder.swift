import Foundation

/// Models as LM Studio keeps them: `models/PUBLISHER/NAME/FILE.gguf`.
///
/// Source: LM Studio 0.3, "Import models".
package struct LMStudioFolder: Sendable {
    package let root: String

    package init(_ root: String) { self.root = root }

    /// Where they lie: in the home that LM Studio's pointer names, or in its usual ones.
    package static func all(home: String) -> [LMStudioFolder] {
        let pointer = try? String(contentsOfFile: home + "/.lmstudio-home-pointer", encoding: .utf8)
        let own = pointer?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
        let homes = [own.isEmpty ? home + "/.lmstudio" : own, home + "/.cache/lm-studio"]
        return homes.map { LMStudioFolder($0 + "/models") }
    }

    /// The files with weights, and the folders with safetensors; projectors are left out.
    package func all() -> [String] {
        let paths = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
        return paths.sorted().compactMap { path in
            let parts = path.split(separator: "/")
            guard parts.count == 3, let name = parts.last else { return nil }
            if name == "config.json" { return root + "/" + parts.dropLast().joined(separator: "/") }
            return name.hasSuffix(".gguf") && !name.hasPrefix("mmproj") ? root + "/" + path : nil
        }
    }
}
