import Foundation

/// A chat template that a recipe gives in place of the base's own.
package struct RecipeTemplate: Codable, Hashable, Sendable {
    /// The file that the settings name.
    package var path: String
    /// What stood in it when the run was queued, so that the run and its version keep it; nil in settings.
    package var text: String?

    package init(path: String, text: String? = nil) {
        self.path = path
        self.text = text
    }

    /// The same with the text of its file, where it has none yet. Throws a Failure (`recipe.template`).
    package func loaded() throws(Failure) -> RecipeTemplate {
        if text != nil { return self }
        guard let data = FileManager.default.contents(atPath: path), data.count < 1 << 20,
            let text = String(validating: data, as: UTF8.self), !text.isEmpty
        else {
            throw Failure(
                code: "recipe.template", "The chat template cannot be read, or is no text.", at: path,
                remedy: "Name a file that holds the Jinja template and that the daemon's user may read.")
        }
        return RecipeTemplate(path: path, text: text)
    }
}

/// A day as templates are given it, such as `2027-01-15`.
package enum TemplateDay {
    /// Today, in the machine's time zone.
    package static func today() -> String {
        var seconds = time(nil)
        var parts = tm()
        localtime_r(&seconds, &parts)
        return String(format: "%04d-%02d-%02d", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday)
    }

    /// Seconds since 1970 at noon of a day, in the machine's time zone; nil for what is no day.
    package static func seconds(_ day: String) -> Int? {
        guard let found = day.wholeMatch(of: /([0-9]{4})-([0-9]{2})-([0-9]{2})/), let year = Int32(found.1),
            let month = Int32(found.2), let number = Int32(found.3)
        else { return nil }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday, parts.tm_hour, parts.tm_isdst) = (
            year - 1900, month - 1, number, 12, -1
        )
        let seconds = mktime(&parts)
        // The 31st of a month that has 30 days would be a day of the next one.
        guard seconds != -1, parts.tm_mon == month - 1, parts.tm_mday == number else { return nil }
        return seconds
    }
}
