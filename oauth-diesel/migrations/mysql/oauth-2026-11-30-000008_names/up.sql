-- The name of an account is folded, so that it is the same from every keyboard; the program folds it, because SQL
-- cannot. This is how it was given, if that differs. Each statement asks first, so that a run that was interrupted
-- can be made again.
SET @oauth_missing = (SELECT COUNT(*) = 0 FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'oauth_accounts' AND column_name = 'spelling');
SET @oauth_add = IF(@oauth_missing, 'ALTER TABLE oauth_accounts ADD COLUMN spelling BLOB', 'DO 0');
PREPARE oauth_add FROM @oauth_add;
EXECUTE oauth_add;
DEALLOCATE PREPARE oauth_add;

-- The name of each tenant whose rows carry its number, since it first wrote; 0 is the one without a name. The program
-- enters it once all names are folded: no transaction holds this migration and the folding. Of two names with the
-- same number the second is refused.
CREATE TABLE IF NOT EXISTS oauth_tenants (
    number BIGINT NOT NULL PRIMARY KEY,
    name BLOB NOT NULL
) ENGINE = InnoDB;
