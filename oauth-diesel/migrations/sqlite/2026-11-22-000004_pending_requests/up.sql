-- Authorization requests that wait for a person to decide on a page of the application's own.
CREATE TABLE oauth_pending_requests (
    id INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,
    digest BLOB NOT NULL,
    subject TEXT NOT NULL,
    query TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX oauth_pending_requests_expires_at ON oauth_pending_requests (expires_at, tenant);
