extension Migration {
    /// Tokens, for those who ask without being users of this machine.
    static let tokens = Migration(
        "tokens",
        sql: #"""
            -- Of the secret nothing but its digest is here.
            CREATE TABLE token (
                id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE,
                role TEXT NOT NULL CHECK (role IN ('reader', 'user', 'admin')),
                sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
                created_at REAL NOT NULL, created_by TEXT NOT NULL) STRICT, WITHOUT ROWID;
            """#)
}
