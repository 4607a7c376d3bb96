import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct DropShow: Question {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "The report on one dropped file: every bad row and why.",
        discussion: """
            What is mended can be dropped again: a corrected file is another drop.

            Example: ftctl drop show d-20270115-080000-0a1b2c3d
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The drop.", completion: .drops) var drop: DropID

    func ask(_ client: ControlClient) async throws -> IntakeReport {
        try await client.send(.drops.report(drop))
    }

    func document(_ report: IntakeReport) -> Document { Document(IntakeDocument.judged(report)) }
}
