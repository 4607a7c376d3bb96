/// The part that a model has in the judgement of a run; on disk it is its name, such as `candidate`.
package enum ModelRole: Hashable, Sendable, Codable, CodingKeyRepresentable {
    /// What the run made.
    case candidate
    /// What `current` points to.
    case served
    /// The version that what is served must stay above; see ``Anchor``.
    case anchor
    /// A version that what is served must stay above in another metric than the primary one; see ``GateAnchor``.
    case gateAnchor(VersionID)
    /// The base without anything that was trained.
    case base
    /// The candidate as it was written in a format of delivery.
    case artefact(ExportFormat)

    /// The models that answer every row, in the order of reports.
    package static let compared: [ModelRole] = [.candidate, .served, .base]
}

extension ModelRole: RawRepresentable {
    private static let artefactPrefix = "artefact-"
    private static let anchorPrefix = "anchor-"

    package init?(rawValue: String) {
        switch rawValue {
        case "candidate": self = .candidate
        case "served": self = .served
        case "anchor": self = .anchor
        case "base": self = .base
        default:
            if rawValue.hasPrefix(Self.anchorPrefix), rawValue.count > Self.anchorPrefix.count {
                self = .gateAnchor(VersionID(String(rawValue.dropFirst(Self.anchorPrefix.count))))
                return
            }
            guard rawValue.hasPrefix(Self.artefactPrefix),
                let format = ExportFormat(rawValue: String(rawValue.dropFirst(Self.artefactPrefix.count)))
            else { return nil }
            self = .artefact(format)
        }
    }

    package var rawValue: String {
        switch self {
        case .candidate: "candidate"
        case .served: "served"
        case .anchor: "anchor"
        case .gateAnchor(let version): Self.anchorPrefix + version.rawValue
        case .base: "base"
        case .artefact(let format): Self.artefactPrefix + format.rawValue
        }
    }
}

extension ModelRole: CustomStringConvertible {
    package var description: String { rawValue }
}

extension ModelRole {
    /// Its name in a sentence, the same in every report and message.
    package var inWords: String {
        switch self {
        case .candidate: "the candidate"
        case .served: "the served model"
        case .anchor: "the anchor"
        case .gateAnchor(let version): "the anchor \(version)"
        case .base: "the base"
        case .artefact(let format): "the candidate exported as \(format.rawValue)"
        }
    }
}
