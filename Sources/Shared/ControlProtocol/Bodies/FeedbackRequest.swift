import Nouns

/// What somebody says of a completion.
package struct FeedbackRequest: WireBody, Encodable {
    package enum Rating: String, Codable, Hashable, Sendable, CaseIterable { case good, bad }

    package var completion: String
    package var rating: Rating
    /// What the answer should have been.
    package var correction: String?
    /// Who rates, where that is not whoever asked.
    package var by: String?
    package var note: String?

    package init(completion: String, rating: Rating, correction: String? = nil, by: String? = nil, note: String? = nil)
    {
        (self.completion, self.rating, self.correction) = (completion, rating, correction)
        (self.by, self.note) = (by, note)
    }

    package init(_ body: WireObject) throws {
        completion = try body.requiredText("completion_id")
        _ = try body.requiredAny("rating", as: .choice(Rating.allCases.map(\.rawValue)))
        rating = try body.choice("rating", Rating.self) ?? .bad
        correction = try body.text("correction")
        by = try body.text("by")
        note = try body.text("note")
        for (name, text) in [("correction", correction), ("by", by)] where text?.isEmpty == true {
            throw WireFault.value(name, "", allowed: ["a text that is not empty"])
        }
        guard correction == nil || rating == .bad else {
            throw WireFault.value("rating", rating.rawValue, allowed: ["bad"])
        }
        for (name, text, most) in [("by", by, 128), ("note", note, 4096), ("correction", correction, 1 << 20)]
        where text?.utf8.count ?? 0 > most {
            throw WireFault.range(name, "\(text?.utf8.count ?? 0) bytes long", "\(most)", from: nil)
        }
    }

    enum CodingKeys: String, CodingKey {
        case completion = "completion_id"
        case rating, correction, by, note
    }
}
