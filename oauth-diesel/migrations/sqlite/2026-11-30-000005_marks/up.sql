-- What a decision rests on, compared in the step that commits it.

-- The mark of a person of whom something ended lately: it moves with each end, and goes when it has expired.
CREATE TABLE oauth_marks (
    id INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,
    subject TEXT NOT NULL,
    mark INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    UNIQUE (subject, tenant)
) STRICT;
CREATE INDEX oauth_marks_expires_at ON oauth_marks (expires_at, tenant);

-- How often everything of a client was revoked: with its row's id the client's mark.
ALTER TABLE oauth_clients ADD COLUMN revocations INTEGER NOT NULL DEFAULT 0;
-- The same as it was when a client got a token for itself: a later revocation ends it.
ALTER TABLE oauth_access_tokens ADD COLUMN revocations INTEGER NOT NULL DEFAULT 0;
-- The digest of the page on which the person allowed it; absent if no page asked.
ALTER TABLE oauth_grants ADD COLUMN shown BLOB;
