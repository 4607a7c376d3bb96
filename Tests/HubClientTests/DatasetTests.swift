import Foundation
import Nouns
import Testing

@testable import HubClient

/// Which files of a repository of data are which split of which configuration.
struct DatasetTests {
    private static func listing(_ names: [String], card: String? = nil) throws -> HubListing {
        var listing = HubListing(
            repository: "ann/rows", commit: StandIn.commit, files: names.map { .init(path: $0, bytes: 10, blob: $0) })
        listing.isDataset = true
        listing.configurations = try card.map { try JSONDecoder().decode(JSONValue.self, from: Data($0.utf8)) }
        return listing
    }

    private static func isData(_ name: String) -> Bool {
        ["jsonl", "json", "csv", "parquet"].contains { name.hasSuffix("." + $0) || name.hasSuffix(".\($0).gz") }
    }

    private static func dataset(_ names: [String], card: String? = nil) throws -> HubDataset {
        try HubDataset(try listing(names, card: card), isData: isData)
    }

    /// `CONFIGURATION/SPLIT: FILE …` of everything.
    private static func parts(_ names: [String], card: String? = nil) throws -> [String] {
        try dataset(names, card: card).configurations.flatMap { configuration in
            configuration.splits.map { split in
                "\(configuration.name)/\(split.name): " + split.files.map(\.path).joined(separator: " ")
            }
        }
    }

    @Test(arguments: [
        ("a.csv", "a.csv", true), ("*.csv", "a.csv", true), ("*.csv", "d/a.csv", false), ("a?.csv", "ab.csv", true),
        ("a?.csv", "a/.csv", false), ("**/*.csv", "a.csv", true), ("**/*.csv", "d/e/a.csv", true),
        ("**/a.csv", "ba.csv", false), ("d/**", "d/e/a.csv", true), ("d/**", "e/a.csv", false),
        ("d/**/a.csv", "d/a.csv", true), ("d/**/a.csv", "d/x/y/a.csv", true), ("d/**/a.csv", "da.csv", false),
        ("./data/train-*", "data/train-0", true), ("x[0-9].csv", "x7.csv", true), ("x[0-9].csv", "xa.csv", false),
        ("x[!0-9].csv", "xa.csv", true), ("x[!0-9].csv", "x/.csv", false), ("x[].csv", "x[].csv", true),
        ("x[-a].csv", "x-.csv", true), ("*", "", true), ("", "", true), ("", "a", false), ("é*", "éa", true),
        ("**", "a/b", true), ("a**b", "a/x/b", true),
    ]) func patternsAreThoseOfCards(pattern: String, path: String, isMatch: Bool) {
        #expect(PathPattern(pattern).matches(path) == isMatch)
    }

    @Test func aPatternOfManyStarsCostsNoMore() {
        let pattern = PathPattern(String(repeating: "*a", count: 200))
        #expect(!pattern.matches(String(repeating: "a", count: 199)))
        #expect(pattern.matches(String(repeating: "a", count: 4000)))
    }

    @Test func theCardSaysWhatBelongsTogether() throws {
        let names = [
            "README.md", "main/train-1.jsonl", "main/train-0.jsonl", "main/test.jsonl", "extra/all.csv",
            "extra/b/c.csv",
        ]
        let card = """
            [{"config_name": "main", "data_files": [
                {"split": "train", "path": "main/train-*"}, {"split": "test", "path": ["main/test.jsonl", "none"]}]},
             {"config_name": "extra", "data_dir": "extra/", "data_files": "**/*.csv"}]
            """
        #expect(
            try Self.parts(names, card: card) == [
                "main/train: main/train-0.jsonl main/train-1.jsonl", "main/test: main/test.jsonl",
                "extra/train: extra/all.csv extra/b/c.csv",
            ])
        let inside = #"[{"config_name": "e", "data_dir": "e"}, {"data_files": ["*.csv"]}]"#
        #expect(
            try Self.parts(["e/test.csv", "e/train.csv", "a.csv"], card: inside)
                == ["e/train: e/train.csv", "e/test: e/test.csv", "default/train: a.csv"])
        // What is of another form says nothing.
        for odd in ["7", "[]", "[1]", #"[{"data_files": 7}]"#, #"{"a": "b"}"#] {
            #expect(try Self.parts(["a.csv"], card: odd) == ["default/train: a.csv"], "\(odd)")
        }
    }

    @Test(arguments: [
        (
            [
                "data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet",
                "data/odd-00000-of-00001.parquet",
            ],
            [
                "default/train: data/train-00000-of-00002.parquet data/train-00001-of-00002.parquet",
                "default/odd: data/odd-00000-of-00001.parquet",
            ]
        ), (["train.jsonl", "dev.jsonl"], ["default/train: train.jsonl", "default/validation: dev.jsonl"]),
        (
            ["my-eval_1.csv.gz", "x.train.csv"], ["default/train: x.train.csv", "default/test: my-eval_1.csv.gz"]
        ), (["train/a.csv", "test/b.csv"], ["default/train: train/a.csv", "default/test: test/b.csv"]),
        (["a.csv", "restrained.csv", ".x/a.csv", "__b/c.csv"], ["default/train: a.csv restrained.csv"]),
        (
            ["en/train/0000.parquet", "en/train/0001.parquet", "de/partial-test/0000.parquet"],
            ["de/test: de/partial-test/0000.parquet", "en/train: en/train/0000.parquet en/train/0001.parquet"]
        ), (["data.json", "dataset_infos.json", "config.json", "setup.py"], ["default/train: data.json"]),
    ]) func namesSayItWhereTheCardDoesNot(names: [String], parts: [String]) throws {
        #expect(try Self.parts(names) == parts)
    }

    @Test func severalAreListedAndOneIsChosen() throws {
        let names = ["en/train/0000.parquet", "en/test/0000.parquet", "de/train/0000.parquet"]
        let dataset = try Self.dataset(names)
        let configurations = #expect(throws: Failure.self) { try dataset.split(nil, of: nil) }
        #expect(configurations?.code == "hub.several")
        #expect(
            configurations?.message == "It holds 2 configurations:\n  --config de  train\n  --config en  test, train\n")
        let splits = #expect(throws: Failure.self) { try dataset.split(nil, of: "en") }
        #expect(
            splits?.message
                == "It holds 2 splits:\n  --split test  1 file, 1 KiB\n  --split train  1 file, 1 KiB\n")
        #expect(try dataset.split(nil, of: "de").split.files.map(\.path) == ["de/train/0000.parquet"])
        #expect(try dataset.split("test", of: "en").configuration == "en")
        for (split, configuration, there) in [("dev", "en", "test, train"), ("train", "fr", "de, en")] {
            let unknown = #expect(throws: Failure.self) { try dataset.split(split, of: configuration) }
            #expect(unknown?.code == "hub.choice" && unknown?.remedy == "There is \(there).")
        }
        let none = try Self.dataset(["a.csv"], card: #"[{"data_files": [{"split": "train", "path": "*.arrow"}]}]"#)
        #expect(#expect(throws: Failure.self) { try none.split(nil, of: nil) }?.code == "hub.empty")
    }

    @Test(arguments: [
        (["rows.py", "README.md"], "hub.scripts"), (["rows.pkl"], "hub.pickles"), (["a.arrow"], "hub.empty"),
        ([], "hub.empty"), (["../a.csv"], "hub.name"), (["a.csv", "/b.csv"], "hub.name"),
    ]) func whatHoldsNoRowsIsNamed(names: [String], code: String) {
        let failure = #expect(throws: Failure.self) { try Self.dataset(names) }
        #expect(failure?.code == code)
    }

    @Test func dataAndModelsAreAddressedApart() throws {
        let plain = try #require(try HubAddress("hf:datasets/ann/rows@v1:data/a.csv"))
        #expect(plain.isDataset && plain.repository == "ann/rows" && plain.revision == "v1")
        #expect(plain.choice == "data/a.csv" && plain.text == "hf:datasets/ann/rows@v1:data/a.csv")
        let page = try #require(try HubAddress("https://huggingface.co/datasets/ann/rows/tree/main"))
        #expect(page.text == "hf:datasets/ann/rows@main")
        #expect(try HubAddress("https://huggingface.co/datasets/ann/rows")?.isDataset == true)
        #expect(try HubAddress("hf:ann/rows")?.isDataset == false)
        #expect(#expect(throws: Failure.self) { try HubAddress("hf:datasets/../x") }?.code == "hub.name")
        for address in ["api/datasets/ann/rows/revision/main?blobs=true", "datasets/ann/rows/resolve/main/a.csv"] {
            #expect(HubFault.page(of: "https://hub.example/\(address)") == "https://hub.example/datasets/ann/rows")
        }
        for address in ["api/models/ann/rows/revision/main?blobs=true", "ann/rows/resolve/main/a.csv"] {
            #expect(HubFault.page(of: "https://hub.example/m/\(address)") == "https://hub.example/m/ann/rows")
        }
    }

    @Test func aRepositoryOfDataIsListedAndItsFilesAreFetched() async throws {
        let hub = try await StandIn()
        let rows = Data("prompt,completion\nq,a\n".utf8)
        try hub.put(["train.csv": rows, "big.parquet": Data("PAR1".utf8)], in: "datasets/ann/rows")
        try Data(#"{"license": ["mit"], "configs": [{"data_files": "train.csv"}]}"#.utf8).write(
            to: URL(filePath: hub.sandbox.root + "/hub/datasets/ann/rows/card.json"))
        let client = try hub.client(token: "hf_secret")
        let listing = try client.listing(HubAddress(repository: "ann/rows", isDataset: true))
        #expect(listing.commit == StandIn.commit && listing.licence == "mit" && listing.repository == "ann/rows")
        let found = try HubDataset(listing, isData: Self.isData).split(nil, of: nil)
        #expect(found.configuration == "default" && found.split.files.map(\.path) == ["train.csv"])
        #expect(try client.fetcher.small(client.file(found.split.files[0], of: listing)) == rows)
        let big = try #require(listing.files.first { $0.path == "big.parquet" })
        #expect(try client.fetcher.small(client.file(big, of: listing)) == Data("PAR1".utf8))
        #expect(try hub.asked().allSatisfy { $0.token == ($0.host == "hub") })
        let other = #expect(throws: Failure.self) {
            try client.listing(HubAddress(repository: "ann/row", isDataset: true))
        }
        #expect(other?.code == "hub.unknown" && other?.remedy == "There is hf:datasets/ann/rows.")
    }
}
