extension Migration {
    /// What each pipeline's served version may not fall below.
    static let anchors = Migration(
        "anchors",
        sql: #"""
            -- taken_back: the served version that later rows speak against, until the anchor is served instead.
            CREATE TABLE anchor (
                pipeline TEXT PRIMARY KEY, version TEXT NOT NULL, reason TEXT NOT NULL, at REAL NOT NULL,
                taken_back TEXT, taken_back_reason TEXT,
                CHECK ((taken_back IS NULL) = (taken_back_reason IS NULL))) STRICT, WITHOUT ROWID;
            """#)
}
