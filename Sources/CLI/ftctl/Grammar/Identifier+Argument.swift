import ArgumentParser
import Nouns

/// Identifiers are words of the command line; whether there is such a thing the daemon says.
extension Identifier: ExpressibleByArgument {
    package init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        self.init(argument)
    }
}
