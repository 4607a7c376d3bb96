import Synchronization

extension WireObject {
    /// Notes which members are read.
    final class Recorder: Sendable {
        private let noted = Mutex<[BodyField]>([])
        var fields: [BodyField] { noted.withLock { $0 } }

        func note(_ field: BodyField) {
            noted.withLock { fields in
                if !fields.contains(where: { $0.name == field.name }) { fields.append(field) }
            }
        }
    }
}
