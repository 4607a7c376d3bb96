import Foundation

/// The programs of one installation, found from the one that asks: they lie in one folder, or in `bin` and
/// `libexec/finetuned` of one prefix.
package struct InstalledPrograms: Sendable {
    /// The folder of the program that asks.
    package let folder: String

    /// - Parameter folder: that of the running program, where nobody says otherwise.
    package init(folder: String? = nil) {
        self.folder = folder ?? (Self.own as NSString).deletingLastPathComponent
    }

    private static var own: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }

    /// The worker's program, or nil where it is in neither place.
    package var worker: String? { program("finetune-worker") }

    /// The daemon's own program, or nil where it is in neither place.
    package var daemon: String? { program("finetuned") }

    private func program(_ name: String) -> String? {
        let prefix = (folder as NSString).deletingLastPathComponent
        return [folder + "/" + name, prefix + "/libexec/finetuned/" + name]
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}
