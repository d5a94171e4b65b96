-- The outbox in a SQLite database, which may be one with other tables. No secret is ever stored here.
-- Times are milliseconds since 1970, UTC.
--
-- Where an incident is:
--   a row in careflex_outcome            what that says: in doubt, accepted, refused, …
--   else a row in careflex_queue         queued
--   else it is in a batch without end:   queued while that is claimed (0), sending once it is leaving (1)

-- The outbox itself: one row.
CREATE TABLE careflex_outbox (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  version INTEGER NOT NULL,        -- of this schema
  portal TEXT,                     -- the portal that it is for
  workers INTEGER NOT NULL,        -- how many there have been; the last one has this number
  worker_process INTEGER,          -- the process of the last one
  failing_since INTEGER,           -- when sending began to fail, …
  failure TEXT,                    -- … and why
  log_holds_purged INTEGER NOT NULL DEFAULT 0  -- whether the log in front of the database may hold what was purged
) STRICT;
INSERT INTO careflex_outbox (only, version, workers) VALUES (1, 0, 0);

CREATE TABLE careflex_company (
  id INTEGER PRIMARY KEY,
  careflex_id TEXT NOT NULL UNIQUE
) STRICT;

-- Incidents, in the order in which they were enqueued. The audit trail: never deleted, and never changed but for
-- what is said here.
CREATE TABLE careflex_incident (
  id INTEGER PRIMARY KEY,
  company INTEGER NOT NULL,        -- of careflex_company
  key TEXT,                        -- unique in its company; NULL once another one has replaced it
  lane INTEGER NOT NULL,           -- a number for the employee
  queued_at INTEGER NOT NULL,
  hash BLOB NOT NULL,              -- SHA-256 of company and content
  employee_id TEXT NOT NULL,
  external_id TEXT,
  kind TEXT NOT NULL,
  content BLOB                     -- the documented JSON; NULL once it is purged
) STRICT;
CREATE UNIQUE INDEX careflex_incident_key ON careflex_incident (company, key);

-- Incidents that wait to be sent.
CREATE TABLE careflex_queue (
  company INTEGER NOT NULL,
  id INTEGER NOT NULL,             -- of careflex_incident
  lane INTEGER NOT NULL,
  PRIMARY KEY (company, id)
) STRICT, WITHOUT ROWID;

-- What became of incidents.
CREATE TABLE careflex_outcome (
  id INTEGER PRIMARY KEY,          -- of careflex_incident
  state INTEGER NOT NULL,          -- 2 in doubt, 3 accepted, 4 refused, 5 handed over, 6 invalid, 7 replaced
  batch INTEGER,                   -- of careflex_batch: the one that brought it
  settled_at INTEGER NOT NULL,
  by_person INTEGER NOT NULL DEFAULT 0,
  incident_id TEXT,                -- the portal's
  code TEXT,
  message TEXT                     -- may quote a value: NULL once the content is purged
) STRICT;
CREATE INDEX careflex_outcome_to_correct ON careflex_outcome (id) WHERE state IN (4, 6);

-- Incidents in doubt, by employee and batch.
CREATE TABLE careflex_doubt (
  lane INTEGER NOT NULL,
  id INTEGER NOT NULL,
  batch INTEGER NOT NULL,
  PRIMARY KEY (lane, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX careflex_doubt_batch ON careflex_doubt (batch, id);

-- What goes in one request: one row for each time. Those that provably never left are deleted.
CREATE TABLE careflex_batch (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  company INTEGER NOT NULL,
  worker INTEGER NOT NULL,
  incidents INTEGER NOT NULL,
  members BLOB NOT NULL,           -- id and lane of each incident, in order: 8 bytes each, big-endian
  hash BLOB,                       -- SHA-256 of the hashes of its incidents, once it is leaving
  began_at INTEGER NOT NULL,
  ended_at INTEGER,
  outcome INTEGER NOT NULL,        -- 0 claimed, 1 leaving, 2 answered, 3 refused as a whole, 4 in doubt,
                                   -- 5 failed, and seen by a person
  import_id TEXT,                  -- the portal's
  reason TEXT
) STRICT;
CREATE INDEX careflex_batch_open ON careflex_batch (id) WHERE outcome IN (0, 1);

-- How many incidents of a company have which outcome.
CREATE TABLE careflex_tally (
  company INTEGER NOT NULL,
  state INTEGER NOT NULL,
  incidents INTEGER NOT NULL,
  PRIMARY KEY (company, state)
) STRICT, WITHOUT ROWID;
