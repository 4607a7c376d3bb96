import ControlProtocol
import Foundation
import Nouns
import Reports
import Synchronization

/// How far a transfer is: a bar on a terminal, a line now and then elsewhere, events for programs on standard error.
final class TransferProgress: Sendable {
    /// What programs read, one JSON object a line.
    struct Event: Encodable {
        var event: String
        var bytes: Int?
        var total: Int?
        var bytesPerSecond: Int?
        var text: String?
    }

    private struct State {
        var bytes: Int
        let begun = ContinuousClock.now
        let before: Int
        var shown: ContinuousClock.Instant?
        var files = 0
    }

    private let total: Int
    private let isJSON: Bool
    private let state: Mutex<State>

    /// - Parameter bytes: what was there before.
    init(total: Int, bytes: Int, json: Bool) {
        self.total = total
        isJSON = json
        state = Mutex(State(bytes: bytes, before: bytes))
    }

    /// Counts what is on the daemon's disk; negative where a file begins anew.
    func add(_ bytes: Int) {
        let line: (text: String, event: Event)? = state.withLock { state in
            state.bytes += bytes
            let now = ContinuousClock.now
            let pause: Duration = Terminal.isInteractive && !isJSON ? .milliseconds(200) : .seconds(isJSON ? 1 : 10)
            guard state.shown.map({ now - $0 >= pause }) ?? true || state.bytes >= total else { return nil }
            state.shown = now
            return words(state, now)
        }
        guard let line else { return }
        if isJSON { return say(line.event) }
        if Terminal.isInteractive { Terminal.replace(line.text) } else { Terminal.remark(line.text) }
    }

    /// Says something besides, such as why it waits.
    func say(_ text: String) {
        if isJSON { return say(Event(event: "note", text: text)) }
        if Terminal.isInteractive { Terminal.replace("  \(text)") } else { Terminal.remark(text) }
    }

    /// Says that the files are there, and what the daemon does.
    func checking() {
        if isJSON { return say(Event(event: "checking")) }
        if Terminal.isInteractive { Terminal.replace("  The daemon checks the model…") }
    }

    /// Empties the line.
    func end() { if Terminal.isInteractive, !isJSON { Terminal.replace("") } }

    private func say(_ event: Event) {
        guard let json = try? ContractCoding.encode(event) else { return }
        Terminal.complain(json: json)
    }

    private func words(_ state: State, _ now: ContinuousClock.Instant) -> (text: String, event: Event) {
        let seconds = max(0.001, (now - state.begun) / .seconds(1))
        let rate = Double(state.bytes - state.before) / seconds
        let share = total > 0 ? Double(state.bytes) / Double(total) : 1
        var text = "  \(Quantity.bytes(state.bytes)) of \(Quantity.bytes(total))"
        if Terminal.isInteractive, !isJSON { text = "  \(Bar.text(share))" + text }
        if rate > 1 {
            text += ", \(Quantity.bytes(Int(rate)))/s"
            let left = Double(max(0, total - state.bytes)) / rate
            if left >= 1 { text += ", \(Quantity.duration(left)) left" }
        }
        return (text, Event(event: "progress", bytes: state.bytes, total: total, bytesPerSecond: Int(rate)))
    }
}
