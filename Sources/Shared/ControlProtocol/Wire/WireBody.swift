import Nouns

/// The body of a request of OpenAI's: read member by member, so that an error names the member that is wrong, members
/// that nobody knows are taken, and what is documented is what is read.
package protocol WireBody: Sendable {
    /// Reads every member. Throws a Failure that names the member at fault; what depends on more than its type and
    /// range is checked later, by whoever answers.
    init(_ body: WireObject) throws
}

extension WireBody {
    /// The members that it reads, in their order.
    package static var fields: [BodyField] {
        let recorder = WireObject.Recorder()
        // What is made is no body that anybody asked for: only the reading of it is looked at.
        _ = try? Self(WireObject(recorder))
        return recorder.fields
    }
}
