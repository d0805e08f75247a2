-- A password that was stored anew loses the digest behind it, which an earlier version cannot read; the sessions of that
-- person end.
UPDATE oauth_accounts SET password = SUBSTRING_INDEX(password, ' ', 1) WHERE INSTR(password, ' ') > 0;
DROP TABLE oauth_tenants;
-- Names are compared as they were given again.
UPDATE oauth_accounts SET username = spelling WHERE spelling IS NOT NULL;
ALTER TABLE oauth_accounts DROP COLUMN spelling;
