/// How another program loads an exported model.
package struct PeerCommand: Codable, Hashable, Sendable {
    /// The program: `llama.cpp`, `Ollama`, `vLLM`, `transformers`, `peft`.
    package let program: String
    /// What is typed, or the lines of Python.
    package let text: String
}

extension ExportFormat {
    /// The file of weights that a program is pointed at; nil where that is the folder.
    package var mainFile: String? {
        switch self {
        case .ggufF16, .ggufQ8: "model.gguf"
        case .ggufLora: "adapter.gguf"
        default: nil
        }
    }

    /// How each program that knows the format loads it.
    ///
    /// - Parameters:
    ///   - folder: where the files lie.
    ///   - base: the base's file or folder, which adapters are loaded beside.
    ///   - name: what the model is to be called.
    package func peers(in folder: String, base: String, name: String) -> [PeerCommand] {
        let ollama = PeerCommand(program: "Ollama", text: "ollama create \(name) -f \(folder)/Modelfile")
        switch self {
        case .ggufF16, .ggufQ8:
            return [PeerCommand(program: "llama.cpp", text: "llama-server -m \(folder)/model.gguf"), ollama]
        case .ggufLora:
            // Of a folder a GGUF has to be made first; README.md says how.
            let file = base.hasSuffix(".gguf") ? base : "BASE.gguf"
            return [
                PeerCommand(program: "llama.cpp", text: "llama-server -m \(file) --lora \(folder)/adapter.gguf"),
                ollama,
            ]
        case .peft:
            return [
                PeerCommand(
                    program: "peft",
                    text: """
                        from peft import PeftModel
                        from transformers import AutoModelForCausalLM
                        model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained("\(base)"), "\(folder)")
                        """),
                PeerCommand(program: "vLLM", text: "vllm serve \(base) --enable-lora --lora-modules \(name)=\(folder)"),
            ]
        case .huggingface, .huggingfaceBF16, .huggingfaceF16, .huggingfaceF32:
            return [
                PeerCommand(
                    program: "transformers",
                    text: """
                        from transformers import AutoModelForCausalLM, AutoTokenizer
                        model = AutoModelForCausalLM.from_pretrained("\(folder)", dtype="auto")
                        tokenizer = AutoTokenizer.from_pretrained("\(folder)")
                        """), PeerCommand(program: "vLLM", text: "vllm serve \(folder) --served-model-name \(name)"),
            ]
        }
    }
}
