import ControlClient
import ControlProtocol
import Foundation
import HubClient
import Nouns
import Platform

/// Sends the files of a base into an open upload: fetched ones as they come, four at once, each in order and in parts
/// that the daemon has on its disk before the next.
struct BaseSender: Sendable {
    private static let atOnce = 4
    /// Bytes of parts of all files that are sent at once; two parts of each are held in memory.
    private static let partBytes = 4 << 20
    /// Tries of a part while the daemon is away for a moment.
    private static let tries = 30

    let client: ControlClient
    let upload: String
    let progress: TransferProgress
    /// Makes the client of one file.
    let fetcher: @Sendable () throws -> Fetcher

    /// Sends what is missing.
    ///
    /// - Parameter there: by name, the bytes that the daemon has already.
    func send(_ items: [BasePlan.Item], there: [String: Int]) async throws {
        let missing = items.filter { (there[$0.name] ?? -1) != $0.bytes }
        let large = missing.count { $0.bytes > Self.partBytes }
        let partBytes = Self.partBytes / min(max(1, large), Self.atOnce)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, item) in missing.enumerated() {
                if index >= Self.atOnce { try await group.next() }
                group.addTask { try await send(item, from: there[item.name] ?? 0, partBytes) }
            }
            try await group.waitForAll()
        }
    }

    private func send(_ item: BasePlan.Item, from offset: Int, _ partBytes: Int) async throws {
        // What is longer than the file cannot be of it.
        let offset = offset > item.bytes ? 0 : offset
        if item.bytes == 0 { _ = try await put(Data(), of: item.name, at: 0) }
        switch item.place {
        case .local(let path): try await send(local: path, item, from: offset, partBytes)
        case .remote(let file): try await send(remote: file, item, from: offset, partBytes)
        }
    }

    private func send(local path: String, _ item: BasePlan.Item, from offset: Int, _ partBytes: Int) async throws {
        let file = try FileHandle(forReadingFrom: URL(filePath: path))
        defer { try? file.close() }
        try file.seek(toOffset: UInt64(offset))
        var at = offset
        while at < item.bytes {
            guard let part = try file.read(upToCount: min(partBytes, item.bytes - at)), !part.isEmpty else {
                throw Failure(
                    code: "client.file", "The file became shorter while it was sent.", at: path,
                    remedy: "Give the command again once nobody writes to it.")
            }
            at = try await put(part, of: item.name, at: at)
            progress.add(part.count)
        }
    }

    private func send(remote file: RemoteFile, _ item: BasePlan.Item, from offset: Int, _ partBytes: Int)
        async throws
    {
        let pipe = PartPipe(partBytes: partBytes)
        let fetcher = try fetcher()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await withTaskCancellationHandler {
                    try await NetworkThread.run(fetcher) {
                        do {
                            try fetcher.download(file, from: offset, restart: pipe.restart, piece: pipe.take)
                            try pipe.finish()
                        } catch { pipe.fail(error) }
                    }
                } onCancel: {
                    pipe.abort()
                }
            }
            group.addTask {
                // However it ends, whoever fetches must not wait for ever.
                defer {
                    pipe.abort()
                    fetcher.cancel()
                }
                var at = offset
                for try await step in pipe.steps {
                    switch step {
                    case .restart:
                        progress.add(-at)
                        at = 0
                    case .part(let part):
                        at = try await put(part, of: item.name, at: at)
                        progress.add(part.count)
                    }
                    pipe.done()
                }
            }
            try await group.waitForAll()
        }
    }

    /// Sends a part; gives where the next begins. While the daemon is away for a moment it is asked again.
    private func put(_ part: Data, of name: String, at offset: Int) async throws -> Int {
        for attempt in 1... {
            do {
                return try await client.upload(
                    .uploads.put(UploadPlace(upload, file: name), PartQuery(offset: offset)), part: part)
            } catch let failure as Failure {
                // The answer to an earlier try was lost, and the part was not.
                if failure.code == "upload.offset", attempt > 1, failure.place == String(offset + part.count) {
                    return offset + part.count
                }
                let isAway = [
                    "client.unreachable", "client.answer", "daemon.stopping", "daemon.unready", "upload.busy",
                ]
                guard isAway.contains(failure.code), attempt < Self.tries else { throw failure }
                progress.say("The daemon does not answer; it is asked again.")
                try await Task.sleep(for: .seconds(1))
            }
        }
        return offset
    }
}
