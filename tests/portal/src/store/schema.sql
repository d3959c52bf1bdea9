-- Everything that outlives the portal, but for its keys. Moments are seconds since 1970; `sealed` is JSON of HPKE.

CREATE TABLE organisation (
  id      INTEGER PRIMARY KEY,
  name    TEXT NOT NULL UNIQUE,
  created INTEGER NOT NULL
) STRICT;

CREATE TABLE operator (
  id              INTEGER PRIMARY KEY,
  organisation_id INTEGER NOT NULL REFERENCES organisation,
  name            TEXT NOT NULL UNIQUE,
  password        TEXT NOT NULL,    -- Argon2id, in its own form
  sees_secrets    INTEGER NOT NULL, -- may see passphrases and passwords
  created         INTEGER NOT NULL
) STRICT;

-- A camera is a serial number with a key: the same number with another key is another row.
CREATE TABLE device (
  id             TEXT PRIMARY KEY,
  serial         TEXT NOT NULL,
  key            TEXT NOT NULL,
  key_id         TEXT NOT NULL,
  next_key       TEXT,
  next_key_id    TEXT,
  key_generation INTEGER NOT NULL DEFAULT 1,
  model          TEXT NOT NULL,
  architecture   TEXT NOT NULL,
  os             TEXT NOT NULL,
  app            TEXT NOT NULL,
  registered     INTEGER NOT NULL,
  seen           INTEGER NOT NULL,
  user_code      TEXT UNIQUE,
  code_expires   INTEGER,
  generation     INTEGER NOT NULL DEFAULT 1,
  -- Another organisation than the one that has it entered its code; it passes at `pending_until`.
  pending_organisation INTEGER REFERENCES organisation,
  pending_until        INTEGER,
  UNIQUE (serial, key_id)
) STRICT;
CREATE INDEX device_serial ON device (serial);
CREATE INDEX device_pending ON device (pending_until) WHERE pending_until IS NOT NULL;

CREATE TABLE claim (
  id              TEXT PRIMARY KEY,
  device_id       TEXT NOT NULL REFERENCES device,
  organisation_id INTEGER NOT NULL REFERENCES organisation,
  since           INTEGER NOT NULL,
  tier            TEXT NOT NULL,    -- code, token, confirmed
  ended           INTEGER,
  ended_by        TEXT,             -- portal, camera
  -- The wishes.
  desired         INTEGER NOT NULL, -- their generation
  name            TEXT NOT NULL,
  prepare         TEXT NOT NULL DEFAULT 'never',
  passphrase            TEXT NOT NULL, -- sealed to the portal
  passphrase_generation INTEGER NOT NULL,
  previous              TEXT,
  previous_generation   INTEGER,
  report_seconds  INTEGER NOT NULL,
  key_generation  INTEGER NOT NULL,
  account_group      TEXT,
  account_generation INTEGER NOT NULL DEFAULT 0,
  account_days       INTEGER NOT NULL DEFAULT 30,
  -- What the camera said of the account.
  account_state    TEXT,
  account_at       INTEGER,
  password         TEXT, -- sealed to the portal, of `password_generation`
  password_generation INTEGER,
  changing         TEXT,
  changing_generation INTEGER
) STRICT;
CREATE UNIQUE INDEX claim_of_device ON claim (device_id) WHERE ended IS NULL;
CREATE INDEX claim_of_organisation ON claim (organisation_id) WHERE ended IS NULL;
CREATE INDEX claim_by_device ON claim (device_id);

CREATE TABLE decision (
  id       TEXT PRIMARY KEY,
  claim_id TEXT NOT NULL REFERENCES claim,
  presence TEXT NOT NULL,
  choice   TEXT NOT NULL,
  made     INTEGER NOT NULL
) STRICT;
CREATE INDEX decision_of_claim ON decision (claim_id);

CREATE TABLE notice (
  id       TEXT PRIMARY KEY,
  claim_id TEXT NOT NULL REFERENCES claim,
  severity TEXT NOT NULL,
  text     TEXT NOT NULL,
  until    INTEGER
) STRICT;
CREATE INDEX notice_of_claim ON notice (claim_id);

-- The last report of each camera.
CREATE TABLE report (
  device_id TEXT PRIMARY KEY REFERENCES device,
  at        INTEGER NOT NULL,
  boot_id   TEXT NOT NULL,
  seq       INTEGER NOT NULL,
  claim_id  TEXT,
  applied   INTEGER NOT NULL,
  state     TEXT NOT NULL,
  reason    TEXT NOT NULL,
  body      TEXT NOT NULL
) STRICT;

CREATE TABLE approval (
  serial          TEXT NOT NULL,
  organisation_id INTEGER NOT NULL REFERENCES organisation,
  at              INTEGER NOT NULL,
  PRIMARY KEY (serial, organisation_id)
) STRICT;

CREATE TABLE token (
  id              TEXT PRIMARY KEY,
  organisation_id INTEGER NOT NULL REFERENCES organisation,
  secret          TEXT NOT NULL, -- sealed to the portal
  made            INTEGER NOT NULL,
  expires         INTEGER NOT NULL,
  used            INTEGER,
  device_id       TEXT REFERENCES device
) STRICT;

CREATE TABLE audit (
  id              INTEGER PRIMARY KEY,
  at              INTEGER NOT NULL,
  organisation_id INTEGER NOT NULL REFERENCES organisation,
  who             TEXT NOT NULL,
  device_id       TEXT,
  serial          TEXT,
  act             TEXT NOT NULL,
  note            TEXT NOT NULL
) STRICT;
CREATE INDEX audit_of_organisation ON audit (organisation_id, id);
