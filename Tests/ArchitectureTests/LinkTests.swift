import Foundation
import Testing

/// The pages of the project lead to what is there.
struct LinkTests {
    @Test func everyLinkLeadsSomewhere() throws {
        let root = try SourceTree().root
        var pages = try FileManager.default.contentsOfDirectory(atPath: root.path).filter { $0.hasSuffix(".md") }
        let docs = FileManager.default.enumerator(atPath: root.appending(path: "docs").path)
        while let page = docs?.nextObject() as? String {
            if page.hasSuffix(".md") { pages.append("docs/" + page) }
        }
        var broken: [String] = []
        for page in pages {
            let text = try String(contentsOf: root.appending(path: page), encoding: .utf8)
            let folder = root.appending(path: page).deletingLastPathComponent()
            for match in text.matches(of: /\]\(([^)#\s]+)(?:#[^)]*)?\)/) {
                let target = String(match.output.1)
                guard !target.contains("://") else { continue }
                if !FileManager.default.fileExists(atPath: folder.appending(path: target).path) {
                    broken.append("\(page): \(target)")
                }
            }
        }
        #expect(pages.count > 10)
        #expect(broken.isEmpty, "\(broken.joined(separator: "\n"))")
    }
}
