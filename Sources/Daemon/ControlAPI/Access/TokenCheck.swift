import ControlProtocol

/// The one whom a token stands for; nil where it is not known.
typealias TokenCheck = @Sendable (String) throws -> Principal?
