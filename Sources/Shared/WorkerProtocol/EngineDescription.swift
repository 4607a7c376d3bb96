import Foundation
import Nouns

/// What an engine says of itself when it is started as `PROGRAM --describe`: one JSON object on standard output.
///
/// Names that this version does not know are kept as they are, so that a later engine's answer can be read.
package struct EngineDescription: Codable, Hashable, Sendable {
    /// The largest model that the engine can load; an absent figure sets no limit.
    package struct LargestModel: Codable, Hashable, Sendable {
        package var parameters: Int?
        package var bytes: Int?
        package init(parameters: Int? = nil, bytes: Int? = nil) {
            self.parameters = parameters
            self.bytes = bytes
        }
    }

    /// Version of the protocol that it speaks.
    package var protocolVersion: Int
    /// The kinds of work that it does, by their names on the wire.
    package var tasks: [String]
    /// The architectures that it runs, as GGUF names them.
    package var architectures: [String]
    /// The methods of training: `lora`, `full`.
    package var methods: [String]
    /// The values of a recipe that it honours, by their names in a request.
    package var recipe: [String]
    /// Nil: whatever fits into memory.
    package var largestModel: LargestModel?
    /// What it computes on, such as `cpu`.
    package var devices: [String]
    /// Versions of the program and of what its numbers depend on, by name.
    package var versions: [String: String]

    private enum CodingKeys: String, CodingKey {
        case protocolVersion = "protocol"
        case tasks, architectures, methods, recipe, largestModel, devices, versions
    }

    package init(
        protocolVersion: Int = WorkerRequest.currentVersion, tasks: [WorkerTask.Kind], architectures: [String],
        methods: [Recipe.Method], recipe: [String] = Self.recipeKeys, largestModel: LargestModel? = nil,
        devices: [String], versions: [String: String]
    ) {
        self.protocolVersion = protocolVersion
        self.tasks = tasks.map(\.rawValue)
        self.architectures = architectures
        self.methods = methods.map(\.rawValue)
        self.recipe = recipe
        self.largestModel = largestModel
        self.devices = devices
        self.versions = versions
    }

    /// Every value of a recipe, by its name in a request: what an engine that honours all of them says.
    package static var recipeKeys: [String] {
        Mirror(reflecting: Recipe()).children.compactMap(\.label).sorted()
    }

    /// Reads an engine's answer. Throws a Failure that names the program if this is no description, or one of another
    /// protocol.
    package static func read(_ answer: Data, of program: String) throws -> EngineDescription {
        struct Protocol: Decodable { var `protocol`: Int }
        guard let version = try? ContractCoding.decode(Protocol.self, from: answer).protocol else {
            throw Failure(
                code: "engine.no_description", "The engine does not describe itself when it is asked to.", at: program,
                remedy: "Run `\(program) --describe`: it must print the JSON object of docs/engine-protocol.md.",
                cause: answer.isEmpty ? nil : String(decoding: answer.prefix(200), as: UTF8.self))
        }
        // Before the rest is read, which another version may say differently.
        guard version == WorkerRequest.currentVersion else {
            throw Failure(
                code: "engine.protocol",
                """
                The engine speaks version \(version) of the engine protocol, and this daemon speaks version \
                \(WorkerRequest.currentVersion).
                """,
                at: program, remedy: "Install an engine and a daemon that speak the same version.")
        }
        do { return try ContractCoding.decode(EngineDescription.self, from: answer) } catch {
            throw Failure(
                code: "engine.no_description", "The engine's description of itself cannot be read.", at: program,
                remedy: "See docs/engine-protocol.md for its keys.", cause: "\(error)")
        }
    }

    /// Whether the engine does work of this kind.
    package func does(_ task: WorkerTask.Kind) -> Bool { tasks.contains(task.rawValue) }
}
