import ArgumentParser
import ControlClient
import Reports

/// A command that asks the daemon something and shows the answer: as JSON, or as the document that it makes of it.
protocol Question: AsyncParsableCommand {
    associatedtype Answer: Encodable & Sendable

    var connection: Connection { get }

    /// Asks. Throws the daemon's Failure.
    func ask(_ client: ControlClient) async throws -> Answer

    /// The answer for people.
    func document(_ answer: Answer) -> Document

    /// The exit status: 1 where the answer is that something is wrong.
    func status(_ answer: Answer) -> Int32
}

extension Question {
    func status(_ answer: Answer) -> Int32 { 0 }

    func run() async throws {
        try await connection.use { client in
            let answer = try await ask(client)
            try connection.show(answer) { document(answer) }
            let status = status(answer)
            if status != 0 { throw ExitCode(status) }
        }
    }
}
