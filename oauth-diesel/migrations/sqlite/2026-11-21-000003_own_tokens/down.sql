DROP INDEX oauth_access_tokens_own;
CREATE INDEX access_tokens_own ON oauth_access_tokens (client_ref) WHERE grant_ref IS NULL;
