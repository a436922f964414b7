-- Calls, conferences, recordings, numbers and whatever else voice has to remember, as they are now.
CREATE TABLE voice_record (
  sid         TEXT PRIMARY KEY,
  kind        TEXT NOT NULL,     -- call, conference, participant, queue, recording, number, twiml
  account_sid TEXT NOT NULL,
  live        INTEGER NOT NULL,
  body        TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX voice_record_of_account ON voice_record (account_sid, kind, sid);
-- What a start has to load.
CREATE INDEX voice_record_live ON voice_record (kind) WHERE live = 1;
