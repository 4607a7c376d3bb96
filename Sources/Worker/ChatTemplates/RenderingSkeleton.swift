/// What a template writes around the contents of a conversation, whatever these are.
struct RenderingSkeleton: Sendable {
    private enum Piece: Sendable {
        case own(TemplateText)
        case content(StandIn)
    }

    private let pieces: [Piece]
    /// Pieces inside `{% generation %}` blocks.
    private let generated: [Range<Int>]

    /// The skeleton of a rendering whose contents were stand-ins.
    init(_ rendering: ChatTemplate.Rendering) {
        let text = rendering.text.unwatched
        var places = Set([0, text.size] + rendering.generated.flatMap { [$0.lowerBound, $0.upperBound] })
        for (place, byte) in text.bytes.enumerated() where byte == StandIn.mark {
            places.formUnion([place, place + StandIn.size])
        }
        let ends = places.sorted()
        pieces = zip(ends, ends.dropFirst()).map { start, end in
            StandIn(text.bytes[start..<end]).map { .content($0) } ?? .own(text[start..<end])
        }
        let numbers = Dictionary(uniqueKeysWithValues: ends.enumerated().map { ($1, $0) })
        generated = rendering.generated.compactMap { range in
            guard let first = numbers[range.lowerBound], let end = numbers[range.upperBound] else { return nil }
            return first..<end
        }
    }

    /// The rendering of a conversation with these contents, by turn.
    func rendering(_ contents: [TemplateText]) -> ChatTemplate.Rendering {
        var text = TemplateText()
        var places: [Int] = []
        for piece in pieces {
            places.append(text.size)
            switch piece {
            case .own(let own): text.append(own)
            case .content(let standIn):
                text.append(standIn.isTrimmed ? contents[standIn.turn].trimmed() : contents[standIn.turn])
            }
        }
        places.append(text.size)
        return ChatTemplate.Rendering(
            text: text,
            generated: generated.map { places[$0.lowerBound]..<places[$0.upperBound] }.filter { !$0.isEmpty })
    }
}
