extension Migration {
    /// How the newest drops are found, and rows are counted, without a look at all there ever were.
    static let arrival = Migration(
        "order of arrival",
        sql: #"""
            CREATE INDEX drop_by_arrival ON drop_file (pipeline, received_at);
            DROP INDEX shard_by_pipeline;
            CREATE INDEX shard_by_pipeline ON shard (pipeline, split, rows);
            """#)
}
