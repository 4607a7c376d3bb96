import Foundation
import Settings

/// The secrets that sign what a webhook is told.
enum WebhookSecrets {
    /// How long a former secret signs beside the new one.
    static let overlap = 86_400.0

    /// The files of the secrets that sign at a time: the present one, then the former one for a day after the present
    /// one was written.
    static func files(_ settings: DeliverySettings, at now: Date) -> [String] {
        guard let file = settings.webhookSecretFile else { return [] }
        guard let old = settings.webhookSecretFileOld, old != file else { return [file] }
        var status = stat()
        guard stat(file, &status) == 0,
            now.timeIntervalSince1970 < Double(status.st_mtim.tv_sec) + overlap
        else { return [file] }
        return [file, old]
    }

    /// The secret in a file; nil where there is none.
    static func read(_ file: String) -> String? {
        guard let data = FileManager.default.contents(atPath: file) else { return nil }
        let secret = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        return secret.isEmpty ? nil : secret
    }
}
