import Nouns
import Reports

/// What a base reads of a row: the text with what is learnt between ⟦ and ⟧, or its tokens one by one.
enum ShownDocument {
    static func blocks(_ row: ShownRow, byToken: Bool) -> [Block] {
        let place = row.file.map { "\($0) line \(row.line)" } ?? "Line \(row.line)"
        if let problem = row.problem { return [.heading(place), .paragraph("It cannot be trained on: \(problem)")] }
        return row.examples.enumerated().flatMap { index, parts -> [Block] in
            let count = parts.reduce(0) { $0 + $1.tokens.count }
            let learnt = parts.reduce(0) { $0 + ($1.isLearnt ? $1.tokens.count : 0) }
            let which = row.examples.count > 1 ? ", example \(index + 1) of \(row.examples.count)" : ""
            let title = "\(place)\(which): \(count) tokens, \(learnt) learnt"
            return [
                .heading(title),
                byToken
                    ? table(parts)
                    : .lines(text(parts).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)),
            ]
        }
    }

    private static func text(_ parts: [ShownRow.Part]) -> String {
        parts.map { $0.isLearnt ? "⟦\($0.text)⟧" : $0.text }.joined()
    }

    private static func table(_ parts: [ShownRow.Part]) -> Block {
        .table(
            Table(
                [.number("TOKEN"), "LEARNT", "TEXT"],
                cells: parts.flatMap { part in
                    part.tokens.map { token in
                        [Cell(String(token.id)), Cell(part.isLearnt ? "yes" : ""), Cell(token.text.debugDescription)]
                    }
                }))
    }
}
