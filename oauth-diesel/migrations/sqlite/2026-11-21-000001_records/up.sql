-- The records of oauth-core. What holds for all of them:
-- * `tenant` separates issuers that share one database; this version writes 0 everywhere.
-- * Where `id` is not counted up it is the first eight bytes of the record's digest or random
--   identifier, as a signed integer in the same order: the row itself is then the index on it, and
--   a table of a million tokens needs no second tree. The full bytes stand beside it and are compared.
-- * Text compares byte for byte (BINARY is SQLite's default); STRICT keeps other types out.
-- * Where a table may grow large no index begins with the tenant: SQLite keeps no statistics, takes
--   it for selective, and would walk through the whole table by it.
-- * Moments are seconds since 1970. Absent means: nothing, or the same as the grant's.

CREATE TABLE clients (
    -- Never used again, so a client created under an old name inherits nothing.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant INTEGER NOT NULL,
    -- Absent where the client was deleted and the sweep still has to clear away after it.
    client_id TEXT,
    owner TEXT,
    enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    -- The whole record as JSON; the columns beside it are what is searched.
    body TEXT NOT NULL,
    UNIQUE (tenant, client_id)
) STRICT;
CREATE INDEX clients_owner ON clients (tenant, owner, client_id) WHERE owner IS NOT NULL;

CREATE TABLE client_attributes (
    tenant INTEGER NOT NULL,
    client_ref INTEGER NOT NULL REFERENCES clients (id),
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (client_ref, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX client_attributes_value ON client_attributes (tenant, name, value);

CREATE TABLE client_resources (
    tenant INTEGER NOT NULL,
    client_ref INTEGER NOT NULL REFERENCES clients (id),
    resource TEXT NOT NULL,
    PRIMARY KEY (client_ref, resource)
) STRICT, WITHOUT ROWID;
CREATE INDEX client_resources_resource ON client_resources (tenant, resource);

CREATE TABLE grants (
    id INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,
    grant_id BLOB NOT NULL,
    client_ref INTEGER NOT NULL REFERENCES clients (id),
    subject TEXT NOT NULL,
    scope TEXT NOT NULL,
    audience TEXT,
    auth_time INTEGER,
    acr TEXT,
    attributes TEXT,
    created_at INTEGER NOT NULL,
    last_issued_at INTEGER,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;
CREATE INDEX grants_subject ON grants (subject, tenant, client_ref);
CREATE INDEX grants_client ON grants (client_ref, tenant);
CREATE INDEX grants_expires_at ON grants (expires_at, tenant);

CREATE TABLE codes (
    id INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,
    digest BLOB NOT NULL,
    grant_ref INTEGER NOT NULL REFERENCES grants (id),
    redirect_uri TEXT NOT NULL,
    redirect_uri_sent INTEGER NOT NULL CHECK (redirect_uri_sent IN (0, 1)),
    code_challenge TEXT,
    nonce TEXT,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT;
CREATE INDEX codes_grant ON codes (grant_ref);
CREATE INDEX codes_expires_at ON codes (expires_at, tenant) WHERE used_at IS NULL;

-- No foreign keys: they would need an index on each reference, a fifth of the table's size. A token
-- is alive only while what it refers to is there, and ids are not used again, so one that is left
-- behind is dead and goes with the sweep at its own end.
CREATE TABLE access_tokens (
    id INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,
    digest BLOB NOT NULL,
    client_ref INTEGER NOT NULL,
    grant_ref INTEGER,
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    scope TEXT,
    audience TEXT,
    attributes TEXT
) STRICT;
CREATE INDEX access_tokens_expires_at ON access_tokens (expires_at, tenant);
CREATE INDEX access_tokens_own ON access_tokens (client_ref) WHERE grant_ref IS NULL;

CREATE TABLE refresh_tokens (
    id INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,
    digest BLOB NOT NULL,
    grant_ref INTEGER NOT NULL REFERENCES grants (id),
    -- The token that was rotated away for this one.
    predecessor INTEGER,
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    family_expires_at INTEGER NOT NULL,
    retired_at INTEGER,
    -- The sealed answer of the rotation that retired it, until its successor is rotated.
    retry_sealed BLOB,
    retry_until INTEGER
) STRICT;
CREATE INDEX refresh_tokens_grant ON refresh_tokens (grant_ref);
CREATE INDEX refresh_tokens_retry ON refresh_tokens (retry_until, tenant) WHERE retry_until IS NOT NULL;

CREATE TABLE accounts (
    id INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,
    subject TEXT NOT NULL,
    username TEXT NOT NULL,
    password TEXT NOT NULL,
    administrator INTEGER NOT NULL CHECK (administrator IN (0, 1)),
    enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    attributes TEXT,
    created_at INTEGER NOT NULL,
    UNIQUE (tenant, subject),
    UNIQUE (tenant, username)
) STRICT;

CREATE TABLE sessions (
    id INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,
    digest BLOB NOT NULL,
    subject TEXT NOT NULL,
    credential BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_subject ON sessions (subject, tenant);
CREATE INDEX sessions_expires_at ON sessions (expires_at, tenant);

CREATE TABLE decisions (
    id INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,
    session BLOB NOT NULL,
    request BLOB NOT NULL,
    allowed TEXT,
    expires_at INTEGER NOT NULL,
    UNIQUE (session, request, tenant)
) STRICT;
CREATE INDEX decisions_expires_at ON decisions (expires_at, tenant);
