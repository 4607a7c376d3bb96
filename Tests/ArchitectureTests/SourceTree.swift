import Foundation

/// The sources as files, for rules about what may import what.
struct SourceTree {
    struct File {
        var layer: String
        var target: String
        var path: String
        var imports: Set<String>
        var text: String
    }

    let root: URL
    let files: [File]

    init() throws {
        root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let sources = root.appending(path: "Sources")
        var files: [File] = []
        let paths = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)
        for case let url as URL in paths ?? .init() where url.pathExtension == "swift" {
            let parts = url.path.dropFirst(sources.path.count + 1).split(separator: "/").map(String.init)
            guard parts.count >= 3 else { continue }
            let text = try String(contentsOf: url, encoding: .utf8)
            files.append(
                File(
                    layer: parts[0], target: parts[1], path: parts.joined(separator: "/"),
                    imports: Self.imports(in: text), text: text))
        }
        self.files = files
    }

    /// Targets of one layer, by folder.
    func targets(in layer: String) -> Set<String> {
        let folder = root.appending(path: "Sources/\(layer)")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return Set(names.filter { !$0.hasPrefix(".") })
    }

    static func imports(in text: String) -> Set<String> {
        var found: Set<String> = []
        for line in text.split(separator: "\n") {
            var words = line.split(separator: " ").map(String.init)
            while let first = words.first,
                first.hasPrefix("@") || ["package", "public", "internal", "private"].contains(first)
            {
                words.removeFirst()
            }
            guard words.first == "import", words.count >= 2 else { continue }
            let kinds: Set<String> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
            let module = kinds.contains(words[1]) && words.count > 2 ? words[2] : words[1]
            found.insert(String(module.split(separator: ".")[0]))
        }
        return found
    }
}
