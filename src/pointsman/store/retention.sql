-- The statements that forget what is old, by name. SIDs begin with their time: each reads a range.

-- name: oldest
-- When the first thing was told that is still there, by any workspace, ended ones too.
SELECT min(at) FROM (
  SELECT (SELECT at FROM event WHERE shard = shard.id ORDER BY sid LIMIT 1) AS at FROM shard
  UNION ALL
  SELECT (SELECT alert.at FROM alert WHERE alert.workspace_sid = shard.workspace_sid
          ORDER BY sid LIMIT 1) FROM shard);

-- name: shards
SELECT id, workspace_sid FROM shard;

-- name: forget_events
-- Not those that somebody is still to be told.
DELETE FROM event WHERE rowid IN (
  SELECT e.rowid FROM event AS e
  WHERE e.shard = :shard AND e.sid < :last_event AND e.at < :before AND NOT EXISTS (
    SELECT 1 FROM callback WHERE callback.event_sid = e.sid AND callback.dead = 0)
  ORDER BY e.sid LIMIT :limit)
RETURNING worker_sid;

-- name: forget_alerts
DELETE FROM alert WHERE workspace_sid = :workspace_sid AND sid IN (
  SELECT sid FROM alert WHERE workspace_sid = :workspace_sid AND sid < :last_alert AND at < :before
  ORDER BY sid LIMIT :limit)
RETURNING NULL;

-- name: forget_dead_letters
DELETE FROM callback WHERE (event_sid, kind) IN (
  SELECT event_sid, kind FROM callback WHERE dead = 1 AND event_sid < :last_event LIMIT :limit)
RETURNING NULL;

-- name: forget_reservations
-- With the last event of their task.
DELETE FROM record WHERE rowid IN (
  SELECT r.rowid FROM record AS r
  WHERE r.sid >= 'WR' AND r.sid < :last_reservation AND r.live = 0 AND NOT EXISTS (
    SELECT 1 FROM event WHERE event.shard = r.shard AND event.task_sid = r.task_sid)
  LIMIT :limit)
RETURNING NULL;

-- name: forget_tasks
DELETE FROM record WHERE rowid IN (
  SELECT r.rowid FROM record AS r
  WHERE r.sid >= 'WT' AND r.sid < :last_task AND r.live = 0 AND NOT EXISTS (
    SELECT 1 FROM event WHERE event.shard = r.shard AND event.task_sid = r.sid)
  LIMIT :limit)
RETURNING sid;

-- name: forget_workers
DELETE FROM record WHERE rowid IN (
  SELECT r.rowid FROM record AS r
  WHERE r.sid >= 'WK' AND r.sid < :last_worker AND r.live = 0 AND NOT EXISTS (
    SELECT 1 FROM event WHERE event.shard = r.shard AND event.worker_sid = r.sid)
  LIMIT :limit)
RETURNING sid;

-- name: forget_attributes
DELETE FROM attributes WHERE sid = ?;

-- name: forget_former_attributes
-- The worker's first event that is kept shows the newest attributes up to its version; without any
-- event the next one will show the newest there are.
DELETE FROM attributes WHERE sid = :sid AND version < (
  SELECT max(version) FROM attributes WHERE sid = :sid AND version <= coalesce(
    (SELECT worker_version FROM event WHERE shard = :shard AND worker_sid = :sid
     ORDER BY event.sid LIMIT 1), version));
