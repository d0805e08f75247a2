-- What a decision rests on, compared in the step that commits it.
-- Each statement is a commit here, and MySQL adds no column "if not exists": each one asks first, so that a
-- run that was interrupted can be made again.

-- The mark of a person of whom something ended lately: it moves with each end, and goes when it has expired.
CREATE TABLE IF NOT EXISTS oauth_marks (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    tenant BIGINT NOT NULL,
    subject VARBINARY(255) NOT NULL,
    mark BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    UNIQUE KEY oauth_marks_subject (subject, tenant),
    KEY oauth_marks_expires_at (expires_at, tenant)
) ENGINE = InnoDB;

-- How often everything of a client was revoked: with its row's id the client's mark.
SET @oauth_missing = (SELECT COUNT(*) = 0 FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'oauth_clients' AND column_name = 'revocations');
SET @oauth_add = IF(@oauth_missing, 'ALTER TABLE oauth_clients ADD COLUMN revocations BIGINT NOT NULL DEFAULT 0', 'DO 0');
PREPARE oauth_add FROM @oauth_add;
EXECUTE oauth_add;
DEALLOCATE PREPARE oauth_add;

-- The same as it was when a client got a token for itself: a later revocation ends it.
SET @oauth_missing = (SELECT COUNT(*) = 0 FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'oauth_access_tokens' AND column_name = 'revocations');
SET @oauth_add = IF(@oauth_missing, 'ALTER TABLE oauth_access_tokens ADD COLUMN revocations BIGINT NOT NULL DEFAULT 0', 'DO 0');
PREPARE oauth_add FROM @oauth_add;
EXECUTE oauth_add;
DEALLOCATE PREPARE oauth_add;

-- The digest of the page on which the person allowed it; absent if no page asked.
SET @oauth_missing = (SELECT COUNT(*) = 0 FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'oauth_grants' AND column_name = 'shown');
SET @oauth_add = IF(@oauth_missing, 'ALTER TABLE oauth_grants ADD COLUMN shown BINARY(32)', 'DO 0');
PREPARE oauth_add FROM @oauth_add;
EXECUTE oauth_add;
DEALLOCATE PREPARE oauth_add;
