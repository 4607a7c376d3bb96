import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct EngineCheck: Question {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Try an engine on a tiny model, rule by rule of the engine protocol.",
        discussion: """
            It takes up to some minutes. Exit status 1 where a rule is not kept.

            Example: ftctl engine check gpu
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The engine; builtin is the daemon's own worker.", completion: .engines) var engine: EngineName

    func ask(_ client: ControlClient) async throws -> EngineCheckAnswer {
        try await client.send(.engines.check(engine))
    }

    func document(_ answer: EngineCheckAnswer) -> Document {
        let broken = answer.findings.count { !$0.isKept }
        let took = Quantity.duration(answer.seconds)
        return Document([
            .findings(
                answer.findings.map { Finding($0.isKept ? .pass : .fail, "\($0.rule.rawValue): \($0.message)") }),
            .findings([
                broken == 0
                    ? Finding(.pass, "\(answer.engine) keeps all \(answer.findings.count) rules, in \(took).")
                    : Finding(.fail, "\(answer.engine) breaks \(broken == 1 ? "a rule" : "\(broken) rules").")
            ]),
        ])
    }

    func status(_ answer: EngineCheckAnswer) -> Int32 { answer.findings.allSatisfy(\.isKept) ? 0 : 1 }
}
