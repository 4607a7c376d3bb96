import Foundation
import Places

extension WorkFolder {
    /// The number of the attempt that may write here; nil where nobody wrote one.
    package var currentAttempt: Int? {
        guard let data = FileManager.default.contents(atPath: attempt), data.count < 32 else { return nil }
        return Int(String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
    }
}
