import Foundation
import Testing

/// What keeps the tree readable, held by tests so that nobody has to ask for it in a review.
struct TidinessTests {
    struct Text {
        var path: String
        var lines: [String]
        var isSwift: Bool { path.hasSuffix(".swift") }
    }

    let texts: [Text]
    let root: URL

    init() throws {
        root = try SourceTree().root
        var texts: [Text] = []
        for folder in ["Sources", "Tests", "Benchmarks"] {
            let found = FileManager.default.enumerator(
                at: root.appending(path: folder), includingPropertiesForKeys: nil)
            for case let url as URL in found ?? .init() where ["swift", "c", "h"].contains(url.pathExtension) {
                let text = try String(contentsOf: url, encoding: .utf8)
                texts.append(
                    Text(
                        path: String(url.path.dropFirst(root.path.count + 1)),
                        lines: text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)))
            }
        }
        texts.append(
            Text(
                path: "Package.swift",
                lines: try String(contentsOf: root.appending(path: "Package.swift"), encoding: .utf8)
                    .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)))
        self.texts = texts
    }

    @Test func linesHaveAtMost120Columns() {
        let long = texts.filter(\.isSwift).flatMap { text in
            text.lines.enumerated().filter { $0.element.count > 120 }.map { "\(text.path):\($0.offset + 1)" }
        }
        #expect(long.isEmpty, "\(long.joined(separator: "\n"))")
    }

    @Test func functionsHaveAtMost70Lines() {
        let long = texts.flatMap { text in
            functions(text).filter { $0.lines > 70 }.map { "\(text.path):\($0.line) has \($0.lines) lines" }
        }
        #expect(long.isEmpty, "\(long.joined(separator: "\n"))")
    }

    @Test func theLengthOfAFunctionIsSeen() {
        let text = Text(
            path: "x.swift",
            lines: ["struct A {", "    package static func a(", "        b: Int", "    ) {", "        b", "    }", "}"])
        #expect(functions(text).map(\.lines) == [5])
        let c = Text(path: "x.c", lines: ["static int a(int b) {", "    return b;", "}", "int c(void);"])
        #expect(functions(c).map(\.lines) == [3])
    }

    /// First line and length of each function. The formatter closes one at the column where it began.
    private func functions(_ text: Text) -> [(line: Int, lines: Int)] {
        text.lines.indices.compactMap { start in
            let line = text.lines[start]
            let indent = line.prefix { $0 == " " }
            if line.hasSuffix("}") { return nil }
            if text.isSwift {
                guard Self.beginsFunction(line.dropFirst(indent.count)) else { return nil }
            } else {
                guard indent.isEmpty, line.hasSuffix("{"), line.contains("("), line.first?.isLetter == true else {
                    return nil
                }
            }
            for end in text.lines.indices.dropFirst(start + 1) {
                let other = text.lines[end]
                if other == indent + "}" { return (start + 1, end - start + 1) }
                let depth = other.prefix { $0 == " " }.count
                // Something else begins at that column: a requirement of a protocol, which has no body.
                if !other.isEmpty, depth <= indent.count, other.dropFirst(depth).first?.isLetter == true { return nil }
            }
            return nil
        }
    }

    private static func beginsFunction(_ line: Substring) -> Bool {
        var words = line.split(separator: " ")
        let modifiers: Set<Substring> = [
            "package", "public", "private", "fileprivate", "static", "final", "override", "mutating", "nonisolated",
            "convenience", "required", "consuming", "borrowing",
        ]
        while let first = words.first, first.hasPrefix("@") || modifiers.contains(first) { words.removeFirst() }
        guard let first = words.first else { return false }
        return first == "func" || first == "deinit" || first.hasPrefix("init(") || first.hasPrefix("init?(")
    }

    /// Names that only something outside the tree's own code reads, each with who does.
    static let readElsewhere: [String: String] = [
        "EntryPoint": "@main", "Finetuned": "@main", "makeAsyncIterator": "AsyncSequence", "enqueue": "TaskExecutor",
        "unownedExecutor": "Actor", "InboundIn": "ChannelInboundHandler",
        "userInboundEventTriggered": "ChannelInboundHandler", "channelInactive": "ChannelInboundHandler",
        "handlerRemoved": "ChannelHandler", "channelWritabilityChanged": "ChannelInboundHandler",
        "errorCaught": "ChannelInboundHandler",
        "userInfo": "Decoder", "unkeyedContainer": "Decoder", "allKeys": "KeyedDecodingContainerProtocol",
        "currentIndex": "UnkeyedDecodingContainer", "isAtEnd": "UnkeyedDecodingContainer", "gid": "struct ucred",
        "task_type": "peft's adapter_config.json", "lora_dropout": "peft's adapter_config.json",
        "inference_mode": "peft's adapter_config.json",
        "cache_write_tokens": "OpenAI's clients",
        "reasoning_tokens": "OpenAI's clients",
        "output_tokens_details": "OpenAI's clients",
        "model_grader_token_usage_per_model": "OpenAI's clients",
        "formula_parse_error": "OpenAI's clients",
        "model_grader_parse_error": "OpenAI's clients",
        "model_grader_refusal_error": "OpenAI's clients",
        "model_grader_server_error": "OpenAI's clients",
        "python_grader_runtime_error": "OpenAI's clients",
        "python_grader_server_error": "OpenAI's clients",
        "truncated_observation_error": "OpenAI's clients",
        "unresponsive_reward_error": "OpenAI's clients",
    ]

    @Test func everyDeclarationIsUsed() throws {
        var counts: [Substring: Int] = [:]
        let word = /[A-Za-z_][A-Za-z0-9_]*/
        for text in texts {
            for line in text.lines where !line.drop(while: { $0 == " " }).hasPrefix("//") {
                for match in line.matches(of: word) { counts[match.output, default: 0] += 1 }
            }
        }
        let modifier = #"(?:package|private|fileprivate|static|final|mutating|nonisolated|indirect)(?:\(set\))? "#
        let kind = "(?:func|var|let|struct|class|enum|protocol|typealias|actor)"
        let declaration = try Regex(#"^ *(?:@\w+(?:\([^)]*\))? )*(?:"# + modifier + ")*" + kind + #" `?([A-Za-z]\w*)"#)
        var unused: [String] = []
        for text in texts where text.isSwift && text.path.hasPrefix("Sources/") {
            for line in text.lines {
                guard let name = line.firstMatch(of: declaration)?.output[1].substring, counts[name] == 1 else {
                    continue
                }
                if Self.readElsewhere[String(name)] == nil { unused.append("\(text.path): \(name)") }
            }
        }
        #expect(unused.isEmpty, "Nothing uses \(unused.joined(separator: "\n"))")
    }

    @Test func filesHaveAtMost400Lines() {
        let long = texts.filter { $0.path.hasPrefix("Sources/") && $0.lines.count > 400 }.map(\.path)
        #expect(long.isEmpty, "\(long.joined(separator: "\n"))")
    }
}
