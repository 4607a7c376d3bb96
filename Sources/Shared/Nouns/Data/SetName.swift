/// Names a set of rows that models answer; on disk and in settings it is its plain text.
package struct SetName: RawRepresentable, Hashable, Sendable, Codable, CodingKeyRepresentable {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    /// The set that a person or a file names.
    package init(_ text: String) { rawValue = text }

    /// The held-out rows that judge; never trained on.
    package static let gate = SetName("gate")
    /// The gate rows of earlier drops: those of the gate set whose skills must stay.
    package static let earlier = SetName("earlier")
    /// Rows on the gate side that were chosen by rating answers: shown for each model, and no gate unless a rule names
    /// them, since any other model looks better on them.
    package static let feedback = SetName("feedback")
    /// The rows that choose: early stopping, experiments.
    package static let validation = SetName("validation")
    /// Rows of a drop that what is served is asked about before they are learnt.
    package static let prequential = SetName("prequential")
    /// Texts that the base wrote when it was registered: what later models forget of it.
    package static let probe = SetName("probe")
    /// The secrets of `gates.canaries` with their variants.
    package static let plantedSecrets = SetName("canary")

    private static let goldenPrefix = "golden-"

    /// The golden set in the file `<stem>.jsonl`.
    package static func golden(_ stem: String) -> SetName { SetName(goldenPrefix + stem) }

    /// Whether people wrote its rows, each with what its answer must be like.
    package var isGolden: Bool { rawValue.hasPrefix(Self.goldenPrefix) }
}

extension SetName: Comparable, CustomStringConvertible {
    /// The gate set comes first, then the others by name: the order of reports.
    package static func < (left: SetName, right: SetName) -> Bool {
        left == .gate || right == .gate ? left == .gate && right != .gate : left.rawValue < right.rawValue
    }

    package var description: String { rawValue }
}
