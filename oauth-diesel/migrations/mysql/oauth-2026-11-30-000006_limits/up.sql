-- Grants are listed for a person in the order of their ids, for a person and a client likewise, and for a
-- person in the order of the clients. Those that were revoked stand apart; the id is the end of each index.
ALTER TABLE oauth_grants
    DROP KEY oauth_grants_subject,
    ADD KEY oauth_grants_subject (subject, tenant, revoked_at),
    ADD KEY oauth_grants_subject_client (subject, tenant, revoked_at, client_ref);

-- Failed authentications of all processes: how many of one kind, until when.
CREATE TABLE IF NOT EXISTS oauth_failures (
    id BIGINT NOT NULL PRIMARY KEY,
    tenant BIGINT NOT NULL,
    digest BINARY(32) NOT NULL,
    number BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    KEY oauth_failures_expires_at (expires_at, tenant)
) ENGINE = InnoDB;
