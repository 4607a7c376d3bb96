import Foundation
import WeightFiles

/// What lies beside exported weights for whoever loads them elsewhere: how that is done, and the base's own licence and
/// readme.
package enum ExportReadme {
    /// Names of a base's files that go along with what was made of it.
    private static let companions = ["LICENSE", "LICENSE.txt", "LICENSE.md", "NOTICE"]

    /// Writes README.md of an adapter of `base`, whose files lie at `path`.
    ///
    /// - Parameter isFolder: whether the base is a Hugging Face folder, which peft loads by its path.
    package static func writeAdapter(base: String, path: String, isFolder: Bool, to folder: String) throws {
        let named =
            isFolder
            ? """
            `base_model_name_or_path` is the folder of the base on the machine that trained: `\(path)`.
            Elsewhere, set it in `adapter_config.json` to the folder or the Hub id of the same model.
            """
            : """
            The base was registered as the GGUF `\(base)`, which peft does not load. Set `base_model_name_or_path` in
            `adapter_config.json` to the folder or the Hub id of the model that the GGUF was made of.
            """
        let text = """
            # LoRA adapter of \(base)

            \(named)

                from peft import PeftModel
                from transformers import AutoModelForCausalLM
                model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(BASE), ".")

            """
        try WeightFolder.write(Data(text.utf8), to: folder + "/README.md")
    }

    /// Copies the licence and the readme of a base's folder, where it has them, the readme as BASE_README.md.
    package static func copyCompanions(of base: String, to folder: String) throws {
        for name in companions + ["README.md"] {
            guard let data = FileManager.default.contents(atPath: base + "/" + name) else { continue }
            try WeightFolder.write(data, to: folder + "/" + (name == "README.md" ? "BASE_README.md" : name))
        }
    }
}
