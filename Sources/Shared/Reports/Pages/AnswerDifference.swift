/// What was wanted and what was answered, each as one line, with a mark where they part; what is left out of long ones
/// is never the place where they differ.
package struct AnswerDifference: Sendable {
    package private(set) var wanted: String
    package private(set) var candidate: String
    package private(set) var baseline: String

    /// Stands before the first character that is not as wanted.
    static let sign = "▸"
    /// Characters that are shown of each, and of them before the difference.
    private static let (room, before) = (300, 80)

    /// Compares both answers with what was wanted; nil where there is none.
    package init(wanted: String, candidate: String?, baseline: String?) {
        let line = { (text: String) in Array(text.replacing("\n", with: " ⏎ ")) }
        let (reference, answer) = (line(wanted), candidate.map(line))
        let place = answer.map { Self.place(reference, $0) } ?? nil
        self.wanted = Self.shown(reference, at: place)
        self.candidate = answer.map { Self.shown($0, at: place) } ?? Quantity.none
        self.baseline =
            baseline.map(line).map { Self.shown($0, at: Self.place(reference, $0)) } ?? Quantity.none
    }

    /// Where two texts part; nil where they are the same.
    private static func place(_ a: [Character], _ b: [Character]) -> Int? {
        guard a != b else { return nil }
        return zip(a, b).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(a.count, b.count)
    }

    private static func shown(_ text: [Character], at place: Int?) -> String {
        var marked = text
        let at = min(place ?? 0, text.count)
        // Texts that differ from their first character on need no mark.
        if let place, place > 0 { marked.insert(contentsOf: sign, at: at) }
        guard marked.count > room else { return String(marked) }
        let start = at > room - 2 ? at - before : 0
        let end = min(marked.count, start + room - 2)
        return (start > 0 ? "…" : "") + String(marked[start..<end]) + (end < marked.count ? "…" : "")
    }
}
