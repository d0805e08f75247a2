-- Grants are listed for a person in the order of their ids, for a person and a client likewise, for a person in
-- the order of the clients, and for a client in the order of their ids. Those that were revoked stand apart.
DROP INDEX oauth_grants_subject;
CREATE INDEX oauth_grants_subject ON oauth_grants (subject, tenant, id) WHERE revoked_at IS NULL;
CREATE INDEX oauth_grants_subject_client ON oauth_grants (subject, tenant, client_ref, id) WHERE revoked_at IS NULL;
DROP INDEX oauth_grants_client;
CREATE INDEX oauth_grants_client ON oauth_grants (client_ref, tenant, id);

-- Failed authentications of all processes: how many of one kind, until when.
CREATE TABLE oauth_failures (
    id BIGINT PRIMARY KEY,
    tenant BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    number BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX oauth_failures_expires_at ON oauth_failures (expires_at, tenant);
