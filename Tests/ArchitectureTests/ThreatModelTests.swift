import Foundation
import TestSupport
import Testing

/// The page of threats: each has an answer and a test, and each test that is named exists.
struct ThreatModelTests {
    private struct Threat {
        var line: Int
        var cells: [Substring]
        var tests: [String] {
            cells.last.map { $0.matches(of: /`([^`]+)`/).map { String($0.output.1) } } ?? []
        }
    }

    private func threats() throws -> [Threat] {
        let text = try String(contentsOfFile: TestSupport.repository + "/docs/threat-model.md", encoding: .utf8)
        return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { index, line in
            guard line.hasPrefix("| "), !line.hasPrefix("| threat |") else { return nil }
            return Threat(line: index + 1, cells: line.dropFirst(2).dropLast(2).split(separator: " | "))
        }
    }

    /// Every test as `Suite.test` and `file.py::test`.
    private func known() throws -> Set<String> {
        var known: Set<String> = []
        let root = TestSupport.repository + "/Tests"
        for path in try FileManager.default.subpathsOfDirectory(atPath: root) {
            guard path.hasSuffix(".swift") || path.hasSuffix(".py") else { continue }
            let text = try String(contentsOfFile: root + "/" + path, encoding: .utf8)
            if path.hasSuffix(".py") {
                let file = (path as NSString).lastPathComponent
                for match in text.matches(of: /(?m)^def (test_[a-z0-9_]+)\(/) { known.insert("\(file)::\(match.1)") }
                continue
            }
            // A file has one suite, which may be within another one.
            var suite = ""
            for line in text.split(separator: "\n") {
                if let match = line.firstMatch(of: /(?:struct|class) ([A-Z][A-Za-z0-9]*Tests)\b/) {
                    suite = String(match.1)
                }
                if let match = line.firstMatch(of: /func ([a-z][A-Za-z0-9]*)\(/), !suite.isEmpty {
                    known.insert("\(suite).\(match.1)")
                }
            }
        }
        return known
    }

    @Test func everyThreatHasAnAnswerAndATestThatExists() throws {
        let known = try known()
        let threats = try threats()
        #expect(threats.count > 40)
        for threat in threats {
            #expect(threat.cells.count == 3 && !threat.tests.isEmpty, "docs/threat-model.md:\(threat.line)")
            for test in threat.tests {
                #expect(known.contains(test), "docs/threat-model.md:\(threat.line) names \(test), which there is not")
            }
        }
    }
}
