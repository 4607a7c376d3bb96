import Nouns

/// What a pipeline goes back to: the versions that lie below the one it serves, as its promotions laid them down and
/// its rollbacks took them away.
///
/// The version that was rolled back is not among them, so that rolling back twice goes further back instead of serving
/// again what was found wanting.
struct ServedBefore {
    /// From the oldest to what is served now; nil is the base alone, which lies below everything.
    private(set) var versions: [VersionID?] = [nil]

    /// - Parameter records: the pipeline's promotions, the oldest first.
    init(_ records: some Sequence<PromotionRecord>) {
        for record in records {
            switch record.kind {
            case .automatic, .manual, .forced: versions.append(record.version)
            case .rollback, .canaryRollback:
                if let place = versions.lastIndex(of: record.version) {
                    versions.removeSubrange((place + 1)...)
                } else {
                    // Somebody asked for a version that was taken away before.
                    versions.append(record.version)
                }
            }
        }
    }

    /// What lies below the served version, the nearest last; empty where the base is served.
    var below: ArraySlice<VersionID?> { versions.dropLast() }
}
