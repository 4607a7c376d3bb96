import Nouns

/// One entry of the shipped list of small bases.
struct SuggestedBase: Codable, Hashable, Sendable {
    /// What a pipeline's rows are, as far as its settings say.
    enum Kind: String, Codable, Sendable, CaseIterable {
        case classes, extraction, answers
    }

    /// What `ftctl base add` takes.
    var source: String
    var parameters: Int
    /// Bytes of the weights as the repository has them.
    var bytes: Int
    var licence: String
    /// Whether access has to be asked for on the Hub's page.
    var isGated = false
    var languages: String
    /// What is known of it, by ``Kind``; from its own card and paper.
    var known: [String: String]
    /// Bytes of memory that training takes here; filled in for one daemon.
    var trainsInBytes: Int?

    /// When the list was last gone through.
    static let date = "2026-11-29"

    /// Of 16-bit weights.
    private init(
        _ source: String, millions: Int, _ licence: String, gated: Bool = false, _ languages: String,
        classes: String, extraction: String, answers: String
    ) {
        self.source = "hf:" + source
        parameters = millions * 1_000_000
        bytes = millions * 2_000_000
        self.licence = licence
        isGated = gated
        self.languages = languages
        known = [
            Kind.classes.rawValue: classes, Kind.extraction.rawValue: extraction, Kind.answers.rawValue: answers,
        ]
    }

    /// No licence of a common kind: companies with a yearly revenue of 10 million dollars or more need another one.
    private static let liquid = "lfm1.0 (Liquid AI's own: paid from 10 million dollars of yearly revenue on)"

    /// The list, the smallest first: families that the built-in engine trains.
    static let all = [
        SuggestedBase(
            "HuggingFaceTB/SmolLM2-135M-Instruct", millions: 135, "apache-2.0", "English",
            classes: "enough for short texts and few classes", extraction: "flat objects of short rows",
            answers: "short, fixed forms; IFEval 29.9 by its card"),
        SuggestedBase(
            "google/gemma-3-270m-it", millions: 268, "gemma", gated: true, "many, English best",
            classes: "made for small, well-defined tasks", extraction: "made for small, well-defined tasks",
            answers: "IFEval 51.2 by its card"),
        SuggestedBase(
            "LiquidAI/LFM2-350M", millions: 354, liquid, "8",
            classes: "its card recommends tuning on narrow uses", extraction: "data extraction is named in its card",
            answers: "IFEval 65.1 by its card"),
        SuggestedBase(
            "HuggingFaceTB/SmolLM2-360M-Instruct", millions: 362, "apache-2.0", "English",
            classes: "a step up from 135M at three times the time", extraction: "flat objects",
            answers: "IFEval 41.0 by its card"),
        SuggestedBase(
            "Qwen/Qwen2.5-0.5B-Instruct", millions: 494, "apache-2.0", "29 and more",
            classes: "many languages at this size", extraction: "trained on structured data and JSON by its card",
            answers: "long contexts (32,768 tokens)"),
        SuggestedBase(
            "Qwen/Qwen3-0.6B", millions: 596, "apache-2.0", "more than 100",
            classes: "many languages at this size", extraction: "calls tools by its card",
            answers: "thinks before it answers unless told not to"),
        SuggestedBase(
            "LiquidAI/LFM2-700M", millions: 742, liquid, "8",
            classes: "its card recommends tuning on narrow uses", extraction: "data extraction is named in its card",
            answers: "IFEval 72.2 by its card"),
        SuggestedBase(
            "LiquidAI/LFM2-1.2B", millions: 1170, liquid, "8",
            classes: "its card recommends tuning on narrow uses", extraction: "data extraction is named in its card",
            answers: "IFEval 74.9 by its card"),
        SuggestedBase(
            "meta-llama/Llama-3.2-1B-Instruct", millions: 1236, "llama3.2", gated: true, "8",
            classes: "general", extraction: "general", answers: "summaries and rewriting by its card"),
        SuggestedBase(
            "allenai/OLMo-2-0425-1B-Instruct", millions: 1485, "apache-2.0", "English",
            classes: "general; its data is published", extraction: "general; its data is published",
            answers: "its data and code are published"),
        SuggestedBase(
            "Qwen/Qwen2.5-1.5B-Instruct", millions: 1544, "apache-2.0", "29 and more",
            classes: "many languages", extraction: "trained on structured data and JSON by its card",
            answers: "long contexts (32,768 tokens)"),
        SuggestedBase(
            "HuggingFaceTB/SmolLM2-1.7B-Instruct", millions: 1711, "apache-2.0", "English",
            classes: "general", extraction: "calls functions by its card", answers: "IFEval 56.7 by its card"),
        SuggestedBase(
            "ibm-granite/granite-3.3-2b-instruct", millions: 2534, "apache-2.0", "12",
            classes: "classification is named in its card", extraction: "extraction is named in its card",
            answers: "answers from given texts (RAG) by its card"),
        SuggestedBase(
            "HuggingFaceTB/SmolLM3-3B", millions: 3075, "apache-2.0", "6", classes: "general",
            extraction: "calls tools by its card", answers: "its data and recipe are published"),
        SuggestedBase(
            "microsoft/Phi-4-mini-instruct", millions: 3836, "mit", "23", classes: "general",
            extraction: "calls functions by its card", answers: "reasoning is what it was made for"),
        SuggestedBase(
            "Qwen/Qwen3-4B-Instruct-2507", millions: 4022, "apache-2.0", "more than 100", classes: "many languages",
            extraction: "calls tools by its card", answers: "contexts of 262,144 tokens by its card"),
    ]
}
