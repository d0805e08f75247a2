-- In the order of time for each client: one that is added goes to the end, where the page is at hand, and
-- not into one of thousands.
DROP INDEX access_tokens_own;
CREATE INDEX oauth_access_tokens_own ON oauth_access_tokens (client_ref, expires_at) WHERE grant_ref IS NULL;
