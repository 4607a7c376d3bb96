/// One thing that was looked at: how it is, and what to do where that is not right.
package struct DoctorFinding: Codable, Hashable, Sendable {
    /// What is looked at, in the order in which it is told.
    package enum Area: String, Codable, Hashable, Sendable, CaseIterable {
        case daemon, settings, users, permissions, acl, limits, space, clock, inotify, blas, systemd, sandbox, landlock,
            groups
    }

    package enum Grade: String, Codable, Hashable, Sendable {
        /// It is right.
        case ok
        /// It could not be looked at.
        case unknown
        /// Work goes on, and something is worth doing.
        case warning
        /// Something does not work, or will not.
        case fault
    }

    package var area: Area
    package var grade: Grade
    /// A sentence.
    package var text: String
    /// What to do; nil where nothing is to be done.
    package var remedy: String?

    /// Something that is right.
    static func ok(_ area: Area, _ text: String) -> Self { Self(area: area, grade: .ok, text: text, remedy: nil) }

    static func unknown(_ area: Area, _ text: String, _ remedy: String) -> Self {
        Self(area: area, grade: .unknown, text: text, remedy: remedy)
    }

    static func warning(_ area: Area, _ text: String, _ remedy: String) -> Self {
        Self(area: area, grade: .warning, text: text, remedy: remedy)
    }

    static func fault(_ area: Area, _ text: String, _ remedy: String) -> Self {
        Self(area: area, grade: .fault, text: text, remedy: remedy)
    }
}
