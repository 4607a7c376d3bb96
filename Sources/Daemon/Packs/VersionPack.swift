import Foundation
import Nouns

/// What a packed version says of itself: the first member of its file, `version.json`.
package struct VersionPack: Codable, Hashable, Sendable {
    /// A file of the pack.
    package struct Member: Codable, Hashable, Sendable {
        /// Its name in the pack, such as `adapter-0/adapter_model.safetensors`.
        package var name: String
        package var sha256: String
        package var bytes: Int

        package init(name: String, sha256: String, bytes: Int) {
            self.name = name
            self.sha256 = sha256
            self.bytes = bytes
        }
    }

    /// The form of packs that this program writes and reads.
    package static let format = 1
    package static let manifestName = "version.json"

    /// The form of this pack.
    package var format: Int
    /// The version as it was where it was packed; paths of its adapters are folders of the pack.
    package var version: ModelVersion
    /// The card of its base, which must be registered where the version is added.
    package var base: BaseCard
    /// What the gates said of it there, with every number; nil where it was never judged.
    package var verdict: Verdict?
    /// What the pack has beside this, in its order.
    package var files: [Member]
    package var packedAt: Date
    /// The version of the program that packed it.
    package var program: String

    package init(
        version: ModelVersion, base: BaseCard, verdict: Verdict?, files: [Member], packedAt: Date, program: String
    ) {
        format = Self.format
        self.version = version
        self.base = base
        self.verdict = verdict
        self.files = files
        self.packedAt = packedAt
        self.program = program
    }

    /// The folder of the pack that has an adapter of the version.
    package static func folder(_ index: Int) -> String { "adapter-\(index)" }

    /// Throws a Failure (`pack.…`) where the pack does not hold what it says, or names what it may not.
    func check(at path: String) throws {
        func refusal(_ code: String, _ message: String) -> Failure {
            Failure(code: code, message, at: path, remedy: "Pack the version again: `ftctl version pack`.")
        }
        guard format == Self.format else {
            throw refusal(
                "pack.format",
                """
                The pack has form \(format) and was written by finetuned \(program); this program reads form \
                \(Self.format).
                """)
        }
        guard !version.adapters.isEmpty, version.adapters.count <= 64 else {
            throw refusal("pack.content", "The pack has \(version.adapters.count) adapters, and must have 1 to 64.")
        }
        guard files.count <= 4096, Set(files.map(\.name)).count == files.count else {
            throw refusal("pack.content", "The pack names a file twice, or more than 4,096.")
        }
        for file in files {
            let match = file.name.wholeMatch(of: /adapter-([0-9]{1,2})\/([A-Za-z0-9_][A-Za-z0-9._-]{0,80})/)
            guard let match, let index = Int(match.1), version.adapters.indices.contains(index), file.bytes >= 0,
                file.sha256.wholeMatch(of: /[0-9a-f]{64}/) != nil
            else { throw refusal("pack.content", "'\(file.name)' cannot be a file of a pack.") }
        }
        for (index, adapter) in version.adapters.enumerated() {
            let folder = Self.folder(index)
            guard let weights = weights(folder), weights.sha256 == adapter.sha256 else {
                throw refusal("pack.content", "The weights of \(folder) are not those that the version names.")
            }
            guard let configuration = adapter.configuration else { continue }
            guard files.contains(where: { $0.name == folder + "/adapter_config.json" && $0.sha256 == configuration })
            else {
                throw refusal("pack.content", "\(folder)/adapter_config.json is not what the version names.")
            }
        }
    }

    /// The file whose digest names an adapter, or a whole set of weights.
    private func weights(_ folder: String) -> Member? {
        let isWhole = files.contains { $0.name == folder + "/config.json" }
        let name = folder + (isWhole ? "/model.safetensors" : "/adapter_model.safetensors")
        return files.first { $0.name == name }
    }
}
