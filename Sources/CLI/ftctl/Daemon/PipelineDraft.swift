import ArgumentParser
import Nouns
import Settings

/// The file of a first pipeline: what differs from task to task, and nothing else.
struct PipelineDraft {
    /// What a row's answer is.
    enum Answers: String, CaseIterable, ExpressibleByArgument {
        /// One of a few words, such as `billing`.
        case labels
        /// Free text.
        case text
        /// A JSON value.
        case json
    }

    var name: PipelineName
    var base: BaseID
    var answers: Answers
    var promote: PipelineSettings.PromotionPolicy

    var text: String {
        """
        # The pipeline \(name), made by `ftctl init`. docs/configuration.md has every key with its default.
        base = "\(base)"
        promote = "\(promote.rawValue)"

        [gates]
        \(gates)

        """
    }

    private var gates: String {
        switch answers {
        case .labels: "primary = \"accuracy\"      # a new model is served when it is shown to be right more often"
        case .text: "primary = \"loss\"          # a new model is served when the wanted answers are likelier under it"
        case .json:
            """
            primary = "exact_match"   # a new model is served when it is shown to be right more often

            [[gates.rule]]
            metric = "valid_json"
            min = 0.95
            """
        }
    }
}
