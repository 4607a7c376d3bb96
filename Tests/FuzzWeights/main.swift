// Feeds damaged GGUF, safetensors and JSON files to the parsers, reading every tensor that they let through.
// Usage: fuzz-weights COUNT [SEED]   (make fuzz builds it with the address sanitizer)
import Foundation
import JSONDocument
import Mutation
import Tensors
import WeightFiles

let count = CommandLine.arguments.dropFirst().first.flatMap(Int.init) ?? 100_000
let seed = CommandLine.arguments.dropFirst(2).first.flatMap(UInt64.init) ?? 1
let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures")

/// Reads all of a tensor that passed the checks.
func drain(_ tensors: [String: StoredTensor]) -> Float {
    tensors.values.reduce(0) { $0 + ($1.floats().last ?? 0) }
}

let parsers: [(file: String, focus: Int, parse: (HeapCopy) throws -> Float)] = [
    ("weights/every-type.gguf", 3000, { drain(try GGUFFile(path: "fuzz", owner: $0, bytes: $0.bytes).tensors) }),
    (
        "weights/three-types.safetensors", 320,
        { drain(try SafetensorsFile(path: "fuzz", owner: $0, bytes: $0.bytes).tensors) }
    ),
    ("families/gemma3/config.json", 1200, { Float(try JSONReader.document($0.bytes).members?.count ?? 0) }),
    ("tokenization/gpt2/tokenizer.json", 1200, { Float(try JSONReader.document($0.bytes).members?.count ?? 0) }),
]
for parser in parsers {
    let good = [UInt8](try Data(contentsOf: fixtures.appending(path: parser.file)))
    var mutator = Mutator(seed: seed)
    var accepted = 0
    for _ in 0..<count {
        if (try? parser.parse(HeapCopy(mutator.mutate(good, focus: parser.focus)))) != nil { accepted += 1 }
    }
    print("\(parser.file): \(count) damaged inputs, \(accepted) still sound, none trapped")
}
