extension Migration {
    /// What runs are judged by, frozen when they were queued; many runs share one row.
    static let frozenSettings = Migration(
        "frozen settings",
        sql: #"""
            -- Named by the SHA-256 of the body: a row never changes.
            CREATE TABLE frozen_settings (digest TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
            """#)
}
