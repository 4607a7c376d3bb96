extension ModelConfiguration {
    /// One of the families that this engine runs.
    package struct Family: Hashable, Sendable, CaseIterable, CustomStringConvertible {
        /// All families, in the order in which messages name them.
        package static let allCases: [Family] = [
            Llama.family, Qwen2.family, Qwen3.family, Gemma3.family, GPT2.family, Granite.family, SmolLM3.family,
            GraniteHybrid.family, Olmo2.family, Phi3.family, Ministral3.family, Lfm2.family, Gemma4.family,
            Qwen35.family,
        ]

        /// What is known of it.
        package let facts: any ModelFamily.Type

        init(_ facts: any ModelFamily.Type) { self.facts = facts }

        /// The family that GGUF files call `architecture`; nil where this engine runs none of that name.
        package init?(architecture: String) {
            let all = Self.allCases
            guard
                let found = all.first(where: { $0.name == architecture })
                    ?? all.first(where: { $0.facts.architecture == architecture })
            else { return nil }
            self = found
        }

        /// The family of a `model_type` in a `config.json`; nil where this engine runs none.
        package init?(modelType: String) {
            guard let found = Self.allCases.first(where: { $0.facts.modelTypes.contains(modelType) }) else {
                return nil
            }
            self = found
        }

        /// What it is called on cards and in messages.
        package var name: String { facts.name }
        package var description: String { name }

        package static func == (left: Family, right: Family) -> Bool { left.facts == right.facts }
        package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(facts)) }
    }
}
