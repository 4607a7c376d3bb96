import Foundation

/// Texts that lie in files: an input, a line of four dashes, and what must come of it; rewritten on request.
///
/// `FINETUNED_REGENERATE=1` writes what came instead of comparing, so that a change shows in the diff.
package struct Golden: Sendable {
    /// The folder of the files.
    package let folder: String

    /// - Parameter folder: below Tests, such as `SettingsTests/Golden`.
    package init(_ folder: String) { self.folder = TestSupport.repository + "/Tests/" + folder }

    /// Whether texts are written anew.
    package static let isRewriting = ProcessInfo.processInfo.environment["FINETUNED_REGENERATE"] != nil

    private static let divider = "\n----\n"

    /// The names of all files in order, without their ending.
    package func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".txt") }
            .map { String($0.dropLast(4)) }.sorted()
    }

    /// What stands above the line in a file; all of it where there is no line yet.
    package func input(_ name: String) throws -> String {
        let text = try String(contentsOfFile: path(name), encoding: .utf8)
        return text.range(of: Self.divider).map { String(text[..<$0.lowerBound]) } ?? text
    }

    /// Compares `output` with what the file says must come of `input`; nil where they agree, else what to look at.
    ///
    /// - Parameter input: what is shown above the line: a command, a settings file, rows.
    package func difference(_ name: String, input: String, output: String) throws -> String? {
        let path = path(name)
        let text = input.trimmingCharacters(in: .newlines) + Self.divider + output
        if Self.isRewriting {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            return nil
        }
        let kept = try? String(contentsOfFile: path, encoding: .utf8)
        guard kept != text else { return nil }
        let remedy = "Where that is meant, FINETUNED_REGENERATE=1 writes it anew."
        guard let kept else { return "\(path) is absent, and this came:\n\(text)\n\(remedy)" }
        let lines = Self.lines(of: text, unlike: kept)
        return "\(path) says otherwise in these lines (-, and + what came):\n\(lines)\n\(remedy)"
    }

    /// The lines that differ alone, each with its number: a long text is not shown twice.
    private static func lines(of text: String, unlike kept: String) -> String {
        let changes = text.components(separatedBy: "\n").difference(from: kept.components(separatedBy: "\n"))
        let said = changes.map { change in
            switch change {
            case .remove(let offset, let line, _): (offset, "\(offset + 1) - \(line)")
            case .insert(let offset, let line, _): (offset, "\(offset + 1) + \(line)")
            }
        }
        return said.sorted { $0.0 < $1.0 }.map(\.1).joined(separator: "\n")
    }

    private func path(_ name: String) -> String { folder + "/" + name + ".txt" }
}
