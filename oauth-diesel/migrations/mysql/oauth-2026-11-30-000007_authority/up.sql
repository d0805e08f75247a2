-- The names of what was deleted, each until nobody can be taken in by it any more.
CREATE TABLE IF NOT EXISTS oauth_tombstones (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    tenant BIGINT NOT NULL,
    digest BINARY(32) NOT NULL,
    expires_at BIGINT NOT NULL,
    UNIQUE KEY oauth_tombstones_digest (tenant, digest),
    KEY oauth_tombstones_expires_at (expires_at, tenant)
) ENGINE = InnoDB;

-- What was done to clients and accounts, and by whom, as JSON.
CREATE TABLE IF NOT EXISTS oauth_audit (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    tenant BIGINT NOT NULL,
    at BIGINT NOT NULL,
    body MEDIUMBLOB NOT NULL,
    KEY oauth_audit_tenant (tenant, id)
) ENGINE = InnoDB;
