extension Migration {
    /// Requests that are to be carried out once, however often they come.
    static let requestKeys = Migration(
        "request keys",
        sql: #"""
            -- What a request makes is named after the seed, so that a request that was cut short comes to the same.
            CREATE TABLE request_key (
                owner TEXT NOT NULL, key TEXT NOT NULL, request TEXT NOT NULL, seed TEXT NOT NULL,
                created_at REAL NOT NULL, answer TEXT, PRIMARY KEY (owner, key)) STRICT, WITHOUT ROWID;
            """#)
}
