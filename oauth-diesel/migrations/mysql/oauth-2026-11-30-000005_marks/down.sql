ALTER TABLE oauth_grants DROP COLUMN shown;
ALTER TABLE oauth_access_tokens DROP COLUMN revocations;
ALTER TABLE oauth_clients DROP COLUMN revocations;
DROP TABLE oauth_marks;
