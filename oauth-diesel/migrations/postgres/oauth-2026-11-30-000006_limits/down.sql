DROP TABLE oauth_failures;
DROP INDEX oauth_grants_client;
CREATE INDEX oauth_grants_client ON oauth_grants (client_ref, tenant);
DROP INDEX oauth_grants_subject_client;
DROP INDEX oauth_grants_subject;
CREATE INDEX oauth_grants_subject ON oauth_grants (subject, tenant, client_ref);
