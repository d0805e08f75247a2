-- The name of an account is folded, so that it is the same from every keyboard; the program folds it, because SQL
-- cannot. This is how it was given, if that differs.
ALTER TABLE oauth_accounts ADD COLUMN spelling TEXT;

-- The name of each tenant whose rows carry its number, since it first wrote; 0 is the one without a name. Of two
-- names with the same number the second is refused.
CREATE TABLE oauth_tenants (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL
) STRICT;
INSERT INTO oauth_tenants (number, name) VALUES (0, '');
