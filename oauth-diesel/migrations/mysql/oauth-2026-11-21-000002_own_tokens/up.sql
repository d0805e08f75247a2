-- In the order of time for each client: one that is added goes to the end, where the page is at hand, and
-- not into one of thousands.
ALTER TABLE oauth_access_tokens DROP KEY oauth_access_tokens_own, ADD KEY oauth_access_tokens_own (client_ref, grant_ref, expires_at);
