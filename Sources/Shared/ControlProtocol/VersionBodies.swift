import Foundation
import Nouns

/// A version with all that is known of it now.
package struct VersionSummary: Codable, Hashable, Sendable {
    package var version: ModelVersion
    /// `current`, `previous` and people's own names.
    package var aliases: [String]
    /// Whether it was promoted against its verdict.
    package var forced: Bool
    /// The verdict on the run that made it.
    package var verdict: String?
    /// Its figures on the gate set when it was judged.
    package var figures: [MetricKey: Double]
    package var exports: [ExportRecord]
    /// False once `ftctl gc` has removed its files; the record stays.
    package var present: Bool

    package init(
        version: ModelVersion, aliases: [String], forced: Bool, verdict: String?, figures: [MetricKey: Double],
        exports: [ExportRecord], present: Bool
    ) {
        self.version = version
        self.aliases = aliases
        self.forced = forced
        self.verdict = verdict
        self.figures = figures
        self.exports = exports
        self.present = present
    }
}

/// Changes notes (empty removes them) and tags (null removes one) of a version.
package struct AnnotateRequest: Codable, Hashable, Sendable {
    package var notes: String?
    package var tags: [String: String?]
    package init(notes: String? = nil, tags: [String: String?] = [:]) {
        self.notes = notes
        self.tags = tags
    }
}

/// Gives a version a name, or (without a version) takes the name away.
package struct AliasRequest: Codable, Hashable, Sendable {
    package var name: String
    package var version: String?
    package init(name: String, version: String? = nil) {
        self.name = name
        self.version = version
    }
}

/// Two versions side by side.
package struct VersionComparison: Codable, Hashable, Sendable {
    /// One value that differs.
    package struct Difference: Codable, Hashable, Sendable {
        package var what: String
        package var a: String
        package var b: String
        package init(what: String, a: String, b: String) {
            self.what = what
            self.a = a
            self.b = b
        }
    }
    package var a: VersionSummary
    package var b: VersionSummary
    /// Lineage and recipe, where they differ.
    package var differences: [Difference]
    /// Whether both were judged on the same gate rows, so that their figures can be compared.
    package var sameGateRows: Bool
    package init(a: VersionSummary, b: VersionSummary, differences: [Difference], sameGateRows: Bool) {
        self.a = a
        self.b = b
        self.differences = differences
        self.sameGateRows = sameGateRows
    }
}

/// What can be removed without losing anything that is served, named, a parent, judged best, or still at work.
package struct GarbagePlan: Codable, Hashable, Sendable {
    package struct Item: Codable, Hashable, Sendable {
        package var path: String
        package var bytes: Int
        /// Why it is no longer needed.
        package var reason: String
        package init(path: String, bytes: Int, reason: String) {
            self.path = path
            self.bytes = bytes
            self.reason = reason
        }
    }
    package struct Kept: Codable, Hashable, Sendable {
        package var version: VersionID
        package var reason: String
        package init(version: VersionID, reason: String) {
            self.version = version
            self.reason = reason
        }
    }
    package var items: [Item]
    package var kept: [Kept]
    package var bytes: Int
    /// Whether the items are gone already.
    package var removed: Bool
    package init(items: [Item], kept: [Kept], removed: Bool) {
        self.items = items
        self.kept = kept
        bytes = items.reduce(0) { $0 + $1.bytes }
        self.removed = removed
    }
}
