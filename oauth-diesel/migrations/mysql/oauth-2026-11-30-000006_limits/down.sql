DROP TABLE oauth_failures;
ALTER TABLE oauth_grants
    DROP KEY oauth_grants_subject_client,
    DROP KEY oauth_grants_subject,
    ADD KEY oauth_grants_subject (subject, tenant, client_ref);
