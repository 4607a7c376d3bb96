import ControlProtocol
import Foundation
import Nouns
import StageKit

/// Writes a stream of server-sent events, with a comment wherever it would be silent for long.
struct EventWriter: Sendable {
    let events: AsyncThrowingStream<ServerEvent, any Error>
    let departure: Departure
    /// How long the stream is silent at most.
    let silence: Duration

    /// How long a stream may be silent: proxies close what is silent for longer.
    static let usualSilence = Duration.seconds(10)

    private enum Piece: Sendable {
        case event(ServerEvent)
        case failure(any Error)
        case silence
        case end
    }

    /// Writes until the events end, or until whoever reads has left: then the events' reader is cancelled, and so their
    /// maker is told.
    func write(_ write: (Data) async throws -> Void) async throws {
        let (pieces, feed) = AsyncStream<Piece>.makeStream()
        let reading = Task { [events] in
            do {
                for try await event in events { feed.yield(.event(event)) }
            } catch { feed.yield(.failure(error)) }
            feed.yield(.end)
        }
        let ticking = Task { [silence] in
            while !Task.isCancelled {
                try? await Task.sleep(for: silence)
                if !Task.isCancelled { feed.yield(.silence) }
            }
        }
        let id = departure.onLeaving {
            reading.cancel()
            feed.finish()
        }
        defer {
            departure.forget(id)
            reading.cancel()
            ticking.cancel()
        }
        try await withTaskCancellationHandler {
            try await send(pieces, write)
        } onCancel: {
            reading.cancel()
            feed.finish()
        }
    }

    private func send(_ pieces: AsyncStream<Piece>, _ write: (Data) async throws -> Void) async throws {
        var wasSilent = true
        for await piece in pieces {
            switch piece {
            case .event(let event):
                wasSilent = false
                try await write(event.bytes)
            case .silence:
                if wasSilent { try await write(ServerEvent.comment) }
                wasSilent = true
            case .failure(let error):
                let failure = ErrorAnswers.failure(error)
                try await write(try ServerEvent(ErrorAnswer(failure, dialect: .openAI)).bytes)
            case .end: return
            }
        }
    }
}
