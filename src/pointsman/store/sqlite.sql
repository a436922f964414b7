-- The statements of the SQLite store, by name: each begins at its `-- name:` line.

-- name: take_all
-- A load takes ownership: whoever loaded before is fenced from now on.
UPDATE shard SET epoch = epoch + 1 WHERE ended = 0
RETURNING id, workspace_sid, account_sid, epoch, seq, event_seq, at;

-- name: take_one
UPDATE shard SET epoch = epoch + 1 WHERE ended = 0 AND workspace_sid = :workspace_sid
RETURNING id, workspace_sid, account_sid, epoch, seq, event_seq, at;

-- name: look_at_one
SELECT id, workspace_sid, account_sid, epoch, seq, event_seq, at
FROM shard WHERE ended = 0 AND workspace_sid = :workspace_sid;

-- name: live_records
SELECT sid, body FROM record WHERE shard = :shard AND live = 1;

-- name: create_shard
-- A new workspace; a second one of the same SID is refused by the table.
INSERT INTO shard (workspace_sid, account_sid, epoch, seq, event_seq, at, ended)
VALUES (:workspace_sid, :account_sid, :epoch, :new_seq, :event_seq, :at, :ended)
RETURNING id;

-- name: fence
-- No row: somebody else has taken or written the workspace.
UPDATE shard SET seq = :new_seq, event_seq = :event_seq, at = :at, ended = :ended
WHERE workspace_sid = :workspace_sid AND epoch = :epoch AND seq = :old_seq AND ended = 0
RETURNING id;

-- name: where_is
-- After an unclear COMMIT: did it happen?
SELECT epoch, seq FROM shard WHERE workspace_sid = :workspace_sid;

-- name: put_live
-- Nothing that an index holds is changed: what is not live never comes back to life.
INSERT INTO record (sid, shard, live, status, worker_sid, task_sid, body)
VALUES (?, ?, 1, ?, ?, ?, ?)
ON CONFLICT (sid) DO UPDATE SET status = excluded.status, body = excluded.body;

-- name: put_ended
-- The last version of a record that is no longer live.
INSERT INTO record (sid, shard, live, status, worker_sid, task_sid, body)
VALUES (?, ?, 0, ?, ?, ?, ?)
ON CONFLICT (sid) DO UPDATE SET live = 0, status = excluded.status, body = excluded.body;

-- name: end_records
-- A deleted workspace has nothing live.
UPDATE record SET live = 0 WHERE shard = :shard AND live = 1;

-- name: insert_event
INSERT INTO event
  (shard, sid, seq, type, at, task_sid, task_version, worker_sid, worker_version, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: insert_attributes
-- The same version may come twice: after a restart nobody remembers what was written.
INSERT INTO attributes (sid, version, text) VALUES (?, ?, ?) ON CONFLICT DO NOTHING;

-- name: shard_id
SELECT id FROM shard WHERE workspace_sid = :workspace_sid;

-- name: events
-- More conditions, the order and the limit are added by the history.
SELECT e.sid, e.seq, e.type, e.at, e.body,
  coalesce((SELECT text FROM attributes WHERE sid = e.task_sid AND version <= e.task_version
            ORDER BY version DESC LIMIT 1), ''),
  coalesce((SELECT text FROM attributes WHERE sid = e.worker_sid AND version <= e.worker_version
            ORDER BY version DESC LIMIT 1), '')
FROM event AS e WHERE e.shard = :shard;

-- name: facts
-- A range of one index; the worker and the order are added by the history.
SELECT e.sid, e.type, e.at, e.body FROM event AS e
WHERE e.shard = :shard AND e.sid >= :first_sid AND e.sid < :last_sid;

-- name: fact_before
SELECT sid, type, at, body FROM event
WHERE shard = :shard AND worker_sid = :worker_sid AND sid < :first_sid ORDER BY sid DESC LIMIT 1;

-- name: fact_after
SELECT sid, type, at, body FROM event
WHERE shard = :shard AND worker_sid = :worker_sid AND sid >= :first_sid ORDER BY sid LIMIT 1;

-- name: former_workers
-- Those that were deleted; the SIDs of workers lie beside each other.
SELECT sid FROM record WHERE sid >= 'WK' AND sid < 'WL' AND shard = :shard AND live = 0;

-- name: reservations
-- More conditions, the order and the limit are added by the history.
SELECT sid, body FROM record WHERE worker_sid = :worker_sid AND shard = :shard;

-- name: record
SELECT body FROM record WHERE sid = :sid AND shard = :shard;

-- name: accounts
SELECT sid, friendly_name, sealed_auth_token, date_created, date_updated FROM account ORDER BY sid;

-- name: put_account
INSERT INTO account (sid, friendly_name, sealed_auth_token, date_created, date_updated)
VALUES (?, ?, ?, ?, ?)
ON CONFLICT (sid) DO UPDATE SET friendly_name = excluded.friendly_name,
  sealed_auth_token = excluded.sealed_auth_token, date_updated = excluded.date_updated;

-- name: api_keys
SELECT sid, account_sid, friendly_name, sealed_secret, date_created, date_updated
FROM api_key ORDER BY sid;

-- name: put_api_key
INSERT INTO api_key (sid, account_sid, friendly_name, sealed_secret, date_created, date_updated)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (sid) DO UPDATE SET friendly_name = excluded.friendly_name,
  sealed_secret = excluded.sealed_secret, date_updated = excluded.date_updated;

-- name: count_accounts_version
UPDATE counter SET value = value + 1 WHERE name = 'accounts';

-- name: accounts_version
SELECT value FROM counter WHERE name = 'accounts';
