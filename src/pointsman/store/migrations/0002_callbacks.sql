-- Callbacks that are owed, from the commit of their event until the post was answered.
-- What they tell is read from the event.

CREATE TABLE callback (
  event_sid     TEXT NOT NULL,
  kind          TEXT NOT NULL,  -- event, assignment
  account_sid   TEXT NOT NULL,
  workspace_sid TEXT NOT NULL,
  resource_sid  TEXT NOT NULL,
  url           TEXT NOT NULL,
  fallback_url  TEXT NOT NULL,
  since         INTEGER NOT NULL,
  attempts      INTEGER NOT NULL,
  next_at       INTEGER NOT NULL,
  reason        TEXT NOT NULL,
  dead          INTEGER NOT NULL,
  PRIMARY KEY (event_sid, kind)
) STRICT, WITHOUT ROWID;
-- What a start has to load, and an account's dead letters.
CREATE INDEX callback_waiting ON callback (event_sid) WHERE dead = 0;
CREATE INDEX callback_dead ON callback (account_sid, event_sid) WHERE dead = 1;
