/// An opaque textual identifier whose phantom type keeps runs, drops and versions from being confused.
package struct Identifier<Noun>: RawRepresentable, Hashable, Sendable, Comparable, CustomStringConvertible {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    package init(_ text: String) { rawValue = text }
    package var description: String { rawValue }
    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

extension Identifier: Codable {
    package init(from decoder: any Decoder) throws {
        rawValue = try decoder.singleValueContainer().decode(String.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}

extension Identifier: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) { rawValue = value }
}

/// The user's name of one pipeline: the stem of its TOML file and the name of its drop folder.
package typealias PipelineName = Identifier<Pipeline>
/// Names one dropped file or folder, such as `d-20261124-083000-4f2a`.
package typealias DropID = Identifier<Drop>
/// The content address of one canonical row: 32 hexadecimal digits of its SHA-256.
package typealias RowID = Identifier<Row>
/// The content address of one snapshot's manifest.
package typealias SnapshotID = Identifier<Snapshot>
/// Names one registered base model, such as `smollm2-135m-instruct`.
package typealias BaseID = Identifier<BaseCard>
/// Names one fine-tuning run, such as `r-000042`.
package typealias RunID = Identifier<Run>
/// The content address of one immutable model version, such as `v-9f86d081884c`.
package typealias VersionID = Identifier<ModelVersion>

/// The user's name of an engine: the stem of its TOML file.
package typealias EngineName = Identifier<Engine>

/// Phantom noun of ``EngineName``; an engine's settings live in the Settings target.
package enum Engine {}
/// Phantom noun of ``PipelineName``; a pipeline's settings live in the Settings target.
package enum Pipeline {}
