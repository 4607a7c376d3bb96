/// The few calls by which the kernel is asked for control groups, pressure and batteries; a folder can answer in its
/// place.
package protocol KernelFiles: Sendable {
    /// The text of a small file; nil where it is not there or cannot be read.
    func text(_ path: String) -> String?

    /// Writes to a file that the kernel keeps. Throws a FileFailure.
    func write(_ text: String, to path: String) throws

    /// Makes a folder in one that is there; one that is there already is no fault. Throws a FileFailure.
    func makeFolder(_ path: String) throws

    /// Removes a folder without folders in it; one that is gone already is no fault. Throws a FileFailure.
    func removeFolder(_ path: String) throws

    /// The names in a folder; none where it cannot be read.
    func names(in folder: String) -> [String]

    /// Whether the service manager has given a control group to whoever runs in it.
    func isDelegated(_ group: String) -> Bool
}
