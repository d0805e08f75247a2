DROP TABLE oauth_tenants;
-- Names are compared as they were given again.
UPDATE oauth_accounts SET username = spelling WHERE spelling IS NOT NULL;
ALTER TABLE oauth_accounts DROP COLUMN spelling;
