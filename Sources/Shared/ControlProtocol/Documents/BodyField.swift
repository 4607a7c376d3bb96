/// One field of a JSON body, for the documentation.
package struct BodyField: Hashable, Sendable {
    package let name: String
    package let kind: Kind
    package let isRequired: Bool

    package init(name: String, kind: Kind, isRequired: Bool) {
        self.name = name
        self.kind = kind
        self.isRequired = isRequired
    }

    /// What a field holds.
    package indirect enum Kind: Hashable, Sendable {
        case text
        case whole
        case number
        case truth
        /// One of these texts.
        case choice([String])
        case list
        case table
        /// A value of one of several kinds.
        case oneOf([Kind])

        /// Whether an object is a value of it.
        package var takesObject: Bool {
            switch self {
            case .table: true
            case .oneOf(let kinds): kinds.contains(where: \.takesObject)
            default: false
            }
        }
    }

    /// The fields of a body in the order in which it reads them; none where it is no object.
    package static func all<Body: Decodable>(of type: Body.Type) -> [BodyField] {
        let recorder = FieldRecorder()
        // What is made is no body that anybody asked for: only the reading of it is looked at.
        _ = try? Body(from: recorder)
        return recorder.fields
    }
}
