extension Migration {
    /// The same bytes are another question once the settings they are read by have changed.
    static let reading = Migration(
        "settings of reading",
        sql: #"""
            DROP INDEX drop_identity;
            -- The same bytes twice are one drop, as long as they are read alike.
            CREATE UNIQUE INDEX drop_identity
                ON drop_file (pipeline, sha256, COALESCE(json_extract(body, '$.reading'), ''))
                WHERE state NOT IN ('duplicate', 'revoked', 'quarantined');
            """#)
}
