extension Migration {
    /// Remembers which program brought the ledger to which schema.
    static let upgrades = Migration(
        "upgrades",
        sql: #"""
            -- Which program brought the ledger to which schema, so that an older program can say which one is
            -- needed. Programs of all times read it: it never changes.
            CREATE TABLE upgrade (
                schema INTEGER PRIMARY KEY, program TEXT NOT NULL, at REAL NOT NULL) STRICT;
            """#)
}
