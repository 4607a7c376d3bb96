import Tensors
import WeightFiles

/// A model as it can be run: its shape and its weights.
package struct Model: Sendable {
    package var configuration: ModelConfiguration
    package var weights: ModelWeights
    /// What the names of the modules of the folder that it came from begin with, where that is another beginning than
    /// the family's: a model that also sees keeps its language model deeper.
    package var moduleRoot: String?
    package init(configuration: ModelConfiguration, weights: ModelWeights) {
        self.configuration = configuration
        self.weights = weights
    }
}

/// A model that the engine does not run, or not as it is stored.
package struct ModelFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// File, key or tensor at fault.
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
