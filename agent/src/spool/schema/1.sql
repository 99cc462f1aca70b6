-- Rows wait here until the collector has them. `id` = `runs.base` + `seq`: one b-tree, no second
-- index, so that a cycle touches as few pages as it can.
CREATE TABLE rows (
    id      INTEGER PRIMARY KEY,
    run     TEXT    NOT NULL,
    boot    TEXT    NOT NULL,
    kind    INTEGER NOT NULL,
    first   INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    at_ms   INTEGER NOT NULL,
    wall_ms INTEGER NOT NULL,
    before  INTEGER NOT NULL,
    crc     INTEGER NOT NULL,
    body    BLOB    NOT NULL
);

-- What is known of a run after its rows are gone: this is the counter that keeps numbers from
-- being used twice, and what tells a lost row from an acknowledged one.
CREATE TABLE runs (
    base   INTEGER PRIMARY KEY,
    run    TEXT    NOT NULL,
    boot   TEXT    NOT NULL,
    newest INTEGER NOT NULL,
    ended  INTEGER NOT NULL,
    gone   TEXT    NOT NULL,
    crc    INTEGER NOT NULL
);
