extension Migration {
    /// Jobs of OpenAI's API, and the pipelines that they made.
    static let jobs = Migration(
        "jobs",
        sql: #"""
            -- The number gives lists their order: several jobs may be of one second.
            CREATE TABLE job (
                number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, pipeline TEXT NOT NULL,
                owner TEXT NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.owner')) STORED,
                state TEXT NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.state')) STORED
                    CHECK (state IN ('waiting', 'begun', 'failed', 'cancelled')),
                drop_id TEXT NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.drop')) STORED UNIQUE,
                run TEXT GENERATED ALWAYS AS (json_extract(body, '$.run')) STORED UNIQUE REFERENCES run (id),
                body TEXT NOT NULL, CHECK ((state = 'begun') = (run IS NOT NULL))) STRICT;
            CREATE INDEX job_waiting ON job (pipeline) WHERE state = 'waiting';

            -- Whose a pipeline is that jobs made, and the text that its name was made of.
            CREATE TABLE made_pipeline (
                pipeline TEXT PRIMARY KEY, owner TEXT NOT NULL, text TEXT NOT NULL, created_at REAL NOT NULL)
                STRICT, WITHOUT ROWID;
            -- Who else may use it.
            CREATE TABLE pipeline_share (
                pipeline TEXT NOT NULL, user TEXT NOT NULL, PRIMARY KEY (pipeline, user)) STRICT, WITHOUT ROWID;
            """#)
}
