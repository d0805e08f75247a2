-- A password that was stored anew loses the digest behind it, which an earlier version cannot read; the sessions of that
-- person end.
UPDATE oauth_accounts SET password = substr(password, 1, instr(password, ' ') - 1) WHERE instr(password, ' ') > 0;
DROP TABLE oauth_tenants;
-- Names are compared as they were given again.
UPDATE oauth_accounts SET username = spelling WHERE spelling IS NOT NULL;
ALTER TABLE oauth_accounts DROP COLUMN spelling;
