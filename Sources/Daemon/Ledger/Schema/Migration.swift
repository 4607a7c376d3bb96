/// One step in the history of the ledger's schema: the name by which ledgers remember it, and the SQL that it ran.
///
/// A step that has shipped never changes, neither its name nor its SQL: ledgers that took it would differ from those
/// that take it today. So it is written in literal SQL, and names no type of the program. A change of the schema is a
/// further file here and a further entry in ``all``.
struct Migration: Sendable {
    let name: String
    let sql: String

    init(_ name: String, sql: String) {
        self.name = name
        self.sql = sql
    }

    /// The whole history, in order. The number of a schema is how many of them it took.
    static let all: [Migration] = [
        .mainJob,
        .delivery,
        .datasets,
        .quarantined,
        .experiments,
        .dataQuality,
        .revocation,
        .rowTable,
        .upgrades,
        .bodyColumns,
        .keeping,
        .frozenSettings,
        .keptFiles,
        .anchors,
        .reading,
        .tokens,
        .jobs,
        .requestKeys,
        .audit,
        .gateAnchors,
        .arrival,
    ]
}
