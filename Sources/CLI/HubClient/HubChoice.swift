import Foundation
import Nouns

/// Which files of a repository make one model: those that are needed and no others, never pickles.
package enum HubChoice {
    /// One of the GGUF models that a repository holds.
    package struct Option: Hashable, Sendable {
        /// Its quantisation, or its file where the name says none.
        package var label: String
        /// One file, or all parts in their order.
        package var files: [HubListing.File]
        package var bytes: Int { files.reduce(0) { $0 + max(0, $1.bytes) } }
        /// Whether the engine reads numbers of this kind, as far as the name says.
        package var isReadable: Bool {
            !["IQ", "TQ", "MXFP", "UD-IQ"].contains { label.uppercased().hasPrefix($0) }
        }
    }

    /// What makes one model.
    package struct Model: Hashable, Sendable {
        /// Whether the weights are GGUF.
        package var isGGUF: Bool
        /// The weights in their order; of sharded safetensors, none before the index was read.
        package var weights: [HubListing.File]
        /// Everything else that is needed.
        package var others: [HubListing.File]
        package var files: [HubListing.File] { others + weights }
        /// The index of sharded safetensors.
        package var index: HubListing.File?
        /// The quantisation that was chosen.
        package var label: String?
    }

    private static let texts = [
        "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
        "added_tokens.json", "tokenizer.model", "vocab.json", "merges.txt", "chat_template.jinja",
        "chat_template.json",
    ]
    private static let licences = ["LICENSE", "LICENSE.txt", "LICENSE.md", "NOTICE", "README.md"]

    /// The model that a choice names. Nil where several could be meant, which ``options(_:)`` are.
    ///
    /// Throws a Failure: `hub.pickles`, `hub.adapter`, `hub.empty` for what holds no model, `hub.choice` for a choice
    /// that there is not, with those that there are.
    package static func model(_ listing: HubListing, _ choice: String?) throws -> Model? {
        let names = Dictionary(listing.files.map { ($0.path, $0) }) { first, _ in first }
        try checkNames(listing)
        let options = options(listing)
        let isPlain = names["config.json"] != nil
        let others = licences.compactMap { names[$0] }
        if let choice { return try chosen(choice, options, listing, others) }
        if isPlain, names["model.safetensors"] != nil || names["model.safetensors.index.json"] != nil {
            let texts = texts.compactMap { names[$0] }
            if let whole = names["model.safetensors"] {
                return Model(isGGUF: false, weights: [whole], others: texts + others)
            }
            let index = names["model.safetensors.index.json"]
            return Model(
                isGGUF: false, weights: [], others: texts + others + (index.map { [$0] } ?? []), index: index)
        }
        if let only = options.first, options.count == 1 { return gguf(only, others) }
        guard options.isEmpty else { return nil }
        throw nothing(listing, names)
    }

    /// The same model with the shards that its index names. Throws a Failure (`hub.index`) for another form.
    package static func sharded(_ model: Model, index data: Data, _ listing: HubListing) throws -> Model {
        struct Index: Decodable { var weight_map: [String: String] }
        let names = Dictionary(listing.files.map { ($0.path, $0) }) { first, _ in first }
        guard let index = try? JSONDecoder().decode(Index.self, from: data), !index.weight_map.isEmpty else {
            throw fault(listing, "model.safetensors.index.json names no files.")
        }
        var model = model
        model.weights = try Set(index.weight_map.values).sorted().map { name in
            guard let file = names[name], !name.contains("/"), name.hasSuffix(".safetensors") else {
                throw fault(listing, "model.safetensors.index.json names '\(name.prefix(80))', which is not there.")
            }
            return file
        }
        return model
    }

    /// The GGUF models of a repository, the smallest first; projectors are left out.
    package static func options(_ listing: HubListing) -> [Option] {
        var groups: [String: [HubListing.File]] = [:]
        for file in listing.files where file.path.lowercased().hasSuffix(".gguf") {
            guard !file.name.lowercased().contains("mmproj"), !file.name.lowercased().contains("imatrix") else {
                continue
            }
            let stem = file.path.replacing(/-[0-9]{5}-of-[0-9]{5}\.gguf$/, with: "").replacing(/\.gguf$/, with: "")
            groups[stem, default: []].append(file)
        }
        let labels = groups.keys.map { quantisation($0) }
        return groups.map { stem, files in
            let label = quantisation(stem)
            let isAlone = label != nil && labels.count { $0 == label } == 1
            return Option(
                label: isAlone ? label ?? stem : files.count == 1 ? files[0].path : stem,
                files: files.sorted { $0.path < $1.path })
        }.sorted { ($0.bytes, $0.label) < ($1.bytes, $1.label) }
    }

    /// The quantisation that a file's name says, in capitals.
    static func quantisation(_ stem: String) -> String? {
        let pattern =
            /(?:^|[-._\/])((?:UD-)?(?:I?Q|TQ)[0-9](?:_[A-Z0-9]+)*|MXFP4(?:_MOE)?|BF16|F16|F32|FP16|FP32)(?=$|[-.\/])/
        return stem.uppercased().matches(of: pattern).last.map { String($0.1) }
    }

    private static func gguf(_ option: Option, _ others: [HubListing.File]) -> Model {
        Model(isGGUF: true, weights: option.files, others: others, label: option.label)
    }

    private static func chosen(
        _ choice: String, _ options: [Option], _ listing: HubListing, _ others: [HubListing.File]
    ) throws -> Model? {
        func isSame(_ text: String) -> Bool { text.caseInsensitiveCompare(choice) == .orderedSame }
        let found = options.filter { option in
            isSame(option.label) || option.files.contains { isSame($0.path) || isSame($0.name) }
                || quantisation(option.label).map(isSame) ?? false
        }
        guard let option = found.first, found.count == 1 else {
            let there = options.map(\.label)
            throw Failure(
                code: "hub.choice",
                found.isEmpty ? "There is no '\(choice)'." : "'\(choice)' could mean \(found.count) models.",
                at: "hf:" + listing.repository,
                remedy: there.isEmpty
                    ? "The repository holds no GGUF: leave ':\(choice)' out."
                    : "There is \(there.joined(separator: ", ")).")
        }
        return gguf(option, others)
    }

    private static func nothing(_ listing: HubListing, _ names: [String: HubListing.File]) -> Failure {
        let place = "hf:" + listing.repository
        let pickles = names.keys.filter { name in
            [".bin", ".pt", ".pth", ".ckpt", ".pkl"].contains { name.hasSuffix($0) }
        }
        if names["adapter_config.json"] != nil {
            return Failure(
                code: "hub.adapter", "The repository holds a LoRA adapter, not a model.", at: place,
                remedy: "Add the base that its card names; adapters are trained here.")
        }
        if let pickle = pickles.min() {
            return Failure(
                code: "hub.pickles", "The repository holds only pickles (\(pickle)), which can run code when loaded.",
                at: place, remedy: "Use a revision or a repository with safetensors or GGUF files.")
        }
        return Failure(
            code: "hub.empty",
            names.isEmpty ? "The repository is empty." : "The repository holds no model: neither safetensors nor GGUF.",
            at: place, remedy: "Check the name and the revision.")
    }

    private static func fault(_ listing: HubListing, _ message: String) -> Failure {
        Failure(
            code: "hub.index", message, at: "hf:" + listing.repository,
            remedy: "The repository is broken: use another revision or repository.")
    }

    /// Throws a Failure (`hub.name`) where a file's name could lead out of a folder.
    static func checkNames(_ listing: HubListing) throws {
        guard let file = listing.files.first(where: { !isSound($0.path) }) else { return }
        throw Failure(
            code: "hub.name", "The repository lists a file called '\(file.path.prefix(80))'.",
            at: listing.repository, remedy: "Do not use it: no sound repository has such a name.")
    }

    private static func isSound(_ path: String) -> Bool {
        !path.hasPrefix("/") && !path.contains("\\") && !path.utf8.contains { $0 < 32 }
            && path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
                $0 != ".." && $0 != "." && !$0.isEmpty
            }
    }
}
