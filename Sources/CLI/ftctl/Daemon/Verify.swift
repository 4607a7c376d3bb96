import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct Verify: Question {
    static let configuration = CommandConfiguration(
        abstract: """
            Read every file whose digest is known, and compute the chains of what was served anew; exit status 1 where \
            something is not what it was.
            """,
        discussion: """
            Bases, adapters, exports, rows, originals of drops, kept files. Nothing is changed. The daemon does the \
            same once a day.

            Example: ftctl verify
            """)
    @OptionGroup var connection: Connection

    func ask(_ client: ControlClient) async throws -> SoundnessAnswer {
        try await client.send(.status.verify())
    }

    func document(_ answer: SoundnessAnswer) -> Document {
        Document([
            .findings(answer.faults.map { Finding(.fail, $0.description) }),
            .paragraph(
                """
                \(Quantity.counted(answer.files, "file")) (\(Quantity.bytes(answer.bytesRead)) read) and \
                \(Quantity.counted(answer.records, "record")) of what was served: \
                \(answer.faults.isEmpty ? "all are what they were." : "\(answer.faults.count) are not.")
                """),
        ])
    }

    func status(_ answer: SoundnessAnswer) -> Int32 { answer.faults.isEmpty ? 0 : 1 }
}
