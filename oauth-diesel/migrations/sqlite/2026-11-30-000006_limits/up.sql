-- Grants are listed for a person in the order of their ids, for a person and a client likewise, and for a
-- person in the order of the clients. Those that were revoked stand apart; the id is the end of each index.
DROP INDEX grants_subject;
CREATE INDEX oauth_grants_subject ON oauth_grants (subject, tenant, revoked_at);
CREATE INDEX oauth_grants_subject_client ON oauth_grants (subject, tenant, revoked_at, client_ref);

-- Failed authentications of all processes: how many of one kind, until when.
CREATE TABLE oauth_failures (
    id INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,
    digest BLOB NOT NULL,
    number INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX oauth_failures_expires_at ON oauth_failures (expires_at, tenant);
