import DataQuality
import Foundation
import Nouns
import Settings

/// Does with personal data and secrets in a completion what its pipeline does with those in rows.
struct Screening: Sendable {
    let action: DataSettings.SensitiveAction

    init(_ action: DataSettings.SensitiveAction) { self.action = action }

    /// The completion as it may be kept; nil where it may not.
    func screen(_ stored: StoredCompletion) throws -> StoredCompletion? {
        guard action != .allow else { return stored }
        var isClean = true
        func change(_ text: String) -> String {
            let matches = SensitiveScanner.matches(in: text)
            guard !matches.isEmpty else { return text }
            isClean = false
            return SensitiveScanner.redacted(text, matches)
        }
        var screened = stored
        if case .chat(let messages, _) = RowContent.chat(messages: stored.messages + [stored.answer], tools: nil)
            .mapTexts(change), let answer = messages.last
        {
            screened.messages = Array(messages.dropLast())
            screened.answer = answer
        }
        screened.tools = stored.tools.map(change)
        // Its name, its time and the model are no texts of anybody's.
        if case .object(var members) = stored.completion {
            members["choices"] = members["choices"]?.mapTexts(change)
            screened.completion = .object(members)
        }
        screened.metadata = stored.metadata.mapValues(change)
        screened.ratings = stored.ratings.map { rating in
            var rating = rating
            rating.correction = rating.correction.map(change)
            rating.note = rating.note.map(change)
            return rating
        }
        return isClean ? stored : action == .reject ? nil : screened
    }
}
