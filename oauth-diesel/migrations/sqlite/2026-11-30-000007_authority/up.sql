-- The names of what was deleted, each until nobody can be taken in by it any more.
CREATE TABLE oauth_tombstones (
    id INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,
    digest BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    UNIQUE (digest, tenant)
) STRICT;
CREATE INDEX oauth_tombstones_expires_at ON oauth_tombstones (expires_at, tenant);

-- What was done to clients and accounts, and by whom, as JSON.
CREATE TABLE oauth_audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant INTEGER NOT NULL,
    at INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX oauth_audit_tenant ON oauth_audit (tenant, id);
