-- The records of oauth-core. What holds for all of them:
-- * The names begin with `oauth_`, so that the tables can stand among an application's own.
-- * `tenant` separates issuers that share one database: 0, or made of the tenant's name.
-- * Where `id` is not counted up it is the first eight bytes of the record's digest or random
--   identifier, as a signed integer in the same order. The full bytes stand beside it and are compared.
-- * Text is kept as its bytes in UTF-8 and compares as such: of the collations that do the same one is
--   MySQL's alone, the other MariaDB's, and `utf8mb4_bin` takes no notice of spaces at the end.
-- * Moments are seconds since 1970. Absent means: nothing, or the same as the grant's.
-- * No foreign keys: they cost a lock for each insert. A record is alive only while what it refers to
--   is there, and ids are not used again, so one that is left behind is dead, and goes with the sweep
--   at its own end.
-- * A table is a commit of its own here, so what a run that was interrupted has made is taken as it is.

CREATE TABLE IF NOT EXISTS oauth_clients (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    tenant BIGINT NOT NULL,
    -- Absent where the client was deleted and the sweep still has to clear away after it.
    client_id VARBINARY(255),
    owner VARBINARY(255),
    enabled BOOLEAN NOT NULL,
    -- The whole record as JSON; the columns beside it are what is searched.
    body MEDIUMBLOB NOT NULL,
    UNIQUE KEY oauth_clients_client_id (tenant, client_id),
    KEY oauth_clients_owner (tenant, owner, client_id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS oauth_client_attributes (
    tenant BIGINT NOT NULL,
    client_ref BIGINT NOT NULL,
    name VARBINARY(512) NOT NULL,
    value MEDIUMBLOB NOT NULL,
    PRIMARY KEY (client_ref, name),
    KEY oauth_client_attributes_value (tenant, name, value(255))
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS oauth_client_resources (
    tenant BIGINT NOT NULL,
    client_ref BIGINT NOT NULL,
    resource VARBINARY(2048) NOT NULL,
    PRIMARY KEY (client_ref, resource),
    KEY oauth_client_resources_resource (tenant, resource(255))
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS oauth_grants (
    id BIGINT NOT NULL PRIMARY KEY,
    tenant BIGINT NOT NULL,
    grant_id BINARY(16) NOT NULL,
    client_ref BIGINT NOT NULL,
    subject VARBINARY(255) NOT NULL,
    scope BLOB NOT NULL,
    audience MEDIUMBLOB,
    auth_time BIGINT,
    acr BLOB,
    attributes MEDIUMBLOB,
    created_at BIGINT NOT NULL,
    last_issued_at BIGINT,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    KEY oauth_grants_subject (subject, tenant, client_ref),
    KEY oauth_grants_client (client_ref, tenant),
    KEY oauth_grants_expires_at (expires_at, tenant)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS oauth_codes (
    id BIGINT NOT NULL PRIMARY KEY,
    tenant BIGINT NOT NULL,
    digest BINARY(32) NOT NULL,
    grant_ref BIGINT NOT NULL,
    redirect_uri BLOB NOT NULL,
    redirect_uri_sent BOOLEAN NOT NULL,
    code_challenge VARBINARY(128),
    nonce BLOB,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    KEY oauth_codes_grant (grant_ref),
    KEY oauth_codes_expires_at (used_at, expires_at, tenant)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS oauth_access_tokens (
    id BIGINT NOT NULL PRIMARY KEY,
    tenant BIGINT NOT NULL,
    digest BINARY(32) NOT NULL,
    client_ref BIGINT NOT NULL,
    grant_ref BIGINT,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    scope BLOB,
    audience MEDIUMBLOB,
    attributes MEDIUMBLOB,
    KEY oauth_access_tokens_expires_at (expires_at, tenant),
    KEY oauth_access_tokens_own (client_ref, grant_ref)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS oauth_refresh_tokens (
    id BIGINT NOT NULL PRIMARY KEY,
    tenant BIGINT NOT NULL,
    digest BINARY(32) NOT NULL,
    grant_ref BIGINT NOT NULL,
    -- The token that was rotated away for this one.
    predecessor BIGINT,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    family_expires_at BIGINT NOT NULL,
    retired_at BIGINT,
    -- The sealed answer of the rotation that retired it, until its successor is rotated.
    retry_sealed MEDIUMBLOB,
    retry_until BIGINT,
    KEY oauth_refresh_tokens_grant (grant_ref),
    KEY oauth_refresh_tokens_retry (retry_until, tenant)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS oauth_accounts (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    tenant BIGINT NOT NULL,
    subject VARBINARY(255) NOT NULL,
    username VARBINARY(512) NOT NULL,
    password BLOB NOT NULL,
    administrator BOOLEAN NOT NULL,
    enabled BOOLEAN NOT NULL,
    attributes MEDIUMBLOB,
    created_at BIGINT NOT NULL,
    UNIQUE KEY oauth_accounts_subject (tenant, subject),
    UNIQUE KEY oauth_accounts_username (tenant, username)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS oauth_sessions (
    id BIGINT NOT NULL PRIMARY KEY,
    tenant BIGINT NOT NULL,
    digest BINARY(32) NOT NULL,
    subject VARBINARY(255) NOT NULL,
    credential BINARY(32) NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    KEY oauth_sessions_subject (subject, tenant),
    KEY oauth_sessions_expires_at (expires_at, tenant)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS oauth_decisions (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    tenant BIGINT NOT NULL,
    session BINARY(32) NOT NULL,
    request BINARY(32) NOT NULL,
    allowed BLOB,
    expires_at BIGINT NOT NULL,
    UNIQUE KEY oauth_decisions_request (session, request, tenant),
    KEY oauth_decisions_expires_at (expires_at, tenant)
) ENGINE = InnoDB;
