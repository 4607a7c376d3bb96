/// Which engine trained a model, and how; kept with the run and with the version that came of it.
package struct EngineRecord: Codable, Hashable, Sendable {
    package var name: EngineName
    /// `builtin`, `torch`, or the absolute path of its program.
    package var program: String
    /// Versions of the program and of what its numbers depend on, as it said itself when it was used.
    package var versions: [String: String]
    /// Processes that computed together.
    package var ranks: Int
    /// What the frozen weights were kept in, such as `float32`, and what they were compressed to, such as `none`.
    package var precision: String
    package var quantise: String

    package init(
        name: EngineName, program: String, versions: [String: String], ranks: Int, precision: String, quantise: String
    ) {
        self.name = name
        self.program = program
        self.versions = versions
        self.ranks = ranks
        self.precision = precision
        self.quantise = quantise
    }

    /// The engine in a line, such as `gpu: torch on 2 ranks in bfloat16 (torch 2.11.0)`.
    package var summary: String {
        let places = ranks == 1 ? "1 rank" : "\(ranks) ranks"
        let weights = quantise == "none" ? precision : "\(precision), \(quantise)"
        let known = versions.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        return "\(name): \(program) on \(places) in \(weights)" + (known.isEmpty ? "" : " (\(known))")
    }
}
