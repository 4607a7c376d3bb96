import Foundation
import Nouns

/// Which files of a repository of data are which split of which configuration: as its card says, else by the usual
/// names of files. Scripts and pickles are no data.
///
/// Source: the Hub's pages "Manual configuration" and "File names and splits".
package struct HubDataset: Sendable {
    /// Files that are read one after another.
    package struct Split: Hashable, Sendable {
        package var name: String
        /// In the order of their names.
        package var files: [HubListing.File]
        package var bytes: Int { files.reduce(0) { $0 + max(0, $1.bytes) } }
    }

    /// One of several tables that a repository may hold.
    package struct Configuration: Hashable, Sendable {
        package var name: String
        package var splits: [Split]
    }

    package let configurations: [Configuration]
    private let place: String

    /// The name of the only configuration where nobody gave it one.
    static let usual = "default"
    /// How many choices are listed at most.
    private static let shown = 40

    /// - Parameter isData: whether a file can be read as rows, by its name.
    ///
    /// Throws a Failure: `hub.name` for a file whose name leads elsewhere; `hub.scripts`, `hub.pickles` and `hub.empty`
    /// where nothing can be read.
    package init(_ listing: HubListing, isData: (String) -> Bool) throws {
        try HubChoice.checkNames(listing)
        place = "hf:datasets/" + listing.repository
        let files = listing.files.filter { isData($0.name) && !Self.isBeside($0.path) }.sorted { $0.path < $1.path }
        guard !files.isEmpty else { throw Self.nothing(listing, place) }
        configurations =
            Self.stated(listing.configurations, files) ?? Self.converted(files) ?? [
                Configuration(name: Self.usual, splits: DatasetNames.splits(files))
            ]
    }

    /// The split that was chosen, or the only one.
    ///
    /// Throws a Failure: `hub.several` where more than one could be meant, with all of them; `hub.choice` for one that
    /// there is not.
    package func split(_ name: String?, of configuration: String?) throws -> (configuration: String, split: Split) {
        let all = configurations
        let chosen = try Self.one(all, configuration, "configuration", "--config", place, \.name) { configuration in
            configuration.splits.map(\.name).joined(separator: ", ")
        }
        let split = try Self.one(chosen.splits, name, "split", "--split", place, \.name) { split in
            "\(split.files.count) \(split.files.count == 1 ? "file" : "files"), \(Self.size(split.bytes))"
        }
        guard !split.files.isEmpty else {
            throw Failure(
                code: "hub.empty", "No file that can be read belongs to the split '\(split.name)' of '\(chosen.name)'.",
                at: place, remedy: "Choose another split, or the revision refs/convert/parquet if there is one.")
        }
        return (chosen.name, split)
    }

    private static func one<Choice>(
        _ all: [Choice], _ name: String?, _ kind: String, _ option: String, _ place: String,
        _ key: KeyPath<Choice, String>, _ note: (Choice) -> String
    ) throws -> Choice {
        if let name {
            if let found = all.first(where: { $0[keyPath: key] == name }) { return found }
            let names = all.prefix(shown).map { $0[keyPath: key] }
            throw Failure(
                code: "hub.choice", "There is no \(kind) '\(name)'.", at: place,
                remedy: "There is \(names.joined(separator: ", ")).")
        }
        if let only = all.first, all.count == 1 { return only }
        let lines = all.prefix(shown).map { "\n  \(option) \($0[keyPath: key])  \(note($0))" }
        let more = all.count > shown ? "\n  and \(all.count - shown) more" : ""
        throw Failure(
            code: "hub.several", "It holds \(all.count) \(kind)s:\(lines.joined())\(more)\n", at: place,
            remedy: "Name one of them.")
    }

    private static func size(_ bytes: Int) -> String {
        bytes < 1 << 20 ? "\((bytes + 1023) >> 10) KiB" : "\((bytes + (1 << 20) - 1) >> 20) MiB"
    }

    /// Files that lie beside data and are none.
    private static func isBeside(_ path: String) -> Bool {
        let parts = path.split(separator: "/")
        return parts.contains { $0.hasPrefix(".") || $0.hasPrefix("__") }
            || ["config.json", "dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json"]
                .contains(parts.last.map(String.init) ?? "")
    }

    /// What the card says; nil where it says nothing that can be understood.
    private static func stated(_ configs: JSONValue?, _ files: [HubListing.File]) -> [Configuration]? {
        let found = (configs?.arrayValue ?? []).compactMap { config -> Configuration? in
            guard config.objectValue != nil else { return nil }
            let name = config["config_name"]?.stringValue ?? usual
            var folder = config["data_dir"]?.stringValue ?? ""
            while folder.hasSuffix("/") { folder.removeLast() }
            if folder.hasPrefix("./") { folder.removeFirst(2) }
            let prefix = folder.isEmpty || folder == "." ? "" : folder + "/"
            guard let stated = config["data_files"] else {
                let inside = files.filter { $0.path.hasPrefix(prefix) }
                return Configuration(name: name, splits: DatasetNames.splits(inside, below: prefix))
            }
            let splits = patterns(stated).map { split in
                let patterns = split.patterns.map { PathPattern(prefix + $0) }
                return Split(
                    name: split.name, files: files.filter { file in patterns.contains { $0.matches(file.path) } })
            }
            return splits.isEmpty ? nil : Configuration(name: name, splits: splits)
        }
        return found.isEmpty ? nil : found
    }

    /// The patterns of each split: one or a list for the usual split, or each with its split.
    private static func patterns(_ stated: JSONValue) -> [(name: String, patterns: [String])] {
        if let members = stated.objectValue {
            return members.sorted { $0.key < $1.key }.map { ($0.key, texts($0.value)) }
        }
        let plain = texts(stated)
        if !plain.isEmpty { return [(DatasetNames.train, plain)] }
        return (stated.arrayValue ?? []).compactMap { entry in
            guard let path = entry["path"] else { return nil }
            return (entry["split"]?.stringValue ?? DatasetNames.train, texts(path))
        }
    }

    private static func texts(_ value: JSONValue) -> [String] {
        value.stringValue.map { [$0] } ?? (value.arrayValue ?? []).compactMap(\.stringValue)
    }

    /// What the Hub itself makes of a dataset at `refs/convert/parquet`: CONFIGURATION/SPLIT/0000.parquet.
    private static func converted(_ files: [HubListing.File]) -> [Configuration]? {
        var found: [(name: String, splits: [Split])] = []
        for file in files {
            guard let match = file.path.wholeMatch(of: /([^\/]+)\/(?:partial-)?([^\/]+)\/[0-9]{4}\.parquet/) else {
                return nil
            }
            let (name, split) = (String(match.1), String(match.2))
            if found.last?.name != name { found.append((name, [])) }
            let last = found.count - 1
            if let index = found[last].splits.firstIndex(where: { $0.name == split }) {
                found[last].splits[index].files.append(file)
            } else {
                found[last].splits.append(Split(name: split, files: [file]))
            }
        }
        return found.map { Configuration(name: $0.name, splits: $0.splits) }
    }

    private static func nothing(_ listing: HubListing, _ place: String) -> Failure {
        let names = listing.files.map(\.path).sorted()
        func first(_ endings: [String]) -> String? { names.first { name in endings.contains { name.hasSuffix($0) } } }
        let other = "Try \(place)@refs/convert/parquet, which the Hub makes of many datasets."
        if let script = first([".py"]) {
            return Failure(
                code: "hub.scripts", "The data comes out of a script (\(script)), and no script of others is run.",
                at: place, remedy: other)
        }
        if let pickle = first([".pkl", ".pickle", ".pt", ".pth", ".bin"]) {
            return Failure(
                code: "hub.pickles", "The repository holds only pickles (\(pickle)), which can run code when loaded.",
                at: place, remedy: other)
        }
        return Failure(
            code: "hub.empty",
            names.isEmpty
                ? "The repository is empty." : "The repository holds no JSON, JSON lines, CSV, TSV or Parquet file.",
            at: place, remedy: names.isEmpty ? "Check the name and the revision." : other)
    }
}
