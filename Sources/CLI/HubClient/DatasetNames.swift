import Foundation

/// What the names of files say of splits, where the card of a dataset says nothing.
enum DatasetNames {
    static let train = "train"
    private static let words: [(split: String, words: [String])] = [
        (train, ["train", "training"]), ("validation", ["validation", "valid", "dev", "val"]),
        ("test", ["test", "testing", "eval", "evaluation"]),
    ]

    /// The splits: by `data/SPLIT-00000-of-00003.…`, else by folders that are called like one, else by names of files
    /// that hold such a word; all of it is `train` where none does.
    ///
    /// - Parameter prefix: the folder that the names are looked at below.
    static func splits(_ files: [HubListing.File], below prefix: String = "") -> [HubDataset.Split] {
        func name(_ file: HubListing.File) -> String { String(file.path.dropFirst(prefix.count)) }
        let numbered = grouped(files) { file in
            name(file).wholeMatch(of: /data\/([^\/]+?)-[0-9]{5}-of-[0-9]{5}[^\/]*\.[^\/]*/).map { String($0.1) }
        }
        if !numbered.isEmpty { return numbered }
        let byFolder = grouped(files) { file in
            name(file).split(separator: "/").dropLast().lazy.compactMap { split(in: String($0)) }.first
        }
        if !byFolder.isEmpty { return byFolder }
        let byName = grouped(files) { split(in: $0.name) }
        return byName.isEmpty ? [.init(name: train, files: files)] : byName
    }

    /// The files with a split, in the usual order of splits.
    private static func grouped(_ files: [HubListing.File], _ split: (HubListing.File) -> String?)
        -> [HubDataset.Split]
    {
        let groups = Dictionary(grouping: files.filter { split($0) != nil }) { split($0) ?? train }
        let order = words.map(\.split)
        func rank(_ name: String) -> Int { order.firstIndex(of: name) ?? order.count }
        return groups.map { HubDataset.Split(name: $0.key, files: $0.value) }.sorted {
            (rank($0.name), $0.name) < (rank($1.name), $1.name)
        }
    }

    /// The split whose word stands alone in a name, such as `my-train_1.csv`.
    private static func split(in name: String) -> String? {
        let found = name.lowercased().split { !$0.isLetter }.map(String.init)
        return words.first { $0.words.contains(where: found.contains) }?.split
    }
}
