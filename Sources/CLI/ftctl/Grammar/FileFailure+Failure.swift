import Nouns
import Platform

extension FileFailure {
    /// The same for people and for `--json`.
    var failure: Failure {
        Failure(code: "client.file", "ftctl cannot \(action): \(reason).", at: path, remedy: remedy)
    }
}
