extension Migration {
    /// What each pipeline's served version may not fall below in metrics beside the primary one.
    static let gateAnchors = Migration(
        "anchors of gates",
        sql: #"""
            -- rows_of: the set; slice: '' for every row of it.
            CREATE TABLE gate_anchor (
                pipeline TEXT NOT NULL, metric TEXT NOT NULL, rows_of TEXT NOT NULL, slice TEXT NOT NULL,
                version TEXT NOT NULL, reason TEXT NOT NULL, at REAL NOT NULL,
                PRIMARY KEY (pipeline, metric, rows_of, slice)) STRICT, WITHOUT ROWID;
            """#)
}
