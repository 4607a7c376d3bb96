import ArgumentParser
import Foundation
import Nouns
import Reports
import TestSupport
import Testing

@testable import ftctl

/// Compares what a command prints with a text that lies in a file: plain, on a narrow terminal, and as JSON.
enum OutputHarness {
    static let golden = Golden("FtctlTests/Golden")
    static let narrow = 60

    /// Parses a command line as the program does.
    static func parse(_ line: String) throws -> any ParsableCommand {
        try Ftctl.parseAsRoot(ShortForms.long(words(line)))
    }

    /// Words of a command line; what stands between single quotes is one.
    static func words(_ line: String) -> [String] {
        line.split(separator: "'", omittingEmptySubsequences: false).enumerated().flatMap { index, part in
            index % 2 == 1 ? [String(part)] : part.split(separator: " ").map(String.init)
        }
    }

    /// Compares what `ftctl LINE` prints where the daemon answers with `answer`.
    static func expect<Asked: Question>(
        _ name: String, _ line: String, _ command: Asked.Type, _ answer: Asked.Answer,
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let asked = try #require(try parse(line) as? Asked, "\(line)", sourceLocation: location)
        try expect(
            name, line, asked.document(answer), json: answer, status: asked.status(answer), sourceLocation: location)
    }

    static func expect(
        _ name: String, _ line: String, _ document: Document, json: some Encodable, status: Int32 = 0,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let (plain, narrow) = Quantity.$zone.withValue(.gmt) {
            (document.text(), document.text(width: Self.narrow))
        }
        // A line that cannot be broken may be longer: an identifier, a path, a plot's legend.
        let output = """
            \(plain)

            == \(Self.narrow) columns
            \(narrow)

            == --json
            \(String(decoding: try ContractCoding.pretty(json), as: UTF8.self))

            """ + (status == 0 ? "" : "\n== exit status \(status)\n")
        let difference = try golden.difference(name, input: "$ ftctl \(line)", output: output)
        #expect(difference == nil, "\(difference ?? "")", sourceLocation: sourceLocation)
    }
}
