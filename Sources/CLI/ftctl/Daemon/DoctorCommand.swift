import ArgumentParser
import ControlClient
import ControlProtocol
import Doctor
import Nouns
import Reports
import Settings

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look at all that the daemon needs of this machine; each finding has a remedy.",
        discussion: """
            Permissions, groups, ACLs, limits, free space, clock, inotify, BLAS, systemd, sandbox, Landlock, settings. \
            Works without a daemon as well, changes nothing, and sees more as root. Exit status 1 where something does \
            not work.

            Example: ftctl doctor
            """)
    @OptionGroup var connection: Connection

    func run() async throws {
        do {
            let place = try connection.place()
            if place.isFound { Terminal.note("This is the daemon of \(place.layout.root).") }
            let examination = Examination(
                place.layout, .own(), await Self.ask(place.socket), settings: SettingsFolder.read(place.layout),
                version: BuildVersion.text)
            let answer = DoctorAnswer(examination.findings())
            try connection.show(answer) { answer.document }
            if !answer.healthy { throw ExitCode(1) }
        } catch let failure as Failure {
            try connection.complain(failure)
            throw ExitCode(1)
        }
    }

    /// What the daemon says; it is not waited for.
    private static func ask(_ socket: String) async -> Examination.Daemon {
        do {
            let answer = try await ControlClient(socket: socket, patience: 5).send(.status.show())
            return .answers(version: answer.version, pid: answer.pid, problems: answer.problems)
        } catch let failure as Failure { return .silent(failure) } catch {
            return .silent(Failure(code: "client.unreachable", "\(error)"))
        }
    }
}
