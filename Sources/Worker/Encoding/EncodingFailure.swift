/// Why a row cannot become tokens.
package enum EncodingFailure: Error, Equatable, CustomStringConvertible {
    /// The row has no turn to train on, or those turns are empty.
    case noLabels
    /// No label is left within the length.
    case tooLong(tokens: Int, firstLabel: Int, maximumLength: Int)
    /// The row is longer than the length, and is not to be cut.
    case rowTooLong(tokens: Int, maximumLength: Int)
    /// The two answers of a pair have the same tokens, or the same ones within the length.
    case equalAnswers(maximumLength: Int)
    /// In this template a later turn changes the text of an earlier one.
    case templateBreaksPrefix(turn: Int, reason: String)
    /// The template builds control tokens out of data, so that data cannot be kept apart.
    case templateHidesControl
    /// The template does not write a part of the row.
    case leftOut(part: String)
    /// The number of `generation` blocks is not that of the assistant's turns.
    case generationBlocks(found: Int, turns: Int)

    package var description: String {
        switch self {
        case .noLabels: "the row has nothing to learn: no turn is trained, or the trained turns are empty"
        case .tooLong(let tokens, let firstLabel, let maximum):
            """
            the row has \(tokens) tokens and its first label is token \(firstLabel), beyond the maximum of \
            \(maximum); 
            """
                + "raise max_length in the recipe or shorten the prompt"
        case .rowTooLong(let tokens, let maximum):
            """
            the row has \(tokens) tokens, more than the maximum of \(maximum), and is left out; raise max_length \
            in the recipe, shorten the 
            """
                + "row, or let rows be cut (data.truncate)"
        case .equalAnswers(let maximum):
            """
            the chosen and the rejected answer have the same tokens as far as they fit the maximum of \(maximum); \
            raise max_length in the recipe, or remove the row
            """
        case .templateBreaksPrefix(let turn, let reason):
            "the chat template cannot be trained on turn \(turn + 1) of this row: \(reason); register the base with "
                + "another template (ftctl base add --template FILE), such as one with {% generation %} blocks"
        case .templateHidesControl:
            "the chat template builds control tokens out of the row's own text, so that data could forge them; "
                + "register the base with another template (ftctl base add --template FILE)"
        case .leftOut(let part):
            "the chat template does not write \(part), so that the model would never learn it; take it out of the row, "
                + "or register the base with a template that writes it (ftctl base add --template FILE)"
        case .generationBlocks(let found, let turns):
            "the chat template has \(found) generation blocks for \(turns) turns of the assistant; correct the template"
        }
    }
}
