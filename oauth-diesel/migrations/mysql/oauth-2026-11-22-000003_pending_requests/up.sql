-- Authorization requests that wait for a person to decide on a page of the application's own.
CREATE TABLE IF NOT EXISTS oauth_pending_requests (
    id BIGINT NOT NULL PRIMARY KEY,
    tenant BIGINT NOT NULL,
    digest BINARY(32) NOT NULL,
    subject VARBINARY(255) NOT NULL,
    query MEDIUMBLOB NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    KEY oauth_pending_requests_expires_at (expires_at, tenant)
) ENGINE = InnoDB;
