-- The name of an account is folded, so that it is the same from every keyboard; the program folds it, because SQL
-- cannot. This is how it was given, if that differs.
ALTER TABLE oauth_accounts ADD COLUMN spelling TEXT;
