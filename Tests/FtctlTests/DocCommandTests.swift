import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import ftctl

/// Every command line of README and docs is one that the program takes.
struct DocCommandTests {
    /// A command line and where it stands.
    struct Found: CustomTestStringConvertible, Sendable {
        var page: String
        var line: String
        /// Whether it stands in a sentence, where a command may be named without its arguments.
        var isNamed: Bool
        var testDescription: String { "\(page): \(line)" }
    }

    static let pages: [String] = {
        let docs = (try? FileManager.default.contentsOfDirectory(atPath: TestSupport.repository + "/docs")) ?? []
        return ["README.md", "CONTRIBUTING.md"] + docs.filter { $0.hasSuffix(".md") }.sorted().map { "docs/" + $0 }
    }()

    static let all: [Found] = pages.flatMap { page -> [Found] in
        guard let text = try? String(contentsOfFile: TestSupport.repository + "/" + page, encoding: .utf8) else {
            return []
        }
        var isFenced = false
        return text.split(separator: "\n").flatMap { line -> [Found] in
            if line.hasPrefix("```") {
                isFenced.toggle()
                return []
            }
            if isFenced || line.hasPrefix("    ") {
                return command(String(line)).map { [Found(page: page, line: $0, isNamed: false)] } ?? []
            }
            return line.matches(of: /`([^`]+)`/).compactMap { command(String($0.1)) }
                .map { Found(page: page, line: $0, isNamed: true) }
        }
    }

    /// The words after `ftctl`, without what a shell takes for itself; nil for other lines.
    private static func command(_ line: String) -> String? {
        var line = line.trimmingCharacters(in: .whitespaces)
        for prefix in ["$ ", "sudo "] where line.hasPrefix(prefix) { line = String(line.dropFirst(prefix.count)) }
        guard line.hasPrefix("ftctl ") else { return nil }
        line = String(line.dropFirst("ftctl ".count))
        for end in ["  ", " #", " >", " |", " <"] {
            if let range = line.range(of: end) { line = String(line[..<range.lowerBound]) }
        }
        // Brackets stand around what may be left out, and dots for more of the same.
        return line.replacing("[", with: "").replacing("]", with: "").replacing(" …", with: "")
            .replacing("\"…\"", with: "'x'").replacing("\"", with: "'")
    }

    /// Lines of the grammar itself, which are no command lines.
    private static let grammar: Set = ["NOUN VERB NAME OPTION", "…"]

    @Test func thereAreMany() { #expect(Self.all.count > 60 && Self.all.contains { $0.page == "README.md" }) }

    @Test(arguments: all)
    func isTaken(_ found: Found) throws {
        guard !Self.grammar.contains(found.line) else { return }
        do { _ = try OutputHarness.parse(found.line) } catch {
            let message = Ftctl.message(for: error)
            // In a sentence a command goes by its name; help is an answer, too.
            if Ftctl.exitCode(for: error) == .success { return }
            let isBare = message.contains("Missing") || message.contains("Give ") || message.contains("needs --")
            #expect(found.isNamed && isBare, "\(found.testDescription): \(message)")
        }
        #expect(Misspelling(OutputHarness.words(found.line)) == nil, "\(found.testDescription)")
    }
}
