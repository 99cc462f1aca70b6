-- The collector's database, version 1. Numbered files are never edited after a release.
-- Instants are milliseconds since 1970-01-01 00:00 UTC, columns that end in _ms.

-- One row: what must survive beside the tables.
CREATE TABLE pulse (
  one            INTEGER PRIMARY KEY CHECK (one = 1),
  alive_ms       INTEGER,             -- the last instant at which the collector is known to have run
  judged_pos     INTEGER NOT NULL,    -- decisions from inputs up to here are stored
  judged_ms      INTEGER NOT NULL,    -- decisions from deadlines up to here are stored
  agents_version INTEGER NOT NULL     -- raised whenever a credential is made or ended
) STRICT;
INSERT INTO pulse VALUES (1, NULL, 0, -9223372036854775808, 1);

-- Agents: one credential of one station. Revoked ones stay, because journal rows name them.
CREATE TABLE agents (
  no          INTEGER PRIMARY KEY AUTOINCREMENT,
  id          TEXT NOT NULL UNIQUE,
  office      TEXT NOT NULL,
  station     TEXT NOT NULL,
  token_hash  BLOB NOT NULL UNIQUE CHECK (length(token_hash) = 32),
  created_ms  INTEGER NOT NULL,
  used_ms     INTEGER,                -- first use; ends the station's earlier credentials
  revoked_ms  INTEGER
) STRICT;
CREATE INDEX agents_station ON agents (office, station);

CREATE TABLE join_codes (
  code_hash  BLOB PRIMARY KEY CHECK (length(code_hash) = 32),
  office     TEXT NOT NULL,
  station    TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  used_ms    INTEGER,
  agent_no   INTEGER REFERENCES agents (no)
) STRICT, WITHOUT ROWID;

-- Every input in order of arrival. kind: 1 report (packed wire bytes), 2 configuration, 3
-- acknowledgement, 4 note, 5 planned work, 6 the collector's own life (2 to 6: zstd-packed JSON).
-- Reports older than raw_days are deleted; everything else stays for ever.
CREATE TABLE journal (
  pos      INTEGER PRIMARY KEY,
  at_ms    INTEGER NOT NULL,
  kind     INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 6),
  agent_no INTEGER REFERENCES agents (no),
  body     BLOB NOT NULL
) STRICT;
CREATE INDEX journal_other ON journal (kind, pos) WHERE kind <> 1;

-- Consecutive reports moved out of the journal and packed together.
CREATE TABLE packs (
  first_pos INTEGER PRIMARY KEY,
  last_pos  INTEGER NOT NULL,
  first_ms  INTEGER NOT NULL,
  last_ms   INTEGER NOT NULL,
  reports   INTEGER NOT NULL,
  body      BLOB NOT NULL
) STRICT;

-- The judge's memory after the input at pos and all deadlines up to at_ms.
CREATE TABLE snapshots (
  pos    INTEGER PRIMARY KEY,
  at_ms  INTEGER NOT NULL,
  format INTEGER NOT NULL,
  body   BLOB NOT NULL
) STRICT;

-- Sequence numbers of each run that are durable: JSON pairs of first and last, both included.
CREATE TABLE runs (
  agent_no   INTEGER NOT NULL REFERENCES agents (no),
  run        TEXT NOT NULL,
  first_ms   INTEGER NOT NULL,
  last_ms    INTEGER NOT NULL,
  committed  TEXT NOT NULL,
  PRIMARY KEY (agent_no, run)
) STRICT, WITHOUT ROWID;

-- Stretches of equal answers, for ever: JSON. Times in it are milliseconds since the boot.
CREATE TABLE facts (
  office    TEXT NOT NULL,
  station   TEXT NOT NULL,
  run       TEXT NOT NULL,
  probe     TEXT NOT NULL,
  first_seq INTEGER NOT NULL,
  body      TEXT NOT NULL,
  PRIMARY KEY (office, station, run, probe, first_seq)
) STRICT, WITHOUT ROWID;

-- Finished stretches, many packed together; one in facts under the same key counts instead.
CREATE TABLE fact_packs (
  no    INTEGER PRIMARY KEY,
  facts INTEGER NOT NULL,
  body  BLOB NOT NULL
) STRICT;

-- What is small about runs and boots, for ever: JSON.
CREATE TABLE run_heads (
  office  TEXT NOT NULL,
  station TEXT NOT NULL,
  run     TEXT NOT NULL,
  body    TEXT NOT NULL,
  PRIMARY KEY (office, station, run)
) STRICT, WITHOUT ROWID;

CREATE TABLE boots (
  office  TEXT NOT NULL,
  station TEXT NOT NULL,
  boot    TEXT NOT NULL,
  body    TEXT NOT NULL,
  PRIMARY KEY (office, station, boot)
) STRICT, WITHOUT ROWID;

-- The ledger.
CREATE TABLE outages (
  id          TEXT PRIMARY KEY,
  office      TEXT NOT NULL,
  from_ms     INTEGER NOT NULL,       -- the earliest instant at which it can have begun
  to_ms       INTEGER,                -- the latest at which it can have ended; NULL while it lasts
  cause       TEXT NOT NULL,          -- the cause charged last
  void        INTEGER NOT NULL CHECK (void IN (0, 1)),
  provisional INTEGER NOT NULL CHECK (provisional IN (0, 1)),
  downtime_ms INTEGER NOT NULL,
  opened_pos  INTEGER NOT NULL,
  changed_ms  INTEGER NOT NULL,
  body        TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX outages_office ON outages (office, from_ms);
CREATE INDEX outages_time ON outages (from_ms);
CREATE INDEX outages_open ON outages (office) WHERE to_ms IS NULL AND void = 0;

CREATE TABLE corrections (
  outage TEXT NOT NULL REFERENCES outages (id),
  n      INTEGER NOT NULL,
  at_ms  INTEGER NOT NULL,
  why    TEXT NOT NULL,
  before TEXT NOT NULL,
  PRIMARY KEY (outage, n)
) STRICT, WITHOUT ROWID;

-- Messages to people. One row for each (what about, change, contact, channel, address).
CREATE TABLE outbox (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  subject   TEXT NOT NULL,            -- outage id, or the key of a warning
  change    TEXT NOT NULL,
  contact   TEXT NOT NULL,
  channel   TEXT NOT NULL,
  address   TEXT NOT NULL,
  office    TEXT,
  language  TEXT NOT NULL,
  title     TEXT NOT NULL,
  body      TEXT NOT NULL,
  link      TEXT,
  made_ms   INTEGER NOT NULL,
  state     TEXT NOT NULL CHECK (state IN ('due', 'leased', 'done', 'parked')),
  due_ms    INTEGER NOT NULL,         -- due: not before; leased: the lease ends
  tries     INTEGER NOT NULL DEFAULT 0,
  error     TEXT,
  done_ms   INTEGER,
  receipt   TEXT,                     -- what the provider calls the message
  UNIQUE (subject, change, contact, channel, address)
) STRICT;
CREATE INDEX outbox_due ON outbox (due_ms) WHERE state IN ('due', 'leased');

-- What the staff wrote, as the pages show it; the journal has it too.
CREATE TABLE notes (
  pos              INTEGER PRIMARY KEY,
  outage           TEXT NOT NULL,
  at_ms            INTEGER NOT NULL,
  by               TEXT NOT NULL,
  text             TEXT,
  expected_back_ms INTEGER
) STRICT;
CREATE INDEX notes_outage ON notes (outage);

CREATE TABLE plans (
  pos        INTEGER PRIMARY KEY,
  scope      TEXT NOT NULL CHECK (scope IN ('office', 'line', 'mains', 'center')),
  scope_id   TEXT,
  from_ms    INTEGER NOT NULL,
  to_ms      INTEGER NOT NULL,
  by         TEXT NOT NULL,
  reason     TEXT NOT NULL,
  at_ms      INTEGER NOT NULL
) STRICT;
CREATE INDEX plans_time ON plans (from_ms);

-- Months that were closed, as issued.
CREATE TABLE months (
  office    TEXT NOT NULL,
  period    TEXT NOT NULL,
  closed_ms INTEGER NOT NULL,
  by        TEXT NOT NULL,
  body      TEXT NOT NULL,
  PRIMARY KEY (office, period)
) STRICT, WITHOUT ROWID;

-- People who sign in, their sign-ins, and tokens for scripts.
CREATE TABLE accounts (
  name          TEXT PRIMARY KEY,
  role          TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  changed_ms    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
  id_hash    BLOB PRIMARY KEY CHECK (length(id_hash) = 32),
  account    TEXT NOT NULL REFERENCES accounts (name) ON DELETE CASCADE,
  created_ms INTEGER NOT NULL,
  used_ms    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_account ON sessions (account);

CREATE TABLE staff_tokens (
  token_hash BLOB PRIMARY KEY CHECK (length(token_hash) = 32),
  name       TEXT NOT NULL,
  role       TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  revoked_ms INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
