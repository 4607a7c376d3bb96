import Compression
import Contracts
import Foundation
import Platform
import RowFormats
import Settings

/// Reads one claimed file row by row in constant memory: good rows to `rows.jsonl.zst`, bad ones into the report.
struct FileReading {
    let drop: Drop
    let pipeline: PipelineSettings
    let folder: String

    /// The rows file that Datasets takes over.
    static let rowsName = "rows.jsonl.zst"

    func read() throws -> IntakeReport {
        var report = IntakeReport(
            drop: drop.id, pipeline: drop.pipeline, name: drop.name, sha256: drop.sha256, bytes: drop.bytes)
        let source = open(folder + "/original", O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard source >= 0 else { throw FileFailure("open it", folder + "/original", errno: errno) }
        defer { close(source) }
        let path = folder + "/" + Self.rowsName
        let temporary = try AtomicFile.write(beside: path) { descriptor, name in
            let writer = try ZstdWriter { try AtomicFile.writeAll($0, to: descriptor, path: name) }
            try rows(source) { row in
                var line = try ContractCoding.encode(row)
                line.append(10)
                try line.withUnsafeBytes { try writer.write($0) }
            } into: { report = $0 } from: { report }
            try writer.finish()
        }
        try AtomicFile.rename(temporary, to: path)
        return report
    }

    private func rows(
        _ source: Int32, _ emit: (Row) throws -> Void, into set: (IntakeReport) -> Void, from get: () -> IntakeReport
    ) throws {
        var report = get()
        var seen: Set<RowID> = []
        var reader = LineReader()
        let parser = RowParser()
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        func take(_ number: Int, _ bytes: [UInt8]?) throws {
            switch parser.parse(bytes, line: number) {
            case nil: return
            case .failure(let problems):
                report.rowsRead += 1
                report.rowsRejected += 1
                report.problems += problems.list
            case .success(let parsed):
                report.rowsRead += 1
                report.problems += parsed.warnings
                let row = try self.row(parsed, line: number)
                guard seen.insert(row.id).inserted else {
                    report.rowsDuplicate += 1
                    return
                }
                report.rowsAccepted += 1
                try emit(row)
            }
        }
        while true {
            let count = Foundation.read(source, &buffer, buffer.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw FileFailure("read it", folder + "/original", errno: errno)
            }
            if count == 0 { break }
            try buffer.withUnsafeBytes { try reader.push(UnsafeRawBufferPointer(rebasing: $0[..<count]), take) }
        }
        try reader.finish(take)
        set(report)
    }

    private func row(_ parsed: RowParser.Parsed, line: Int) throws -> Row {
        let key = RowIdentity.promptKey(parsed.content)
        var group = key
        if let field = pipeline.data.groupBy, let value = parsed.fields?[field] {
            group = "group:\(String(decoding: try ContractCoding.encode(value), as: UTF8.self))"
        }
        return Row(
            id: try RowIdentity.id(parsed.content), content: parsed.content,
            split: RowIdentity.split(group, validation: pipeline.data.validationShare, gate: pipeline.data.gateShare),
            label: RowIdentity.label(parsed.content), promptKey: key, fields: parsed.fields, drop: drop.id, line: line)
    }
}
