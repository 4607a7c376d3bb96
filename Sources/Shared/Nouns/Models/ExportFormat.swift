package enum ExportFormat: String, Codable, Hashable, Sendable, CaseIterable {
    /// PEFT adapter folder.
    case peft
    /// Merged Hugging Face folder.
    case huggingface
    case ggufF16 = "gguf-f16"
    case ggufQ8 = "gguf-q8_0"
}
