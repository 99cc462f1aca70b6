-- Version 2: months that are closed, corrections of them, and reads bounded by time.

-- The journal takes more kinds of input: 7 closing of a month, 8 correction by the staff, 9 verdict
-- on a proposed correction. SQLite cannot change a check, so the table is made anew.
CREATE TABLE journal_2 (
  pos      INTEGER PRIMARY KEY,
  at_ms    INTEGER NOT NULL,
  kind     INTEGER NOT NULL CHECK (kind >= 1),
  agent_no INTEGER REFERENCES agents (no),
  body     BLOB NOT NULL
) STRICT;
INSERT INTO journal_2 SELECT pos, at_ms, kind, agent_no, body FROM journal;
DROP TABLE journal;
ALTER TABLE journal_2 RENAME TO journal;
CREATE INDEX journal_other ON journal (kind, pos) WHERE kind <> 1;

-- What people said to figures that late evidence proposed beside the issued ones. body: the
-- figures; before: those that were issued until then.
CREATE TABLE verdicts (
  pos      INTEGER PRIMARY KEY,
  office   TEXT NOT NULL,
  period   TEXT NOT NULL,
  proposal TEXT NOT NULL,
  accepted INTEGER NOT NULL CHECK (accepted IN (0, 1)),
  at_ms    INTEGER NOT NULL,
  by       TEXT NOT NULL,
  why      TEXT NOT NULL,
  body     TEXT NOT NULL,
  before   TEXT NOT NULL
) STRICT;
CREATE INDEX verdicts_month ON verdicts (office, period, pos);

-- Orders that a command left for the writer: JSON.
CREATE TABLE orders (
  no    INTEGER PRIMARY KEY AUTOINCREMENT,
  at_ms INTEGER NOT NULL,
  body  TEXT NOT NULL
) STRICT;

-- What a pack of stretches covers: read only where it is asked for. NULL: not known, always read.
ALTER TABLE fact_packs ADD COLUMN from_ms INTEGER;
ALTER TABLE fact_packs ADD COLUMN to_ms INTEGER;

-- How long outages lasted, for forecasts: only what changed is read again.
CREATE INDEX outages_changed ON outages (changed_ms);
