/// Why a model cannot be exported, or why what was written is not the model.
package struct ExportFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let place: String
    package let problem: String
    package let remedy: String

    package init(place: String, problem: String, remedy: String) {
        self.place = place
        self.problem = problem
        self.remedy = remedy
    }

    package var description: String { "\(place): \(problem). \(remedy)" }
}
