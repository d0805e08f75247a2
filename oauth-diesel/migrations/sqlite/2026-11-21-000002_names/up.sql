-- The names that the tables have in every database: an application may keep its own beside them.
ALTER TABLE clients RENAME TO oauth_clients;
ALTER TABLE client_attributes RENAME TO oauth_client_attributes;
ALTER TABLE client_resources RENAME TO oauth_client_resources;
ALTER TABLE grants RENAME TO oauth_grants;
ALTER TABLE codes RENAME TO oauth_codes;
ALTER TABLE access_tokens RENAME TO oauth_access_tokens;
ALTER TABLE refresh_tokens RENAME TO oauth_refresh_tokens;
ALTER TABLE accounts RENAME TO oauth_accounts;
ALTER TABLE sessions RENAME TO oauth_sessions;
ALTER TABLE decisions RENAME TO oauth_decisions;
