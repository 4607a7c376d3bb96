import ControlProtocol
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Nouns
import Platform
import Reports
import ServiceLifecycle

/// Answers the control API on the daemon's Unix socket. Handlers decode, call an operation, and encode; they hold no
/// rule.
package struct ControlServer: Service {
    private let operations: Operations
    private let socket: String
    private let adopted: Int32?
    private let onListening: @Sendable () -> Void
    private let logger: Logger

    /// - Parameters:
    ///   - adopted: a socket at that path which somebody else (systemd) listens on already; it outlives this daemon.
    ///   - onListening: called once connections are accepted.
    package init(
        _ operations: Operations, socket: String, adopted: Int32? = nil,
        onListening: @escaping @Sendable () -> Void = {}, logger: Logger
    ) {
        self.operations = operations
        self.socket = socket
        self.adopted = adopted
        self.onListening = onListening
        self.logger = logger
    }

    package func run() async throws {
        if let adopted {
            return try await AdoptedServer(
                responder: router().buildResponder(), listener: adopted, logger: logger, onServerRunning: onListening
            ).run()
        }
        // A socket that a killed daemon left behind; the root's lock says that none is alive.
        unlink(socket)
        var quiet = logger
        quiet.logLevel = .warning
        let application = Application(
            router: router(), configuration: .init(address: .unixDomainSocket(path: socket), serverName: "finetuned"),
            onServerRunning: { [socket, onListening] _ in
                // The folder decides who may connect; group members may.
                chmod(socket, 0o660)
                onListening()
            }, logger: quiet)
        try await application.run()
        unlink(socket)
    }

    private func router() -> Router<ControlContext> {
        let router = Router(context: ControlContext.self)
        router.add(middleware: ErrorMiddleware())
        let o = operations
        @Sendable func pipeline(_ context: ControlContext) throws -> PipelineName {
            PipelineName(try context.parameters.require("name"))
        }
        @Sendable func run(_ context: ControlContext) throws -> RunID { RunID(try context.parameters.require("id")) }
        @Sendable func limit(_ request: Request, _ fallback: Int) -> Int {
            max(1, min(100_000, request.uri.queryParameters.get("limit").flatMap { Int($0) } ?? fallback))
        }

        router.get("/v1/status") { _, _ in try JSON.answer(o.status()) }
        router.get("/v1/pipelines") { _, _ in try JSON.answer(o.pipelines()) }
        router.get("/v1/pipelines/:name") { _, context in
            let name = try pipeline(context)
            guard let found = try o.pipelines().first(where: { $0.name == name }) else {
                throw Failure(
                    code: "pipeline.unknown", "There is no pipeline '\(name)'.", at: name.rawValue,
                    remedy: "See `ftctl pipelines`.")
            }
            return try JSON.answer(found)
        }
        router.post("/v1/pipelines/:name/runs") { request, context in
            try JSON.answer(
                o.requestRun(pipeline(context), await JSON.body(RunRequest.self, request), await context.who()))
        }
        router.post("/v1/pipelines/:name/generate") { request, context in
            try JSON.answer(await o.generate(pipeline(context), await JSON.body(GenerateRequest.self, request)))
        }
        router.post("/v1/pipelines/:name/rollback") { request, context in
            try JSON.answer(
                o.rollback(pipeline(context), await JSON.body(RollbackRequest.self, request), await context.who()))
        }
        router.get("/v1/pipelines/:name/history") { request, context in
            let name = try pipeline(context)
            if request.uri.queryParameters.get("verify") != nil { return try JSON.answer(o.verify(name)) }
            return try JSON.answer(o.history(name))
        }
        router.get("/v1/runs") { request, _ in
            let query = request.uri.queryParameters
            return try JSON.answer(
                o.runs(
                    query.get("pipeline").map { PipelineName($0) },
                    query.get("state").flatMap(RunState.init(rawValue:)), limit(request, 50)))
        }
        router.get("/v1/runs/:id") { _, context in try JSON.answer(o.run(run(context))) }
        router.get("/v1/runs/:id/events") { request, context in
            let query = request.uri.queryParameters
            let notices = try o.notices(
                run(context), query.get("from").flatMap { Int($0) } ?? 0, query.get("follow") != nil)
            var headers = HTTPFields()
            headers[.contentType] = "application/x-ndjson"
            return Response(
                status: .ok, headers: headers,
                body: .init { writer in
                    // Whoever watches does not keep a daemon from stopping.
                    for await notice in notices.cancelOnGracefulShutdown() {
                        var line = try ContractCoding.encode(notice)
                        line.append(10)
                        try await writer.write(ByteBuffer(bytes: line))
                    }
                    try await writer.finish(nil)
                })
        }
        router.get("/v1/runs/:id/examples") { request, context in
            try JSON.answer(
                o.examples(run(context), request.uri.queryParameters.get("order") ?? "worst", limit(request, 20)))
        }
        router.get("/v1/runs/:id/report") { request, context in
            let report = try o.report(run(context))
            switch request.uri.queryParameters.get("format") ?? "json" {
            case "json": return try JSON.answer(report)
            case "text": return JSON.text(TextReport.text(report), "text/plain; charset=utf-8")
            case "html": return JSON.text(HTMLReport.page(report), "text/html; charset=utf-8")
            case let other:
                throw Failure(
                    code: "request.format", "'\(other)' is not a format of reports.", at: "format",
                    remedy: "Use json, text or html.")
            }
        }
        router.post("/v1/runs/:id/promote") { request, context in
            try JSON.answer(o.promote(run(context), await JSON.body(PromoteRequest.self, request), await context.who()))
        }
        router.post("/v1/runs/:id/cancel") { _, context in try JSON.answer(o.cancel(run(context), await context.who()))
        }
        router.get("/v1/drops") { request, _ in
            try JSON.answer(
                o.drops(request.uri.queryParameters.get("pipeline").map { PipelineName($0) }, limit(request, 50)))
        }
        router.get("/v1/drops/:id/report") { _, context in
            try JSON.answer(o.dropReport(DropID(context.parameters.require("id"))))
        }
        router.get("/v1/bases") { _, _ in try JSON.answer(o.bases()) }
        router.post("/v1/bases") { request, _ in
            try JSON.answer(await o.addBase(await JSON.body(AddBaseRequest.self, request)))
        }
        router.get("/v1/bases/:id") { _, context in try JSON.answer(o.base(BaseID(context.parameters.require("id")))) }
        router.delete("/v1/bases/:id") { _, context in
            try o.removeBase(BaseID(context.parameters.require("id")))
            return try JSON.answer(["removed": true])
        }
        router.post("/v1/uploads") { _, _ in try JSON.answer(o.openUpload()) }
        router.put("/v1/uploads/:id/:file") { request, context in
            let path = try o.uploadPath(context.parameters.require("id"), context.parameters.require("file"))
            let size = try await Self.receive(request.body, path)
            return try JSON.answer(["bytes": size])
        }
        o.versions?.add(to: router)
        o.data?.add(to: router)
        if let check = o.checkPipeline {
            router.get("/v1/pipelines/:name/check") { _, context in
                try JSON.answer(check(PipelineName(try context.parameters.require("name"))))
            }
        }
        o.experiments?.add(to: router)
        return router
    }

    /// Writes a body to a file as it comes.
    private static func receive(_ body: RequestBody, _ path: String) async throws -> Int {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard descriptor >= 0 else {
            throw Failure(
                code: "upload.write", "The file cannot be written: \(String(cString: strerror(errno))).", at: path,
                remedy: "Check the disk.")
        }
        defer { close(descriptor) }
        var size = 0
        for try await buffer in body {
            size += buffer.readableBytes
            do {
                try buffer.withUnsafeReadableBytes { try AtomicFile.writeAll($0, to: descriptor, path: path) }
            } catch let failure as FileFailure {
                throw Failure(
                    code: failure.isFull ? "disk.full" : "upload.write", "\(failure.reason).", at: path,
                    remedy: failure.remedy)
            }
        }
        guard fsync(descriptor) == 0 else {
            throw Failure(code: "upload.write", "The file cannot be made durable.", at: path, remedy: "Check the disk.")
        }
        return size
    }
}
