package enum ExportFormat: String, Codable, Hashable, Sendable, CaseIterable {
    /// PEFT adapter folder.
    case peft
    /// Merged Hugging Face folder in the number type of the base; ``written(for:)`` says which that is.
    case huggingface
    case huggingfaceBF16 = "huggingface-bf16"
    case huggingfaceF16 = "huggingface-f16"
    case huggingfaceF32 = "huggingface-f32"
    case ggufF16 = "gguf-f16"
    case ggufQ8 = "gguf-q8_0"
    /// The adapter alone as llama.cpp and Ollama load it beside the base's GGUF.
    case ggufLora = "gguf-lora"

    /// All names in one line, as settings and messages list them.
    package static let list = allCases.map(\.rawValue).joined(separator: ", ")

    /// The format with its number type: ``huggingface`` is written as its base is stored, in bfloat16 where that is
    /// quantised or mixed.
    ///
    /// - Parameter quantisation: ``BaseCard/quantisation`` of the base.
    package func written(for quantisation: [String: Int]) -> ExportFormat {
        guard self == .huggingface else { return self }
        let matrices = Set(quantisation.keys).subtracting(["F32"])
        return switch matrices {
        case []: .huggingfaceF32
        case ["F16"]: .huggingfaceF16
        default: .huggingfaceBF16
        }
    }

    /// Whether the base's weights are not in the files, so that whoever loads them needs the base as well.
    package var isAdapter: Bool { self == .peft || self == .ggufLora }

    /// Bytes that a number takes in the files of merged weights, and in those of an adapter.
    package var bytesPerNumber: Double {
        switch self {
        case .peft, .huggingfaceF32, .ggufLora: 4
        case .huggingface, .huggingfaceBF16, .huggingfaceF16, .ggufF16: 2
        case .ggufQ8: 34.0 / 32
        }
    }
}
