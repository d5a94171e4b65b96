-- The outbox in a SQLite database, which may be one with other tables. No secret is ever stored here.
-- Times are milliseconds since 1970, UTC.

-- The outbox itself: one row.
CREATE TABLE careflex_outbox (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  version INTEGER NOT NULL,        -- of this schema
  portal TEXT,                     -- the portal that it is for
  workers INTEGER NOT NULL,        -- how many there have been; the last one has this number
  worker_process INTEGER,          -- the process of the last one
  worker_since INTEGER,
  failing_since INTEGER,           -- when sending began to fail, …
  failure TEXT                     -- … and why
) STRICT;
INSERT INTO careflex_outbox (only, version, workers) VALUES (1, 0, 0);

CREATE TABLE careflex_company (
  id INTEGER PRIMARY KEY,
  careflex_id TEXT NOT NULL UNIQUE
) STRICT;

-- Incidents, in the order in which they were enqueued. The audit trail: never deleted.
CREATE TABLE careflex_incident (
  id INTEGER PRIMARY KEY,
  key BLOB UNIQUE,                 -- 16 bytes; NULL once it is replaced
  company INTEGER NOT NULL,        -- of careflex_company
  lane INTEGER NOT NULL,           -- a number for the employee
  state INTEGER NOT NULL,          -- 0 queued, 1 sending, 2 in doubt, 3 accepted, 4 refused, 5 handed over,
                                   -- 6 invalid, 7 replaced
  attempts INTEGER NOT NULL DEFAULT 0,
  by_person INTEGER NOT NULL DEFAULT 0,
  batch INTEGER,                   -- of careflex_batch: the last one
  queued_at INTEGER NOT NULL,
  settled_at INTEGER,
  hash BLOB NOT NULL,              -- SHA-256 of company and content
  employee_id TEXT NOT NULL,
  external_id TEXT,
  kind TEXT NOT NULL,
  incident_id TEXT,                -- the portal's
  code TEXT,
  message TEXT                     -- may quote a value: purged with the content
) STRICT;
CREATE INDEX careflex_incident_queued ON careflex_incident (company, id) WHERE state = 0;
CREATE INDEX careflex_incident_open ON careflex_incident (lane) WHERE state IN (1, 2);
CREATE INDEX careflex_incident_to_correct ON careflex_incident (id) WHERE state IN (4, 6);

-- What is sent: the documented JSON of an incident. Deleted after a while: the only personal data but for keys.
CREATE TABLE careflex_content (
  id INTEGER PRIMARY KEY,          -- of careflex_incident
  content BLOB NOT NULL
) STRICT;

-- Requests that were about to leave: one row for each time. Those that provably never left are deleted.
CREATE TABLE careflex_batch (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  company INTEGER NOT NULL,
  worker INTEGER NOT NULL,
  incidents INTEGER NOT NULL,
  first INTEGER NOT NULL,          -- its incidents have numbers from here …
  last INTEGER NOT NULL,           -- … to here
  hash BLOB NOT NULL,              -- SHA-256 of the hashes of its incidents
  began_at INTEGER NOT NULL,
  ended_at INTEGER,
  outcome INTEGER NOT NULL,        -- 0 sending, 1 answered, 2 refused as a whole, 3 in doubt, 4 seen by a person
  import_id TEXT,                  -- the portal's
  reason TEXT
) STRICT;
CREATE INDEX careflex_batch_sending ON careflex_batch (id) WHERE outcome = 0;

-- How many incidents of a company are in a state that counts as answered.
CREATE TABLE careflex_tally (
  company INTEGER NOT NULL,
  state INTEGER NOT NULL,
  incidents INTEGER NOT NULL,
  PRIMARY KEY (company, state)
) STRICT, WITHOUT ROWID;
