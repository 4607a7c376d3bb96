import ChatTemplates
import Foundation
import ModelLoading
import Tokenization

// Speaks for the tokenizer and the templates to the interop tests, the benchmark and the fuzzers, one JSON line each
// way.
//   text-probe encode MODEL [parse]        strings on stdin → ids
//   text-probe decode MODEL                ids on stdin → strings
//   text-probe render                      {template, messages, tools, add_generation_prompt, variables, now} → {text}
//   or {error}
//   text-probe bench MODEL FILE            tokens a second over the lines of FILE, as JSON
//   text-probe export MODEL FOLDER        tokenizer.json and tokenizer_config.json
//   text-probe rows MODEL FILE            rows a second under the chat template, as JSON
//   text-probe fuzz (tokenizer|template) COUNT SEED FILE...

let arguments = CommandLine.arguments
do {
    switch arguments.dropFirst().first {
    case "encode": try Probe.encode(path: arguments[2], parses: arguments.count > 3)
    case "decode": try Probe.decode(path: arguments[2])
    case "render": Probe.render()
    case "bench": try Probe.bench(path: arguments[2], file: arguments[3])
    case "export": try Probe.export(path: arguments[2], folder: arguments[3])
    case "rows": try Probe.rows(path: arguments[2], file: arguments[3])
    case "fuzz": try Probe.fuzz(arguments)
    default:
        FileHandle.standardError.write(Data("usage: text-probe (encode|decode|render|bench|fuzz) …\n".utf8))
        exit(2)
    }
} catch {
    FileHandle.standardError.write(Data("text-probe: \(error)\n".utf8))
    exit(1)
}
