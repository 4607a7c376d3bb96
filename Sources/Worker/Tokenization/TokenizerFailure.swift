import JSONDocument

/// Why a tokenizer could not be built.
package struct TokenizerFailure: Error, Equatable, CustomStringConvertible {
    /// The file, or what stands for one, such as `GGUF metadata`.
    package var source: String
    /// The key, line or offset.
    package var location: String
    /// What is wrong, with the value.
    package var problem: String
    /// What a person can do.
    package var remedy: String

    package init(source: String, location: String, problem: String, remedy: String) {
        self.source = source
        self.location = location
        self.problem = problem
        self.remedy = remedy
    }

    package var description: String { "\(source): \(location): \(problem). \(remedy)" }
}

extension TokenizerFailure {
    /// What is wrong with the JSON of `source`.
    init(_ failure: JSONFailure, source: String) {
        self.init(
            source: source, location: "offset \(failure.offset)", problem: failure.problem,
            remedy: "Fetch the file again")
    }
}
