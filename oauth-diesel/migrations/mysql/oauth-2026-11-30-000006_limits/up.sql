-- Each statement is a commit here: a run that was interrupted can be made again.

-- Grants are listed for a person in the order of their ids, for a person and a client likewise, and for a
-- person in the order of the clients. Those that were revoked stand apart; the id is the end of each index.
SET @oauth_missing = (SELECT COUNT(*) = 0 FROM information_schema.statistics
    WHERE table_schema = DATABASE() AND table_name = 'oauth_grants' AND index_name = 'oauth_grants_subject_client');
SET @oauth_alter = IF(@oauth_missing, 'ALTER TABLE oauth_grants
    DROP KEY oauth_grants_subject,
    ADD KEY oauth_grants_subject (subject, tenant, revoked_at),
    ADD KEY oauth_grants_subject_client (subject, tenant, revoked_at, client_ref)', 'DO 0');
PREPARE oauth_alter FROM @oauth_alter;
EXECUTE oauth_alter;
DEALLOCATE PREPARE oauth_alter;

-- Failed authentications of all processes: how many of one kind, until when.
CREATE TABLE IF NOT EXISTS oauth_failures (
    id BIGINT NOT NULL PRIMARY KEY,
    tenant BIGINT NOT NULL,
    digest BINARY(32) NOT NULL,
    number BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    KEY oauth_failures_expires_at (expires_at, tenant)
) ENGINE = InnoDB;
