-- Authorization requests that wait for a person to decide on a page of the application's own.
CREATE TABLE oauth_pending_requests (
    id BIGINT PRIMARY KEY,
    tenant BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    subject TEXT NOT NULL,
    query TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX oauth_pending_requests_expires_at ON oauth_pending_requests (expires_at, tenant);
