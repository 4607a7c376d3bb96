import Compression
import Foundation
import Ledger
import Logging
import Nouns
import Platform
import RowFiles
import RowFormats
import Settings
import StageKit
import TestSupport

@testable import Datasets

/// A ledger, a pipeline and drops that Intake has validated.
struct DatasetScene {
    let sandbox: Sandbox
    let context: StageContext
    let service: DatasetService

    /// - Parameter toml: what the pipeline's file says after `base = "tiny"`.
    init(_ toml: String = "") throws {
        sandbox = try Sandbox()
        try sandbox.pipeline("p", "base = \"tiny\"\n" + toml)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let settings = SettingsFolder.read(sandbox.layout)
        if let problem = settings.problems.first { throw problem }
        context = StageContext(
            layout: sandbox.layout, ledger: try Ledger(path: sandbox.layout.ledger), settings: LiveSettings(settings),
            logger: logger)
        service = DatasetService(context)
    }

    /// Changes the pipeline's settings, as a person does.
    func settings(_ toml: String) throws {
        try sandbox.pipeline("p", "base = \"tiny\"\n" + toml)
        context.settings.replace(SettingsFolder.read(sandbox.layout))
    }

    /// Puts rows where Intake puts them, in state `validated`.
    @discardableResult
    func validated(
        _ id: DropID, _ contents: [RowContent], fields: [[String: JSONValue]?] = [], pipeline: PipelineName = "p",
        gateShare: Double? = nil
    ) throws -> Drop {
        let folder = sandbox.layout.intake(pipeline, drop: id)
        try AtomicFile.makeFolder(folder)
        var bytes: [UInt8] = []
        let writer = try ZstdWriter { bytes.append(contentsOf: $0) }
        for (index, content) in contents.enumerated() {
            let row = Row(
                id: try RowIdentity.id(content), content: content, split: .train, label: RowIdentity.label(content),
                promptKey: RowIdentity.promptKey(content), fields: index < fields.count ? fields[index] : nil, drop: id,
                line: index + 1)
            var line = try ContractCoding.encode(row)
            line.append(10)
            try line.withUnsafeBytes { try writer.write($0) }
        }
        try writer.finish()
        try AtomicFile.write(Data(bytes), to: folder + "/rows.jsonl.zst")
        var drop = Drop(
            id: id, pipeline: pipeline, name: "\(id).jsonl", sha256: id.rawValue, bytes: bytes.count, state: .received,
            receivedAt: Date(timeIntervalSince1970: 1_000_000))
        drop.gateShare = gateShare
        drop = try context.ledger.receive(drop)
        drop.state = .validated
        drop.rowsAccepted = contents.count
        try context.ledger.update(drop)
        return drop
    }

    /// Stores rows as a drop of their own.
    @discardableResult
    func store(
        _ id: DropID, _ contents: [RowContent], fields: [[String: JSONValue]?] = [], gateShare: Double? = nil
    ) throws -> Drop? {
        try validated(id, contents, fields: fields, gateShare: gateShare)
        try service.pass()
        return try context.ledger.drop(id)
    }

    /// Every row of the dataset by split, read from the shards.
    func rows() throws -> [Split: [Row]] {
        var rows: [Split: [Row]] = [:]
        for shard in try context.ledger.shards("p") {
            try RowFile.read(shard.file.path) { rows[shard.split, default: []].append($0) }
        }
        return rows
    }

    static func questions(_ range: Range<Int>, answer: String = "yes") -> [RowContent] {
        range.map { .completion(prompt: "Question number \($0): \(words[$0 % words.count])?", completion: answer) }
    }

    private static let words = [
        "is it raining", "who sings", "where do whales sleep", "what is a prime", "how tall are trees",
    ]
}
