import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct DataRevoke: Question {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Withdraw a drop: its rows are in no future snapshot, and every version trained on them is named.",
        discussion: """
            Example: ftctl data revoke d-20270115-080000-0a1b2c3d --reason "a customer asked"
            """
    )
    @OptionGroup var connection: Connection
    @Argument(help: "The drop.", completion: .drops) var drop: DropID
    @Option(help: ArgumentHelp("Why; kept on record.", valueName: "text")) var reason: String
    @Flag(help: "Also remove its bytes from the disk, for good.") var erase = false

    func ask(_ client: ControlClient) async throws -> RevokeAnswer {
        try await client.send(.drops.revoke(drop, RevokeRequest(reason: reason, erase: erase)))
    }

    func document(_ answer: RevokeAnswer) -> Document {
        var lines = [
            """
            Revoked \(answer.drop): \(Quantity.counted(answer.rowsWithdrawn, "row is", "rows are")) withdrawn, \
            \(answer.rowsKept) stay since other drops have them.
            """
        ]
        if answer.erasedBytes > 0 { lines.append("\(Quantity.bytes(answer.erasedBytes)) are erased.") }
        if !answer.cancelled.isEmpty {
            lines.append("Cancelled: \(Quantity.list(answer.cancelled.map(\.rawValue))).")
        }
        lines.append(
            answer.versions.isEmpty
                ? "No version was trained on them."
                : "Versions trained on them: \(Quantity.list(answer.versions.map(\.rawValue))).")
        if let served = answer.served {
            lines.append("\(served) is served now: `ftctl run PIPELINE --mode from-base` makes one without them.")
        }
        if answer.erasedBytes > 0, !answer.versions.isEmpty {
            lines.append(
                """
                The text is gone from the daemon's files, but weights may remember it: \
                \(Quantity.list(answer.versions.map(\.rawValue))). Once one without them is served, `ftctl gc` \
                removes these.
                """)
        }
        return Document(lines.map { .paragraph($0) })
    }
}
