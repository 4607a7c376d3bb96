import Tokenization

/// Lets an answer be nothing but JSON of a schema: any order of members, any JSON white space, at most
/// ``JSONMachine/mostSpaces`` of it in a row. At each step some token fits, since each byte is a token of its own.
final class JSONAnswer: TokenConstraint {
    private let schemas: [Schema]
    private let tokenizer: Tokenizer
    private let stopTokens: Set<Int32>
    private var machines: [JSONMachine]

    convenience init(_ schema: Schema, _ tokenizer: Tokenizer, stopTokens: Set<Int32>) {
        self.init([JSONMachine(schema.root)], of: [schema], tokenizer, stopTokens: stopTokens)
    }

    /// Whatever one of `machines` takes, which are about `schemas`.
    init(_ machines: [JSONMachine], of schemas: [Schema], _ tokenizer: Tokenizer, stopTokens: Set<Int32>) {
        self.schemas = schemas
        self.tokenizer = tokenizer
        self.stopTokens = stopTokens
        self.machines = machines
    }

    func allows(_ token: Int32) -> Bool {
        if stopTokens.contains(token) { return machines.contains(where: \.isComplete) }
        return !after(token).isEmpty
    }

    func advance(_ token: Int32) { machines = after(token) }

    private func after(_ token: Int32) -> [JSONMachine] {
        // A template may mark its calls by control tokens; nothing else may hold one.
        if tokenizer.isControl(token), !machines.allSatisfy(\.isFixed) { return [] }
        let bytes = tokenizer.bytes(of: token)
        guard !bytes.isEmpty else { return [] }
        var machines = machines
        for byte in bytes {
            machines = machines.flatMap { $0.taking(byte) }
            if machines.isEmpty { return [] }
        }
        return machines
    }
}
