-- The first tables.
-- Bodies are JSON text. SIDs begin with the time of their making, so that rows made together lie
-- together in every tree below.

-- One row per workspace: the unit of ownership. Every group is fenced on (epoch, seq).
CREATE TABLE shard (
  id            INTEGER PRIMARY KEY,
  workspace_sid TEXT NOT NULL UNIQUE,
  account_sid   TEXT NOT NULL,
  epoch         INTEGER NOT NULL,  -- rises with every load
  seq           INTEGER NOT NULL,  -- rises with every change
  event_seq     INTEGER NOT NULL,  -- number of the last event, gapless
  at            INTEGER NOT NULL,  -- domain time of the last change
  ended         INTEGER NOT NULL DEFAULT 0
) STRICT;

-- The last version of every record there ever was.
CREATE TABLE record (
  sid        TEXT NOT NULL UNIQUE,
  shard      INTEGER NOT NULL,
  live       INTEGER NOT NULL,
  status     TEXT,  -- these three of reservations only
  worker_sid TEXT,
  task_sid   TEXT,
  body       TEXT NOT NULL
) STRICT;
-- What a start has to load.
CREATE INDEX record_live ON record (shard) WHERE live = 1;
-- A worker's reservations, ended ones too.
CREATE INDEX record_worker ON record (worker_sid, sid) WHERE worker_sid IS NOT NULL;

-- Everything that happened. Attributes are left out of the body, see below.
CREATE TABLE event (
  shard          INTEGER NOT NULL,
  sid            TEXT NOT NULL,
  seq            INTEGER NOT NULL,
  type           TEXT NOT NULL,
  at             INTEGER NOT NULL,
  task_sid       TEXT,
  task_version   INTEGER,
  worker_sid     TEXT,
  worker_version INTEGER,
  body           TEXT NOT NULL
) STRICT;
-- By SID is by time: this one serves paging and windows of time too.
CREATE UNIQUE INDEX event_sid ON event (shard, sid);
CREATE INDEX event_task ON event (shard, task_sid, sid) WHERE task_sid IS NOT NULL;
CREATE INDEX event_worker ON event (shard, worker_sid, sid) WHERE worker_sid IS NOT NULL;

-- Attributes of tasks and workers, from this version on until the next row of the same SID.
CREATE TABLE attributes (
  sid     TEXT NOT NULL,
  version INTEGER NOT NULL,
  text    TEXT NOT NULL,
  PRIMARY KEY (sid, version)
) STRICT, WITHOUT ROWID;

-- Messages for the developer.
CREATE TABLE alert (
  workspace_sid TEXT NOT NULL,
  sid           TEXT NOT NULL,
  at            INTEGER NOT NULL,
  level         TEXT NOT NULL,
  code          INTEGER NOT NULL,
  resource_sid  TEXT NOT NULL,
  message       TEXT NOT NULL,
  PRIMARY KEY (workspace_sid, sid)
) STRICT, WITHOUT ROWID;

-- Who may use the server. Secrets are sealed before they come here.
CREATE TABLE account (
  sid               TEXT PRIMARY KEY,
  friendly_name     TEXT NOT NULL,
  sealed_auth_token BLOB NOT NULL,
  date_created      INTEGER NOT NULL,
  date_updated      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE api_key (
  sid           TEXT PRIMARY KEY,
  account_sid   TEXT NOT NULL,
  friendly_name TEXT NOT NULL,
  sealed_secret BLOB NOT NULL,
  date_created  INTEGER NOT NULL,
  date_updated  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Rises with every account or key written, so that a running server notices.
CREATE TABLE counter (
  name  TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counter (name, value) VALUES ('accounts', 1);
