extension Migration {
    /// Who changed what.
    static let audit = Migration(
        "audit",
        sql: #"""
            -- Written before a change is begun, and again when it has ended: what a daemon that was killed had begun
            -- keeps the outcome 'open'.
            CREATE TABLE audit (
                sequence INTEGER PRIMARY KEY, at REAL NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL,
                detail TEXT NOT NULL, who TEXT NOT NULL, owner TEXT NOT NULL, uid INTEGER, pid INTEGER,
                outcome TEXT NOT NULL) STRICT;
            CREATE INDEX audit_at ON audit (at);
            """#)
}
