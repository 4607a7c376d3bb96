import Compression
import Foundation
import JSONText
import Ledger
import Logging
import Nouns
import Parquet
import Platform
import RowFiles
import Settings
import StageKit
import TestSupport

@testable import Intake

/// One pipeline with its folders and ledger, and passes of Intake made by hand.
final class IntakeScene {
    let sandbox: Sandbox
    let context: StageContext
    let service: IntakeService
    let pipeline: PipelineSettings
    private let complete = CompleteFiles()

    init(
        programs: ParquetPrograms = ParquetPrograms(folders: []), _ change: (inout PipelineSettings) -> Void = { _ in }
    ) throws {
        sandbox = try Sandbox()
        var folder = SettingsFolder()
        folder.daemon.quietSeconds = 0.05
        var pipeline = PipelineSettings(name: "p", file: sandbox.layout.pipelineFile("p"), base: "tiny")
        change(&pipeline)
        self.pipeline = pipeline
        folder.pipelines = [pipeline]
        context = StageContext(
            layout: sandbox.layout, ledger: try Ledger(path: sandbox.layout.ledger), settings: LiveSettings(folder),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        service = IntakeService(context, programs: programs)
        try FileManager.default.createDirectory(atPath: dropFolder, withIntermediateDirectories: true)
    }

    var dropFolder: String { context.dropFolder(pipeline) }

    /// A second service on the same state, as after a restart.
    func restarted() -> IntakeService { IntakeService(context) }

    /// Puts bytes into the drop folder under any name.
    func put(_ bytes: [UInt8], _ name: String) throws {
        try Data(bytes).write(to: URL(filePath: dropFolder + "/" + name))
    }

    func put(_ text: String, _ name: String) throws { try put(Array(text.utf8), name) }

    /// One pass in which the named files count as renamed into the folder.
    @discardableResult
    func pass(_ names: String...) throws -> Bool {
        for name in names { complete.add(dropFolder + "/" + name) }
        return try service.pass(complete)
    }

    func drops() throws -> [Drop] { try context.ledger.drops(pipeline: "p", limit: 100_000) }

    func report(_ drop: Drop) throws -> IntakeReport {
        let path = context.layout.dropReport("p", drop.id)
        return try ContractCoding.decode(IntakeReport.self, from: try Data(contentsOf: URL(filePath: path)))
    }

    func rows(_ drop: Drop) throws -> [Row] {
        var rows: [Row] = []
        try RowFile.read(context.layout.intake("p", drop: drop.id) + "/rows.jsonl.zst") { rows.append($0) }
        return rows
    }

    var problems: [Failure] { context.problems.all(prefix: "drop:p:") }

    /// Everything that lies in the drop folder.
    func left() throws -> [[UInt8]] { try RawPath(dropFolder).names() }

    static func rows(_ range: Range<Int>) -> String {
        range.map { "{\"prompt\": \"question \($0)\", \"completion\": \"answer \($0 % 5)\"}\n" }.joined()
    }
}
