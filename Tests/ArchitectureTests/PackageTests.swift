import Foundation
import Testing

/// The package's description against the tree: what is declared is imported, what is imported is declared.
struct PackageTests {
    let tree: SourceTree
    let manifest: String
    init() throws {
        tree = try SourceTree()
        manifest = try String(contentsOf: tree.root.appending(path: "Package.swift"), encoding: .utf8)
    }

    /// A target with its folder, and the modules that it declares.
    struct Declared {
        var name: String
        var path: String
        var modules: Set<String>
    }

    /// What stands in the manifest for a product: `nio` → NIOCore.
    private var products: [String: String] {
        Dictionary(
            manifest.matches(of: /let (\w+) = Target\.Dependency\.product\(\s*name: "(\w+)"/).map {
                (String($0.output.1), String($0.output.2))
            }, uniquingKeysWith: { first, _ in first })
    }

    private var targets: [Declared] {
        let products = self.products
        func modules(_ list: Substring) -> Set<String> {
            Set(
                list.matches(of: /[\w"-]+/).map { String($0.output) }.map { word in
                    word.hasPrefix("\"") ? word.trimmingCharacters(in: ["\""]) : products[word] ?? word
                })
        }
        var found: [Declared] = []
        let library = /(?:library|program)\(\s*"(\w+)",\s*"([\w-]+)"(?:,\s*\[([^\]]*)\])?/
        for match in manifest.matches(of: library) {
            found.append(
                Declared(
                    name: String(match.output.2), path: "Sources/\(match.output.1)/\(match.output.2)",
                    modules: modules(match.output.3 ?? "")))
        }
        for match in manifest.matches(of: /tests\(\s*"(\w+)"(?:,\s*\[([^\]]*)\])?/) {
            found.append(
                Declared(
                    name: String(match.output.1), path: "Tests/\(match.output.1)",
                    modules: modules(match.output.2 ?? "")))
        }
        return found
    }

    /// Modules that come with the toolchain, and those that every test has.
    private static let given: Set<String> = [
        "Foundation", "FoundationEssentials", "Dispatch", "Glibc", "Darwin", "Synchronization", "System", "Testing",
        "TestSupport",
    ]

    @Test func whatIsDeclaredIsImportedAndTheOtherWayRound() throws {
        let targets = self.targets
        #expect(targets.count > 60)
        for target in targets {
            var imports: Set<String> = []
            let files = FileManager.default.enumerator(atPath: tree.root.appending(path: target.path).path)
            while let file = files?.nextObject() as? String {
                guard file.hasSuffix(".swift") else { continue }
                let text = try String(
                    contentsOf: tree.root.appending(path: target.path + "/" + file), encoding: .utf8)
                imports.formUnion(SourceTree.imports(in: text))
            }
            imports.subtract(Self.given)
            // `import System` is the toolchain's; the package of that kind stands in where there is none.
            let declared = target.modules
            #expect(
                declared.subtracting(imports).isEmpty,
                "\(target.name) declares \(declared.subtracting(imports).sorted()), which no file of it imports")
            #expect(
                imports.subtracting(declared).isEmpty,
                "\(target.name) imports \(imports.subtracting(declared).sorted()), which it does not declare")
        }
    }

    @Test func everyTargetHasASentence() throws {
        let page = try String(contentsOf: tree.root.appending(path: "docs/modules.md"), encoding: .utf8)
        let named = Set(page.matches(of: /(?m)^\| `([\w-]+)` \| \S/).map { String($0.output.1) })
        let there = ["Shared", "Daemon", "Worker", "CLI"].reduce(into: Set<String>()) {
            $0.formUnion(tree.targets(in: $1))
        }
        #expect(there.subtracting(named).isEmpty, "docs/modules.md says nothing of them")
        #expect(named.subtracting(there).isEmpty, "docs/modules.md names what is not there")
    }
}
