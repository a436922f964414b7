-- The statements on alerts and callbacks, by name.

-- name: insert_alert
-- A note may come twice: a group that failed hands its notes to the next one.
INSERT INTO alert (workspace_sid, sid, at, level, code, resource_sid, message)
VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING;

-- name: alerts
-- Of all the account's workspaces, also of those that ended. More is added by the caller.
SELECT alert.workspace_sid, sid, code, level, message, alert.at, resource_sid
FROM alert JOIN shard ON shard.workspace_sid = alert.workspace_sid
WHERE shard.account_sid = :account_sid;

-- name: put_answer
INSERT INTO answer (account_sid, key, fingerprint, at, expires_at, answer)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (account_sid, key) DO UPDATE SET fingerprint = excluded.fingerprint, at = excluded.at,
  expires_at = excluded.expires_at, answer = excluded.answer;

-- name: forget_answers
-- Nobody will be given these again.
DELETE FROM answer WHERE expires_at <= ?;

-- name: answers
SELECT account_sid, key, fingerprint, at, expires_at, answer FROM answer WHERE expires_at > ?;

-- name: insert_callback
INSERT INTO callback (event_sid, kind, account_sid, workspace_sid, resource_sid, url, fallback_url,
  since, attempts, next_at, reason, dead)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: update_callback
-- Tried in vain, given up or redriven. One that is done stays done: nothing is inserted.
UPDATE callback SET since = :since, attempts = :attempts, next_at = :next_at, reason = :reason,
  dead = :dead
WHERE event_sid = :event_sid AND kind = :kind;

-- name: end_callback
DELETE FROM callback WHERE event_sid = :event_sid AND kind = :kind;

-- name: waiting_callbacks
SELECT event_sid, kind, account_sid, workspace_sid, resource_sid, url, fallback_url, since, attempts,
  next_at, reason, dead
FROM callback WHERE dead = 0 ORDER BY event_sid;

-- name: dead_callbacks
-- More conditions, the order and the limit are added by the caller.
SELECT event_sid, kind, account_sid, workspace_sid, resource_sid, url, fallback_url, since, attempts,
  next_at, reason, dead
FROM callback WHERE dead = 1 AND account_sid = :account_sid;

-- name: put_voice_record
INSERT INTO voice_record (sid, kind, account_sid, live, body) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (sid) DO UPDATE SET live = excluded.live, body = excluded.body;

-- name: delete_voice_record
DELETE FROM voice_record WHERE sid = ?;

-- name: voice_records
-- More is added by the caller.
SELECT sid, kind, account_sid, live, body FROM voice_record WHERE kind = :kind;

-- name: voice_record
SELECT sid, kind, account_sid, live, body FROM voice_record WHERE sid = ?;
