/// Why a model file cannot be read: the file, the place in it, the fault and the remedy.
package struct WeightFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of trouble, for programs.
    package enum Code: String, Hashable, Sendable {
        /// The file cannot be opened or mapped.
        case unreadable
        /// The file is something else, or its structure contradicts itself.
        case malformed
        /// The file ends before what its header announces.
        case truncated
        /// The file is sound, but holds something that this engine does not run.
        case unsupported
        /// Something that the caller asked for is not in the file.
        case missing
        /// The file could not be written.
        case unwritable
    }

    package let code: Code
    package let file: String
    /// A byte offset, a key or a tensor's name, where there is one.
    package let place: String?
    package let problem: String
    package let remedy: String

    package init(_ code: Code, file: String, place: String? = nil, problem: String, remedy: String) {
        self.code = code
        self.file = file
        self.place = place
        self.problem = problem
        self.remedy = remedy
    }

    package var description: String {
        let location = place.map { "\(file), \($0)" } ?? file
        return "\(location): \(problem). \(remedy)"
    }
}
