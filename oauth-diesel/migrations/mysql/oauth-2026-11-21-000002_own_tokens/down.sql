ALTER TABLE oauth_access_tokens DROP KEY oauth_access_tokens_own, ADD KEY oauth_access_tokens_own (client_ref, grant_ref);
