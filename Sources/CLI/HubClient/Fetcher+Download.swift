import Foundation
import Nouns

/// Files, in order and from any byte on, over whatever breaks on the way.
extension Fetcher {
    /// What a file is, as its address says.
    package struct Facts: Hashable, Sendable {
        package var bytes: Int
        package var etag: String?
    }

    /// Gives the bytes of a file from `offset` on to `piece`, in order and each once. Where the connection breaks, a
    /// signed address expires or the server asks to wait, it goes on at the next byte; where the server cannot go on
    /// there with the same object, `restart` is called and it begins anew.
    ///
    /// Throws a Failure: `hub.changed` where the address gives another object than was looked at, `hub.…` for what is
    /// answered, and what `piece` throws.
    package func download(
        _ file: RemoteFile, from offset: Int, restart: @escaping () throws -> Void,
        piece: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var at = offset
        var etag: String?
        var attempt = 0
        while true {
            if let bytes = file.bytes, at >= bytes { return }
            let before = at
            let answer = try ask(file.address, headers: Self.range(at, nil, etag)) { heads in
                try Self.check(heads, file)
                guard let last = heads.last else { return }
                etag = Self.strong(last["etag"])
                guard at > 0 else { return try Self.checkSize(last, file, from: 0) }
                if last.status == 206, Self.start(last) == at { return try Self.checkSize(last, file, from: at) }
                try restart()
                at = 0
                try Self.checkSize(last, file, from: 0)
            } body: { bytes in
                at += bytes.count
                if let most = file.bytes, at > most { throw Self.longer(file) }
                try piece(bytes)
                return true
            }
            if at > before { attempt = 0 }
            if answer.head.status < 300, case .whole = answer.end, file.bytes == nil || at == file.bytes { return }
            if case .stopped = answer.end { throw CancellationError() }
            attempt += 1
            try retry(answer, file, at: at, attempt: attempt)
        }
    }

    /// A range of a file's bytes, fewer where it ends before. Throws as ``download(_:from:restart:piece:)`` does.
    package func bytes(_ range: Range<Int>, of file: RemoteFile) throws -> Data {
        let last = min(range.upperBound, file.bytes ?? range.upperBound)
        guard range.lowerBound < last else { return Data() }
        let taken = Taken()
        var attempt = 0
        while true {
            let from = range.lowerBound + taken.data.count
            let answer = try ask(file.address, headers: Self.range(from, last - 1, nil)) { heads in
                try Self.check(heads, file)
                guard let head = heads.last, head.status == 206 || from == 0 else {
                    throw Failure(
                        code: "hub.ranges", "The server gives no parts of a file.", at: Self.shown(file.address),
                        remedy: "Fetch the file by other means and give its path.")
                }
            } body: { bytes in
                taken.data += bytes.prefix(last - range.lowerBound - taken.data.count)
                return taken.data.count < last - range.lowerBound
            }
            if taken.data.count == last - range.lowerBound { return taken.data }
            if answer.head.status < 300, case .whole = answer.end, file.bytes == nil { return taken.data }
            if range.lowerBound + taken.data.count > from { attempt = 0 }
            attempt += 1
            try retry(answer, file, at: from, attempt: attempt)
        }
    }

    /// Asks what a file is, by its first byte. Throws as ``download(_:from:restart:piece:)`` does.
    package func facts(_ file: RemoteFile) throws -> Facts {
        var attempt = 0
        while true {
            let answer = try ask(file.address, headers: Self.range(0, 0, nil)) { _ in
            } body: { _ in
                false
            }
            if answer.head.status < 300 {
                let size = answer.first("x-linked-size") ?? Self.total(answer.head)
                guard let bytes = size.flatMap({ Int($0) }) else {
                    throw Failure(
                        code: "hub.size", "The server does not say how large the file is.",
                        at: Self.shown(file.address), remedy: "Fetch the file by other means and give its path.")
                }
                return Facts(bytes: bytes, etag: Self.plain(answer.first("x-linked-etag") ?? answer.first("etag")))
            }
            attempt += 1
            try retry(answer, file, at: 0, attempt: attempt)
        }
    }

    /// A small answer, held whole. Throws as ``download(_:from:restart:piece:)`` does.
    package func small(_ file: RemoteFile, limit: Int = 64 << 20) throws -> Data {
        let taken = Taken()
        try download(file, from: 0) {
            taken.data = Data()
        } piece: { bytes in
            guard taken.data.count + bytes.count <= limit else {
                throw Failure(
                    code: "hub.answer", "The answer has more than \(limit >> 20) MiB.", at: Self.shown(file.address),
                    remedy: "Check the address, or HF_ENDPOINT.")
            }
            taken.data += bytes
        }
        return taken.data
    }

    /// The same of an address of which nothing is known.
    package func small(_ address: String) throws -> Data { try small(RemoteFile(address: address)) }

    private final class Taken { var data = Data() }

    /// Waits where another try may succeed; throws what was answered otherwise.
    private func retry(_ answer: Answer, _ file: RemoteFile, at: Int, attempt: Int) throws {
        let head = answer.head
        let place = Self.shown(file.address)
        guard attempt < Self.tries else {
            throw Failure(
                code: "hub.unreachable", "\(Self.tries) tries in a row brought nothing; \(at) bytes are there.",
                at: place, remedy: "Give the same command again later: it goes on where it was.",
                cause: Self.words(answer))
        }
        if case .broken(let reason) = answer.end {
            return try pause(head, attempt: attempt, "The connection broke: \(reason).")
        }
        switch head.status {
        case 200..<300: try pause(head, attempt: attempt, "The answer ended early.")
        case 429: try pause(head, attempt: attempt, "The server asks to wait.")
        case 408, 500...: try pause(head, attempt: attempt, "The server answered \(head.status).")
        // The signed address of a storage expired, or its object moved: the next try asks the Hub for a new one.
        case 400...410 where answer.heads.count > 1 && Origin(answer.address) != Origin(file.address):
            try pause(head, attempt: attempt, "The address of the storage is not good any more.")
        default: throw HubFault.failure(answer, at: file.address, hasToken: settings.token != nil)
        }
    }

    static func words(_ answer: Answer) -> String {
        switch answer.end {
        case .broken(let reason), .refused(let reason): reason
        default: "status \(answer.head.status)"
        }
    }

    private static func range(_ from: Int, _ to: Int?, _ etag: String?) -> [String] {
        guard from > 0 || to != nil else { return [] }
        return ["Range: bytes=\(from)-\(to.map(String.init) ?? "")"] + (etag.map { ["If-Range: \($0)"] } ?? [])
    }

    /// That the heads are of the object that was looked at.
    private static func check(_ heads: [HTTPClient.Head], _ file: RemoteFile) throws {
        func first(_ name: String) -> String? { heads.lazy.compactMap { $0[name] }.first }
        if let commit = file.commit, let came = first("x-repo-commit"), came != commit {
            throw changed(file, "commit \(came) instead of \(commit)")
        }
        let etag = plain(first("x-linked-etag") ?? (heads.count == 1 ? first("etag") : nil))
        if file.commit != nil, let identity = file.identity, let etag, etag != identity {
            throw changed(file, "\(etag.prefix(16))… instead of \(identity.prefix(16))…")
        }
        if let bytes = file.bytes, let size = first("x-linked-size").flatMap({ Int($0) }), size != bytes {
            throw changed(file, "\(size) bytes instead of \(bytes)")
        }
    }

    private static func checkSize(_ head: HTTPClient.Head, _ file: RemoteFile, from offset: Int) throws {
        guard let bytes = file.bytes, let total = total(head).flatMap({ Int($0) }) else { return }
        if total != bytes { throw changed(file, "\(total) bytes instead of \(bytes)") }
    }

    private static func changed(_ file: RemoteFile, _ how: String) -> Failure {
        Failure(
            code: "hub.changed", "The address gives another file than was looked at: \(how).", at: shown(file.address),
            remedy: "Give the same command again: what changed is fetched anew.")
    }

    private static func longer(_ file: RemoteFile) -> Failure {
        Failure(
            code: "hub.changed", "More comes than the \(file.bytes ?? 0) bytes that the file has.",
            at: shown(file.address), remedy: "Give the same command again; if it stays so, use another mirror.")
    }

    /// The whole size, of `Content-Range` or `Content-Length`.
    private static func total(_ head: HTTPClient.Head) -> String? {
        if head.status == 206 { return head["content-range"]?.split(separator: "/").last.map(String.init) }
        return head["content-encoding"] == nil ? head["content-length"] : nil
    }

    /// Where the bytes of a part begin.
    private static func start(_ head: HTTPClient.Head) -> Int? {
        head["content-range"]?.firstMatch(of: /bytes ([0-9]+)-/).flatMap { Int($0.1) }
    }

    /// An etag that `If-Range` takes.
    private static func strong(_ etag: String?) -> String? { etag.flatMap { $0.hasPrefix("\"") ? $0 : nil } }

    /// An etag without its quotes.
    static func plain(_ etag: String?) -> String? {
        etag.map { ($0.hasPrefix("W/") ? $0.dropFirst(2) : $0[...]).trimmingCharacters(in: ["\""]) }
    }
}
