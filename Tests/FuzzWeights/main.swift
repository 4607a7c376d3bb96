// Feeds damaged GGUF, safetensors and JSON files and multipart bodies to the parsers, reading every tensor that passes.
// Usage: fuzz-weights COUNT [SEED]   (make fuzz builds it with the address sanitizer)
import Foundation
import JSONDocument
import Multipart
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

/// Reads a body in pieces of some length of its own; returns how many bytes its parts have.
func parts(_ bytes: UnsafeRawBufferPointer) throws -> Float {
    var reader = try MultipartReader(mediaType: "multipart/form-data; boundary=b0und")
    var count = 0
    let length = 1 + bytes.count % 37
    for start in stride(from: 0, to: bytes.count, by: length) {
        try reader.feed(Data(bytes[start..<min(bytes.count, start + length)])) { event in
            if case .bytes(let data) = event { count += data.count }
        }
    }
    try reader.finish()
    return Float(count)
}

let parsers: [(file: String, focus: Int, parse: (HeapCopy) throws -> Float)] = [
    ("weights/every-type.gguf", 3000, { drain(try GGUFFile(path: "fuzz", owner: $0, bytes: $0.bytes).tensors) }),
    (
        "weights/three-types.safetensors", 320,
        { drain(try SafetensorsFile(path: "fuzz", owner: $0, bytes: $0.bytes).tensors) }
    ),
    ("families/gemma3/config.json", 1200, { Float(try JSONReader.document($0.bytes).members?.count ?? 0) }),
    ("tokenization/gpt2/tokenizer.json", 1200, { Float(try JSONReader.document($0.bytes).members?.count ?? 0) }),
    ("multipart.bin", 400, { try parts($0.bytes) }),
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
