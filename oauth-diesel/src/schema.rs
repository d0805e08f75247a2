//! The tables, as Diesel sees them; `migrations/` says what each column means. In the database their
//! names begin with `oauth_`, so that they can stand among an application's own.

use diesel::{allow_tables_to_appear_in_same_query, joinable, table};

table! {
    #[sql_name = "oauth_clients"]
    clients (id) {
        id -> BigInt,
        tenant -> BigInt,
        client_id -> Nullable<Text>,
        owner -> Nullable<Text>,
        enabled -> Bool,
        body -> Text,
        revocations -> BigInt,
    }
}

table! {
    #[sql_name = "oauth_client_attributes"]
    client_attributes (client_ref, name) {
        tenant -> BigInt,
        client_ref -> BigInt,
        name -> Text,
        value -> Text,
    }
}

table! {
    #[sql_name = "oauth_client_resources"]
    client_resources (client_ref, resource) {
        tenant -> BigInt,
        client_ref -> BigInt,
        resource -> Text,
    }
}

table! {
    #[sql_name = "oauth_grants"]
    grants (id) {
        id -> BigInt,
        tenant -> BigInt,
        grant_id -> Binary,
        client_ref -> BigInt,
        subject -> Text,
        scope -> Text,
        audience -> Nullable<Text>,
        auth_time -> Nullable<BigInt>,
        acr -> Nullable<Text>,
        attributes -> Nullable<Text>,
        created_at -> BigInt,
        last_issued_at -> Nullable<BigInt>,
        expires_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
        shown -> Nullable<Binary>,
    }
}

table! {
    #[sql_name = "oauth_codes"]
    codes (id) {
        id -> BigInt,
        tenant -> BigInt,
        digest -> Binary,
        grant_ref -> BigInt,
        redirect_uri -> Text,
        redirect_uri_sent -> Bool,
        code_challenge -> Nullable<Text>,
        nonce -> Nullable<Text>,
        expires_at -> BigInt,
        used_at -> Nullable<BigInt>,
    }
}

table! {
    #[sql_name = "oauth_access_tokens"]
    access_tokens (id) {
        id -> BigInt,
        tenant -> BigInt,
        digest -> Binary,
        client_ref -> BigInt,
        grant_ref -> Nullable<BigInt>,
        issued_at -> BigInt,
        expires_at -> BigInt,
        scope -> Nullable<Text>,
        audience -> Nullable<Text>,
        attributes -> Nullable<Text>,
        revocations -> BigInt,
    }
}

table! {
    #[sql_name = "oauth_refresh_tokens"]
    refresh_tokens (id) {
        id -> BigInt,
        tenant -> BigInt,
        digest -> Binary,
        grant_ref -> BigInt,
        predecessor -> Nullable<BigInt>,
        issued_at -> BigInt,
        expires_at -> BigInt,
        family_expires_at -> BigInt,
        retired_at -> Nullable<BigInt>,
        retry_sealed -> Nullable<Binary>,
        retry_until -> Nullable<BigInt>,
    }
}

table! {
    #[sql_name = "oauth_accounts"]
    accounts (id) {
        id -> BigInt,
        tenant -> BigInt,
        subject -> Text,
        username -> Text,
        spelling -> Nullable<Text>,
        password -> Text,
        administrator -> Bool,
        enabled -> Bool,
        attributes -> Nullable<Text>,
        created_at -> BigInt,
    }
}

table! {
    #[sql_name = "oauth_sessions"]
    sessions (id) {
        id -> BigInt,
        tenant -> BigInt,
        digest -> Binary,
        subject -> Text,
        credential -> Binary,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

table! {
    #[sql_name = "oauth_decisions"]
    decisions (id) {
        id -> BigInt,
        tenant -> BigInt,
        session -> Binary,
        request -> Binary,
        allowed -> Nullable<Text>,
        expires_at -> BigInt,
    }
}

table! {
    #[sql_name = "oauth_pending_requests"]
    pending_requests (id) {
        id -> BigInt,
        tenant -> BigInt,
        digest -> Binary,
        subject -> Text,
        query -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

table! {
    #[sql_name = "oauth_marks"]
    marks (id) {
        id -> BigInt,
        tenant -> BigInt,
        subject -> Text,
        mark -> BigInt,
        expires_at -> BigInt,
    }
}

table! {
    #[sql_name = "oauth_tombstones"]
    tombstones (id) {
        id -> BigInt,
        tenant -> BigInt,
        digest -> Binary,
        expires_at -> BigInt,
    }
}

table! {
    #[sql_name = "oauth_audit"]
    audit (id) {
        id -> BigInt,
        tenant -> BigInt,
        at -> BigInt,
        body -> Text,
    }
}

table! {
    #[sql_name = "oauth_failures"]
    failures (id) {
        id -> BigInt,
        tenant -> BigInt,
        digest -> Binary,
        number -> BigInt,
        expires_at -> BigInt,
    }
}

table! {
    #[sql_name = "oauth_tenants"]
    tenants (number) {
        number -> BigInt,
        name -> Text,
    }
}

joinable!(grants -> clients (client_ref));
joinable!(codes -> grants (grant_ref));
joinable!(refresh_tokens -> grants (grant_ref));
joinable!(access_tokens -> clients (client_ref));
joinable!(access_tokens -> grants (grant_ref));

allow_tables_to_appear_in_same_query!(
    clients,
    client_attributes,
    client_resources,
    grants,
    codes,
    access_tokens,
    refresh_tokens,
    accounts,
    sessions,
    decisions,
    pending_requests,
    marks,
    tombstones
);
