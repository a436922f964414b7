-- Answers to requests with an idempotency key, kept until they expire.
CREATE TABLE answer (
  account_sid TEXT NOT NULL,
  key         TEXT NOT NULL,
  fingerprint TEXT NOT NULL,     -- tells the request apart from others with the same key
  at          INTEGER NOT NULL,  -- domain time of the request
  expires_at  INTEGER NOT NULL,
  answer      TEXT NOT NULL,
  PRIMARY KEY (account_sid, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX answer_expires ON answer (expires_at);
