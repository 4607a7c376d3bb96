import Nouns

/// What is to be answered, as engines without a tokenizer take it: one safetensors file a set.
///
/// `ids` [N] (I32) holds the prompts one after another, `rows` [R + 1] (I64) where each begins and the last one ends,
/// `limits` [R] (I32) the longest answer to each in tokens, and `stops` [S] (I32) the tokens that end an answer.
package enum PromptFile {
    /// Prompts with the longest answer to each, and the tokens that end one.
    package struct Prompts: Hashable, Sendable {
        package var prompts: [[Int32]]
        package var limits: [Int]
        package var stops: [Int32]
        package init(prompts: [[Int32]], limits: [Int], stops: [Int32]) {
            self.prompts = prompts
            self.limits = limits
            self.stops = stops
        }
    }

    /// Writes the file, whole or not at all. Throws a FileFailure.
    package static func write(_ asked: Prompts, origin: TokenFile.Origin, to path: String) throws {
        try NumberFile.write(
            [
                ("ids", .int32(asked.prompts.flatMap(\.self))),
                ("rows", .int64(NumberFile.bounds(asked.prompts.map(\.count)))),
                ("limits", .int32(asked.limits.map { Int32(clamping: $0) })), ("stops", .int32(asked.stops)),
            ], metadata: origin.metadata, to: path)
    }

    /// Throws a Failure (`dataset.damaged`) that names the file.
    package static func read(_ reference: FileReference) throws -> Prompts {
        let file = try NumberFile(reference)
        let ids = try file.int32("ids")
        let prompts = try file.ranges("rows", over: ids.count).map { Array(ids[$0]) }
        let limits = try file.int32("limits").map { Int($0) }
        guard limits.count == prompts.count, limits.allSatisfy({ $0 >= 0 }) else {
            throw file.damaged("it has \(prompts.count) prompts and \(limits.count) longest answers")
        }
        return Prompts(prompts: prompts, limits: limits, stops: try file.int32("stops"))
    }
}
