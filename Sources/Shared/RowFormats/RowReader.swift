import Foundation
import JSONText
import Nouns
import Platform

/// Turns one record into a row's content, or says what is wrong with it. Pure; never traps on input.
package struct RowReader: Sendable {
    /// What a good record holds.
    package struct Parsed: Sendable {
        package var content: RowContent
        package var shape: RowShape
        /// The class, where the shape names one.
        package var label: String?
        /// Keys that are no part of the shape: kept for slices and groups.
        package var fields: [String: JSONValue]?
        package var warnings: [RowProblem]
    }

    private let shape: RowShape?
    private let columns: [String: String]
    private let only: Set<String>?
    private let controlTokens: ControlTokens
    private let controlCharacters: ControlCharacterAction
    /// Whether an earlier record had a character that ASCII has not.
    private var hasSeenUTF8 = false

    /// - Parameter shape: the only shape to accept; nil takes each row for what it is.
    /// - Parameter columns: the user's names by ours, such as `["prompt": "question"]`.
    /// - Parameter only: the only keys that are read, as the file has them; nil reads all.
    /// - Parameter controlTokens: what no text should spell.
    /// - Parameter controlCharacters: what is done with control characters.
    package init(
        shape: RowShape? = nil, columns: [String: String] = [:], only: Set<String>? = nil,
        controlTokens: ControlTokens = .common, controlCharacters: ControlCharacterAction = .refuse
    ) {
        self.shape = shape
        self.controlCharacters = controlCharacters
        self.controlTokens = controlTokens
        self.columns = columns
        self.only = only
    }

    /// The row, or every fault found in it.
    package mutating func read(_ record: Record) -> Result<Parsed, RowProblems> {
        switch record.body {
        case .bad(let code, let message, let fix):
            return .failure(RowProblems(record.line, ProblemCode(rawValue: code) ?? .invalidJSON, message, fix))
        case .json(let bytes): return json(bytes, record.line)
        case .cells(let cells): return self.cells(cells, record.line)
        }
    }

    /// The same for records that follow each other, on all cores.
    package mutating func read(_ records: [Record]) -> [Result<Parsed, RowProblems>] {
        let start = self
        let slices = Parallel.slices(records) { slice in start.readAll(slice) }
        var results: [Result<Parsed, RowProblems>] = []
        results.reserveCapacity(records.count)
        var first = 0
        for slice in slices {
            // Whether bytes are of a wrong encoding or of a second one depends on all the text before them.
            let wasToldLess = hasSeenUTF8 && !start.hasSeenUTF8 && slice.results.contains(where: Self.isInvalidUTF8)
            results += wasToldLess ? readAll(records[first..<first + slice.results.count]).results : slice.results
            hasSeenUTF8 = hasSeenUTF8 || slice.hasSeenUTF8
            first += slice.results.count
        }
        return results
    }

    private func readAll(_ records: ArraySlice<Record>) -> (results: [Result<Parsed, RowProblems>], hasSeenUTF8: Bool) {
        var reader = self
        let results = records.map { reader.read($0) }
        return (results, reader.hasSeenUTF8)
    }

    private static func isInvalidUTF8(_ result: Result<Parsed, RowProblems>) -> Bool {
        if case .failure(let problems) = result {
            problems.list.contains { $0.code == ProblemCode.invalidUTF8.rawValue }
        } else {
            false
        }
    }

    // MARK: Bytes

    private mutating func json(_ bytes: [UInt8], _ line: Int) -> Result<Parsed, RowProblems> {
        if let problem = check(bytes, line) { return .failure(problem) }
        let document: JSONText.Document
        do throws(JSONTextFault) { document = try JSONText.parse(bytes) } catch {
            // A column in characters, as an editor counts.
            let column = String(decoding: bytes.prefix(error.offset), as: UTF8.self).count + 1
            return .failure(
                RowProblems(
                    line, ProblemCode(rawValue: error.code) ?? .invalidJSON, "At column \(column) \(error.problem).",
                    Self.fix(error.code), error.pointer))
        }
        guard case .object(let row) = document.value else {
            return .failure(
                RowProblems(
                    line, .dataType, "The row is JSON, but \(Self.kind(document.value)), not an object.",
                    "Write one JSON object a row."))
        }
        var warnings = RowProblems()
        for pointer in document.numbersAsText {
            warnings.add(
                line, .numberTooLarge, "The number needs more than 64 bits, so it is kept as a text.",
                "Put it in quotes.", pointer)
        }
        return shaped(row, line, warnings, bytes: bytes)
    }

    private mutating func cells(_ cells: [(name: String, value: [UInt8])], _ line: Int) -> Result<Parsed, RowProblems> {
        var row: [String: JSONValue] = [:]
        for cell in cells {
            if let problem = check(cell.value, line, "/" + Self.escaped(cell.name)) { return .failure(problem) }
            row[ours(cell.name, among: cells)] = .string(String(decoding: cell.value, as: UTF8.self))
        }
        // In a table every row has every column: an empty cell is one that is not there.
        let optional: Set = ["input", "system", "label", "name"]
        for (name, value) in row
        where value == "" && (optional.contains(name) || !RowShape.allCases.contains { $0.keys.contains(name) }) {
            row[name] = nil
        }
        return shaped(row, line, RowProblems())
    }

    /// The name of a column: that of the shapes where only its case differs, unless data.columns or another column has
    /// the name.
    private func ours(_ name: String, among cells: [(name: String, value: [UInt8])]) -> String {
        let lower = name.lowercased()
        guard lower != name, RowShape.allCases.contains(where: { $0.keys.contains(lower) }),
            !columns.values.contains(name), !cells.contains(where: { $0.name == lower })
        else { return name }
        return lower
    }

    /// Whether the bytes are text.
    private mutating func check(_ bytes: [UInt8], _ line: Int, _ pointer: String = "") -> RowProblems? {
        let finding = bytes.withUnsafeBufferPointer(UTF8Check.check)
        if let place = finding.firstInvalid {
            let byte = String(bytes[place], radix: 16)
            if hasSeenUTF8 || !finding.isASCII {
                return RowProblems(
                    line, .mixedEncoding,
                    "Byte \(place + 1) (0x\(byte)) is not UTF-8, while other text of the file is.",
                    "Convert each source to UTF-8 before putting them together.", pointer)
            }
            return RowProblems(
                line, .invalidUTF8, "Byte \(place + 1) (0x\(byte)) is not UTF-8.",
                "Save the file as UTF-8, for example with iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW.", pointer)
        }
        if !finding.isASCII { hasSeenUTF8 = true }
        if let place = bytes.firstIndex(of: 0) {
            return RowProblems(
                line, .controlCharacter, "Byte \(place + 1) is NUL, so this is not text.",
                "Save the file as UTF-8 text.", pointer)
        }
        return nil
    }

    // MARK: Shapes

    /// What to do about keys that fit no shape.
    ///
    /// - Parameter names: those of the row that most likely mean a prompt and a completion.
    private static func naming(_ names: (prompt: String, completion: String)?) -> String {
        if let (prompt, completion) = names {
            return """
                Name them under [data] in the pipeline's file: columns = { prompt = "\(prompt)", completion = \
                "\(completion)" }; or for one drop: ftctl drop PIPELINE FILE --as \
                prompt=\(prompt),completion=\(completion).
                """
        }
        return """
            Write \(RowShape.completion.example) or \(RowShape.chat.example), or name your keys under [data] \
            in the pipeline's file: columns = { prompt = "KEY", completion = "KEY" }; or for one drop: ftctl drop \
            PIPELINE FILE --as prompt=KEY,completion=KEY. Cells of a table are separated by commas, semicolons, \
            tabs or bars.
            """
    }

    private func shaped(
        _ given: [String: JSONValue], _ line: Int, _ warnings: RowProblems, bytes: [UInt8]? = nil
    ) -> Result<Parsed, RowProblems> {
        // Columns that other rows have are filled with null.
        var row = given.filter { $0.value != .null && only?.contains($0.key) != false }
        for (ours, theirs) in columns where ours != theirs {
            if let value = row.removeValue(forKey: theirs) { row[ours] = value }
        }
        if controlCharacters == .strip { row = row.mapValues(ControlCharacters.stripped) }
        let texts = Self.takeTexts(&row)
        let found = RowShape.of(row)
        guard let shape = shape ?? found else {
            if let list = row.keys.sorted().first(where: { row[$0]?.arrayValue?.first?.objectValue != nil }) {
                return .failure(
                    RowProblems(
                        line, .unknownShape, "The row's rows seem to lie in the list '\(list.prefix(40))'.",
                        "Write the list alone: jq -c '.\(list.prefix(40))[]' OLD > NEW.", "/" + Self.escaped(list)))
            }
            let keys = given.keys.sorted().prefix(8).map { $0.prefix(40) }.joined(separator: ", ")
            return .failure(
                RowProblems(
                    line, .unknownShape, "The row's keys (\(keys)) fit no shape that is known.",
                    Self.naming(ShapeReader.likelyNames(row.keys))))
        }
        // A text with a label may be meant as text alone, and a prompt with a completion may carry a text: what is
        // asked for decides, where it can.
        if self.shape != nil, let found, found != shape,
            !shape.keys.contains(where: { row[$0] != nil }) || !Self.canBe(found, shape)
        {
            return .failure(
                RowProblems(
                    line, .wrongShape,
                    "The row is of the shape \(found.rawValue), but data.shape asks for \(shape.rawValue).",
                    "Write \(shape.example), or change data.shape."))
        }
        var reader = ShapeReader(
            row: row, line: line, problems: warnings, controlTokens: controlTokens,
            source: RowSource(bytes: bytes, columns: columns, texts: texts))
        reader.refusesControlCharacters = controlCharacters != .keep
        let content = reader.content(shape)
        let problems = named(reader.problems)
        guard let content, !problems.hasErrors else { return .failure(problems) }
        var fields = row.filter { !shape.keys.contains($0.key) }
        // OpenAI's preference rows name the tools inside the input; the canonical row keeps them beside.
        if let tools = reader.tools { fields["tools"] = tools }
        return .success(
            Parsed(
                content: content, shape: shape, label: reader.label, fields: fields.isEmpty ? nil : fields,
                warnings: problems.list))
    }

    /// Takes lists of messages that are given as JSON inside a text, as tables have them, for what they are.
    private static func takeTexts(_ row: inout [String: JSONValue]) -> [String: JSONTree] {
        var trees: [String: JSONTree] = [:]
        for key in ["messages", "conversations", "prompt", "completion", "chosen", "rejected"] {
            guard let text = row[key]?.stringValue, text.trimmingSpaces.hasPrefix("["),
                let tree = try? JSONTree.parse(text), let first = tree.array?.first,
                first["role"]?.string != nil || first["from"]?.string != nil,
                let value = try? JSONText.parse(Array(text.utf8)).value
            else { continue }
            row[key] = value
            trees[key] = tree
        }
        return trees
    }

    /// Whether a row that looks like `found` can be read as `wanted`.
    private static func canBe(_ found: RowShape, _ wanted: RowShape) -> Bool {
        switch (found, wanted) {
        case (.classification, .text), (.text, .classification), (.completion, .preference), (.alpaca, .completion),
            (.chat, .completion), (.chat, .text), (.completion, .text), (.alpaca, .text):
            true
        default: false
        }
    }

    /// The problems with the user's own names of columns in their pointers.
    private func named(_ problems: RowProblems) -> RowProblems {
        if columns.isEmpty { return problems }
        var result = RowProblems()
        for problem in problems.list {
            var pointer = problem.pointer
            for (ours, theirs) in columns where pointer == "/" + ours || pointer.hasPrefix("/" + ours + "/") {
                pointer = "/" + Self.escaped(theirs) + pointer.dropFirst(ours.utf8.count + 1)
                break
            }
            result.add(problem, pointer: pointer)
        }
        return result
    }

    // MARK: Words

    static func kind(_ value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool: "true or false"
        case .integer, .number: "a number"
        case .string: "a text"
        case .array: "a list"
        case .object: "an object"
        }
    }

    /// A key as a part of a JSON pointer (RFC 6901).
    static func escaped(_ key: String) -> String { key.replacing("~", with: "~0").replacing("/", with: "~1") }

    private static func fix(_ code: String) -> String {
        switch code {
        case "duplicate_key": "Remove one of the two."
        case "nested_too_deep": "Flatten the value."
        case "invalid_unicode": "Write the character itself, or both halves of the pair."
        default: "Write one JSON object a row."
        }
    }
}

extension RowProblems {
    /// Takes over a problem under another pointer.
    mutating func add(_ problem: RowProblem, pointer: String) {
        guard let code = ProblemCode(rawValue: problem.code) else { return }
        add(problem.line, code, problem.message, problem.fix ?? "", pointer)
    }
}
