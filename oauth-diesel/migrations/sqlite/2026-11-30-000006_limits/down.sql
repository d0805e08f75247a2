DROP TABLE oauth_failures;
DROP INDEX oauth_grants_subject_client;
DROP INDEX oauth_grants_subject;
CREATE INDEX grants_subject ON oauth_grants (subject, tenant, client_ref);
