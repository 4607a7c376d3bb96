extension Migration {
    /// Whoever drops the same bytes after a change of rules or settings wants them to be read again.
    static let quarantined = Migration(
        "quarantined drops may come again",
        sql: #"""
            DROP INDEX drop_identity;
            CREATE UNIQUE INDEX drop_identity ON drop_file (pipeline, sha256)
                WHERE state NOT IN ('duplicate', 'revoked', 'quarantined');
            """#)
}
