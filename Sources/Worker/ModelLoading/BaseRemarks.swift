import Foundation
import Tokenization
import Transformers

/// What whoever registers a base should know before training on it.
package enum BaseRemarks {
    /// The remarks as sentences.
    ///
    /// - Parameters:
    ///   - ends: the tokens that end an answer.
    ///   - lossPerToken: the loss on a plain English sentence, in nats.
    package static func of(_ loaded: LoadedModel, ends: [String], lossPerToken: Double) -> [String] {
        var remarks = ofText(loaded.text, ends: ends)
        let chance = log(Double(loaded.model.configuration.vocabulary))
        if lossPerToken > 0.85 * chance {
            remarks.append(
                String(
                    format: "On plain English its loss is %.2f a token, and that of chance is %.2f: it is untrained, "
                        + "damaged, or not the model that its configuration says.", lossPerToken, chance))
        }
        return remarks
    }

    /// What its tokenizer and template alone give reason to say.
    package static func ofText(_ text: TokenizerFile, ends: [String]) -> [String] {
        var remarks = text.definition.remarks
        if text.template == nil {
            remarks.append(
                "The base has no chat template: prompts and answers are written one after the other, each on a line of "
                    + "its own. Give one with ftctl base add --template FILE.")
        }
        if ends.isEmpty {
            remarks.append(
                "No token ends an answer: the model is never taught to stop, and every answer runs to its longest "
                    + "length. Set eos_token in tokenizer_config.json or eos_token_id in generation_config.json, and "
                    + "add the base again.")
        }
        return remarks
    }
}
