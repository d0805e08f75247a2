//! `application create`, `list`, `show` and `delete`.

use super::process::{Binary, Home, Server};
use serde_json::{Value, json};

const CODE: [&str; 5] = ["application", "create", "--redirect-uri", "https://notes.example/callback", "--name"];
const ROBOT: [&str; 7] =
    ["application", "create", "--name", "Robot", "--confidential", "--grant", "client_credentials"];

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_else(|| panic!("no {member}: {value}"))
}

fn token_of(server: &Server, client: &Value) -> String {
    let form = [("grant_type", "client_credentials"), ("scope", "read write")];
    server.token(text(client, "client_id"), text(client, "client_secret"), &form).text("access_token")
}

on_every_binary! {
    r_200_a_confidential_application_is_described_by_the_names_of_rfc_7591,
    r_205_a_public_application_has_no_secret,
    redirect_uris_are_asked_where_they_are_needed_and_checked,
    what_is_not_understood_is_a_usage_error,
    an_identifier_may_be_chosen_and_is_taken_once,
    what_is_created_while_the_server_runs_counts_at_its_next_request,
    a_secret_from_standard_input_works_at_the_token_endpoint,
    r_114_the_api_takes_only_tokens_that_are_meant_for_it,
    the_api_asks_for_the_scope_of_each_route,
    a_sweep_says_how_much_it_removed,
}

fn r_200_a_confidential_application_is_described_by_the_names_of_rfc_7591(binary: Binary) {
    let home = Home::new(binary);
    let created = home.run(&[&CODE[..], &["Notes", "--confidential"]].concat()).ok();
    assert_eq!(created["client_name"], "Notes");
    assert_eq!(created["redirect_uris"], json!(["https://notes.example/callback"]));
    assert_eq!(created["grant_types"], json!(["authorization_code", "refresh_token"]));
    assert_eq!(created["response_types"], json!(["code"]));
    assert_eq!(created["scope"], "read write");
    assert_eq!(created["token_endpoint_auth_method"], "client_secret_basic");
    assert_eq!(created["client_type"], "confidential");
    assert_eq!(text(&created, "client_secret").len(), 43);

    let id = text(&created, "client_id");
    let shown = home.run(&["application", "show", id]).ok();
    assert_eq!(shown["client_id"], id);
    assert!(shown.get("client_secret").is_none(), "it is shown once: {shown}");
    assert_eq!(home.run(&["application", "list"]).ok(), json!([shown]));
    let secret = text(&created, "client_secret");
    let files = ["provider.db", "provider.db-wal"].map(|name| std::fs::read(home.database().with_file_name(name)));
    for file in files.into_iter().flatten() {
        assert!(!String::from_utf8_lossy(&file).contains(secret), "r_182: only its digest is stored");
    }
}

fn r_205_a_public_application_has_no_secret(binary: Binary) {
    let home = Home::new(binary);
    let created = home.run(&[&CODE[..], &["Notes", "--public", "--scope", "read"]].concat()).ok();
    assert_eq!(created["token_endpoint_auth_method"], "none");
    assert_eq!(created["scope"], "read");
    assert!(created.get("client_secret").is_none());
    let given = home.run_with(&[&CODE[..], &["Notes", "--public", "--client-secret-stdin"]].concat(), "a given secret");
    given.refused("invalid_client_metadata");
    home.run(&[&CODE[..], &["Notes", "--public", "--insecure-without-pkce"]].concat())
        .refused("invalid_client_metadata");
    home.run(&[&CODE[..], &["N", "--public", "--grant", "client_credentials"]].concat())
        .refused("invalid_client_metadata");
    assert_eq!(home.run(&["application", "list"]).ok(), json!([created]), "what is refused is not stored");
}

fn redirect_uris_are_asked_where_they_are_needed_and_checked(binary: Binary) {
    let home = Home::new(binary);
    let create = ["application", "create", "--name", "N", "--confidential"];
    home.run(&create).refused("invalid_redirect_uri");
    home.run(&ROBOT).ok();
    let resource_server = home.run(&[&create[..], &["--resource", "https://api.example/"]].concat()).ok();
    assert_eq!(resource_server["resources"], json!(["https://api.example/"]));
    assert_eq!(resource_server["grant_types"], json!([]));
    for uri in ["http://notes.example/cb", "javascript:alert(1)", "/cb", "https://notes.example/cb#f", "myapp:/cb"] {
        home.run(&[&create[..], &["--redirect-uri", uri]].concat()).refused("invalid_redirect_uri");
    }
    let insecure = ["--redirect-uri", "http://notes.example/cb", "--insecure-http-redirects"];
    home.run(&[&create[..], &insecure].concat()).ok();
}

fn what_is_not_understood_is_a_usage_error(binary: Binary) {
    let home = Home::new(binary);
    let create = ["application", "create", "--name", "N"];
    for wrong in
        [&["--grant", "magic"][..], &["--resource", "not-absolute"], &["--scope", "say\"hi\""], &["--public"], &[]]
    {
        let both = if wrong.is_empty() { &[][..] } else { &["--confidential"] };
        let done = home.run(&[&create[..], both, wrong].concat());
        assert_eq!(done.code, Some(2), "{wrong:?} {}", done.stdout);
        assert_eq!(done.stdout, "");
    }
    home.run(&[&CODE[..], &["N", "--public", "--scope", "admin"]].concat()).refused("invalid_client_metadata");
    home.run(&[&CODE[..], &["N", "--confidential", "--grant", "password"]].concat()).refused("invalid_client_metadata");
}

fn an_identifier_may_be_chosen_and_is_taken_once(binary: Binary) {
    let home = Home::new(binary);
    let notes = [&CODE[..], &["Notes", "--public", "--client-id", "notes"]].concat();
    assert_eq!(home.run(&notes).ok()["client_id"], "notes");
    home.run(&notes).refused("exists");
    assert_eq!(home.run(&["application", "delete", "notes"]).ok(), json!({ "client_id": "notes", "deleted": true }));
    home.run(&["application", "delete", "notes"]).refused("not_found");
    home.run(&["application", "show", "notes"]).refused("not_found");
}

fn what_is_created_while_the_server_runs_counts_at_its_next_request(binary: Binary) {
    let home = Home::new(binary);
    let server = home.serve(&[]);
    let client = home.run(&ROBOT).ok();
    let token = token_of(&server, &client);
    let profile = server.api("GET", "/api/profile", &token, "");
    assert_eq!(profile.status, 200, "{profile:?}");
    assert_eq!(profile.json()["client_id"], client["client_id"]);
    assert_eq!(profile.json()["subject"], Value::Null);

    let note = server.api("POST", "/api/notes", &token, r#"{"text":"remember"}"#);
    assert_eq!(note.status, 201, "{note:?}");
    assert_eq!(server.api("GET", "/api/notes", &token, "").json()["notes"][0]["text"], "remember");

    assert_eq!(home.run(&["application", "delete", text(&client, "client_id")]).code, Some(0));
    let refused = server.api("GET", "/api/profile", &token, "");
    assert_eq!(refused.status, 401, "its tokens went with it");
    assert!(refused.header("www-authenticate").contains("invalid_token"), "{refused:?}");
}

fn a_secret_from_standard_input_works_at_the_token_endpoint(binary: Binary) {
    let home = Home::new(binary);
    let server = home.serve(&[]);
    let form = [("grant_type", "client_credentials")];
    // A secret that a person chose, and one of 256 random bits: they are stored in two ways.
    for (id, secret) in
        [("chosen", "correct horse: battery+staple%"), ("random", "q3XvW0mZJr8n5tYc1LhPz7dKbE2uGfAsR4xNoV6wTiM")]
    {
        let created = home
            .run_with(&[&ROBOT[..], &["--client-id", id, "--client-secret-stdin"]].concat(), &format!("{secret}\n"));
        assert!(created.ok().get("client_secret").is_none(), "who gave it knows it");
        assert!(!created.stderr.contains(secret), "R-183");
        assert_eq!(server.token(id, secret, &form).status, 200, "{id}");
        assert_eq!(server.token(id, &format!("{secret}x"), &form).status, 401, "{id}");
    }
    let empty = home.run_with(&[&ROBOT[..], &["--client-secret-stdin"]].concat(), "\n");
    empty.refused("invalid_input");
    let short = home.run_with(&[&ROBOT[..], &["--client-secret-stdin"]].concat(), "short\n");
    short.refused("invalid_client_metadata");
}

fn r_114_the_api_takes_only_tokens_that_are_meant_for_it(binary: Binary) {
    let home = Home::new(binary);
    let server = home.serve(&[]);
    let other = ["application", "create", "--name", "Other", "--confidential", "--resource", "https://other.example/"];
    home.run(&other).ok();
    let client = home.run(&ROBOT).ok();
    let (id, secret) = (text(&client, "client_id"), text(&client, "client_secret"));
    let form = [("grant_type", "client_credentials"), ("resource", "https://other.example/")];
    let elsewhere = server.token(id, secret, &form).text("access_token");
    assert_eq!(server.api("GET", "/api/profile", &elsewhere, "").status, 401);
    let here = format!("{}/api", server.issuer());
    let form = [("grant_type", "client_credentials"), ("resource", here.as_str())];
    let here = server.token(id, secret, &form).text("access_token");
    assert_eq!(server.api("GET", "/api/profile", &here, "").status, 200);
}

fn the_api_asks_for_the_scope_of_each_route(binary: Binary) {
    let home = Home::new(binary);
    let server = home.serve(&[]);
    let client = home.run(&ROBOT).ok();
    let (id, secret) = (text(&client, "client_id"), text(&client, "client_secret"));
    let form = [("grant_type", "client_credentials"), ("scope", "read")];
    let read = server.token(id, secret, &form).text("access_token");
    assert_eq!(server.api("GET", "/api/notes", &read, "").status, 200);
    let refused = server.api("POST", "/api/notes", &read, r#"{"text":"x"}"#);
    assert_eq!(refused.status, 403);
    assert!(refused.header("www-authenticate").contains("insufficient_scope"), "{refused:?}");
    assert_eq!(server.ask("GET", "/api/profile", &[], "").status, 401);
    let write = token_of(&server, &client);
    let long = json!({ "text": "x".repeat(5_000) }).to_string();
    assert_eq!(server.api("POST", "/api/notes", &write, &long).status, 413);
    assert_eq!(server.api("POST", "/api/notes", &write, "{").status, 400);
}

fn a_sweep_says_how_much_it_removed(binary: Binary) {
    let home = Home::new(binary);
    assert_eq!(home.run(&["sweep"]).ok(), json!({ "removed": 0, "batches": 1 }));
    let nothing = home.run(&["sweep", "--dry-run"]).ok();
    assert_eq!(nothing, json!({ "dry_run": true, "removed": 0, "overdue_since": null }));

    let server = home.serve(&["--access-token-lifetime", "1"]);
    let client = home.run(&ROBOT).ok();
    for _ in 0..5 {
        token_of(&server, &client);
    }
    // A second is the shortest life there is, and a record is over once it has passed.
    let waits = |home: &Home| home.run(&["sweep", "--dry-run"]).ok()["overdue_since"].clone();
    let since = std::time::Instant::now();
    while waits(&home).is_null() && since.elapsed().as_secs() < 30 {}
    assert!(waits(&home).is_i64(), "a dry run removes nothing");
    let mut removed = 0;
    while removed < 5 && since.elapsed().as_secs() < 60 {
        let swept = home.run(&["sweep", "--batch-size", "2", "--interval", "0"]).ok();
        removed += swept["removed"].as_u64().unwrap();
        assert!(swept["batches"].as_u64().unwrap() * 2 >= swept["removed"].as_u64().unwrap(), "{swept}");
    }
    assert_eq!(removed, 5);
    assert_eq!(home.run(&["sweep", "--batch-size", "0"]).code, Some(2));
}
