import ChatTemplates
import Encoding
import Foundation
import ModelLoading
import TextFuzzing
import Tokenization

/// The commands of the probe.
enum Probe {
    static func write(_ value: some Encodable) throws {
        var line = try JSONEncoder().encode(value)
        line.append(0x0A)
        FileHandle.standardOutput.write(line)
    }

    static func encode(path: String, parses: Bool) throws {
        let tokenizer = try TokenizerFile(path: path).tokenizer
        let decoder = JSONDecoder()
        while let line = readLine() {
            let text = try decoder.decode(String.self, from: Data(line.utf8))
            try write(tokenizer.encode(text, special: parses ? .parse : .asText))
        }
    }

    static func decode(path: String) throws {
        let tokenizer = try TokenizerFile(path: path).tokenizer
        let decoder = JSONDecoder()
        while let line = readLine() {
            try write(tokenizer.decode(try decoder.decode([Int32].self, from: Data(line.utf8))))
        }
    }

    static func render() {
        while let line = readLine() {
            do {
                guard case .dictionary(let request) = try JSONText.value(line),
                    case .text(let source)? = request[name: "template"]
                else {
                    throw TemplateFailure(.evaluation, "the request has no template")
                }
                var variables: [String: TemplateValue] = [:]
                if case .dictionary(let given)? = request[name: "variables"] {
                    for (key, value) in zip(given.keys, given.values) {
                        if case .text(let name) = key.value { variables[name.string] = value }
                    }
                }
                var now: Int?
                if case .int(let seconds)? = request[name: "now"] { now = seconds }
                var prompts = false
                if case .bool(let flag)? = request[name: "add_generation_prompt"] { prompts = flag }
                let rendering = try ChatTemplate(source.string).render(
                    messages: request[name: "messages"] ?? .none, tools: request[name: "tools"] ?? .none,
                    addGenerationPrompt: prompts, variables: variables, now: now)
                try write(["text": rendering.text.string])
            } catch {
                try? write(["error": "\(error)"])
            }
        }
    }

    struct Figures: Encodable {
        var tokens: Int
        var bytes: Int
        var seconds: Double
        var tokensPerSecond: Double
        var loadSeconds: Double
    }

    /// Encodes every line several times and gives the best pass.
    static func bench(path: String, file: String) throws {
        let clock = ContinuousClock()
        let began = clock.now
        let tokenizer = try TokenizerFile(path: path).tokenizer
        let loaded = seconds(clock.now - began)
        // By bytes: to Swift, a carriage return with a line feed is another character than a line feed.
        let lines = try Data(contentsOf: URL(filePath: file)).split(separator: 0x0A, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        var best = Double.infinity
        var tokens = 0
        for _ in 0..<5 {
            let start = clock.now
            tokens = lines.reduce(0) { $0 + tokenizer.encode($1).count }
            best = min(best, seconds(clock.now - start))
        }
        try write(
            Figures(
                tokens: tokens, bytes: lines.reduce(0) { $0 + $1.utf8.count }, seconds: best,
                tokensPerSecond: Double(tokens) / best, loadSeconds: loaded))
    }

    static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
    }

    /// Writes the tokenizer's files into a folder.
    static func export(path: String, folder: String) throws {
        let definition = try TokenizerFile(path: path).definition
        let url = URL(filePath: folder)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        try Data(definition.tokenizerJSON()).write(to: url.appending(path: "tokenizer.json"))
        try Data(definition.tokenizerConfigJSON(contextLength: nil)).write(
            to: url.appending(path: "tokenizer_config.json"))
    }

    struct PromptRow: Decodable {
        var prompt: String
        var completion: String
    }

    /// Encodes prompt/completion rows under the model's chat template, as training does.
    static func rows(path: String, file: String) throws {
        let loaded = try TokenizerFile(path: path)
        let encoder = ExampleEncoder(tokenizer: loaded.tokenizer, template: loaded.template, now: 0)
        let rows = try Data(contentsOf: URL(filePath: file)).split(separator: 0x0A).map {
            try JSONDecoder().decode(PromptRow.self, from: $0)
        }
        let clock = ContinuousClock()
        let start = clock.now
        var tokens = 0
        for row in rows {
            tokens += try encoder.encode(prompt: row.prompt, completion: row.completion, maximumLength: 1 << 20).ids
                .count
        }
        let time = seconds(clock.now - start)
        try write(["rows": Double(rows.count), "tokens": Double(tokens), "rowsPerSecond": Double(rows.count) / time])
    }

    struct Usage: Error {}

    static func fuzz(_ arguments: [String]) throws {
        guard arguments.count > 5, let parser = TextFuzzer.Parser(rawValue: arguments[2]),
            let count = Int(arguments[3]),
            let seed = UInt64(arguments[4])
        else { throw Usage() }
        let corpus = try arguments[5...].map { Array(try Data(contentsOf: URL(filePath: $0))) }
        let accepted = TextFuzzer.run(parser, count: count, seed: seed, corpus: corpus) { index, accepted in
            FileHandle.standardError.write(Data("\(index) inputs, \(accepted) accepted\n".utf8))
        }
        print("\(parser.rawValue): \(count) inputs, \(accepted) accepted, seed \(seed), no trap")
    }
}
