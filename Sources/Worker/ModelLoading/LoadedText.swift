import Nouns
import Transformers

/// What turns rows into tokens for a base: of a model that this worker runs, or of one that only engines do. Nothing of
/// what was trained is loaded.
package struct LoadedText {
    package let encoder: RowEncoder
    package let text: TokenizerFile
    /// The longest text in tokens.
    package let context: Int
    /// Tokens that the model can answer with: rows of its embedding, of which the tokenizer may know fewer.
    package let vocabulary: Int

    /// Throws as ``LoadedModel`` and ``EngineBase`` do, and what `interruption` throws.
    package init(_ reference: ModelReference, interruption: Interruption) throws {
        if EngineBase.kind(of: reference.basePath) != nil {
            let base = try EngineBase(reference)
            (encoder, text, context, vocabulary) = (base.encoder, base.text, base.context, base.vocabulary)
        } else {
            var model = reference
            // Tokens do not depend on what was trained.
            model.adapters = []
            let loaded = try LoadedModel(model, interruption: interruption)
            (encoder, text) = (loaded.encoder, loaded.text)
            (context, vocabulary) = (loaded.model.configuration.context, loaded.model.configuration.vocabulary)
        }
    }
}
