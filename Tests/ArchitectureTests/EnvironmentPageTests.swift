import Foundation
import Testing

/// docs/environment.md against what is read anywhere.
struct EnvironmentPageTests {
    @Test func thePageListsWhatIsRead() throws {
        let root = try SourceTree().root
        var read: Set<String> = []
        let patterns: [Regex<(Substring, Substring)>] = [
            /environment\["([A-Z_]+)"\]/, /getenv\("([A-Z_]+)"\)/, /os\.environ\.get\("([A-Z_]+)"/,
            /os\.environ\["([A-Z_]+)"\]/, /\$\{?((?:FINETUNED|FUZZ|QUICKSTART)_[A-Z_]+)/,
        ]
        for folder in ["Sources", "Tests", "tools", "Benchmarks"] {
            let files = FileManager.default.enumerator(
                at: root.appending(path: folder), includingPropertiesForKeys: nil)
            for case let url as URL in files ?? .init()
            where ["swift", "c", "h", "py", "sh"].contains(url.pathExtension) {
                let text = try String(contentsOf: url, encoding: .utf8)
                for pattern in patterns {
                    read.formUnion(text.matches(of: pattern).map { String($0.output.1) })
                }
            }
        }
        let page = try String(contentsOf: root.appending(path: "docs/environment.md"), encoding: .utf8)
        let listed = Set(page.matches(of: /(?m)^\| `([A-Z_]+)` \|/).map { String($0.output.1) })
        let foreign: Set<String> = ["TZ", "TMPDIR"]
        #expect(read.subtracting(foreign).subtracting(listed).isEmpty, "docs/environment.md does not list them")
        #expect(listed.subtracting(read).isEmpty, "docs/environment.md lists what nothing reads")
    }
}
