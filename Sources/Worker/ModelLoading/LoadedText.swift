import Nouns
import Transformers

/// What turns rows into tokens for a base: of a model that this worker runs, or of one that only engines do. Nothing of
/// what was trained is loaded.
package struct LoadedText {
    package let encoder: RowEncoder
    package let text: TokenizerFile
    /// The longest text in tokens.
    package let context: Int

    /// Throws as ``LoadedModel`` and ``EngineBase`` do, and what `interruption` throws.
    package init(_ reference: ModelReference, interruption: Interruption) throws {
        if EngineBase.kind(of: reference.basePath) != nil {
            let base = try EngineBase(reference)
            (encoder, text, context) = (base.encoder, base.text, base.context)
        } else {
            var model = reference
            // Tokens do not depend on what was trained.
            model.adapters = []
            let loaded = try LoadedModel(model, interruption: interruption)
            (encoder, text, context) = (loaded.encoder, loaded.text, loaded.model.configuration.context)
        }
    }
}
