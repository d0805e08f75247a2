//! `user create`, `list`, `password`, `disable`, `enable` and `delete`.

use super::owner::Person;
use super::process::{ADMIN_PASSWORD, Binary, Home, Server};
use serde_json::json;

const ADA: [&str; 5] = ["user", "create", "--username", "ada", "--password-stdin"];
const NOTES: [&str; 7] = [
    "application",
    "create",
    "--name=Notes",
    "--confidential",
    "--redirect-uri",
    "http://127.0.0.1:4999/cb",
    "--scope=read write",
];
const PASSWORD: &str = "correct horse battery";

on_every_binary! {
    accounts_are_created_listed_and_deleted,
    r_187_disabling_a_user_ends_the_tokens_at_the_next_request,
    the_first_account_signs_in_with_the_password_from_the_environment,
    pages_also_work_when_opened_as_localhost,
    r_183_no_secret_is_in_the_log_at_any_level,
}

fn accounts_are_created_listed_and_deleted(binary: Binary) {
    let home = Home::new(binary);
    let created = home.run_with(&ADA, PASSWORD);
    let ada = created.ok();
    assert_eq!(
        (&ada["username"], &ada["administrator"], &ada["enabled"]),
        (&json!("ada"), &json!(false), &json!(true))
    );
    assert!(!created.stdout.contains("argon2"), "R-182: a hash is not for reading");
    home.run_with(&ADA, PASSWORD).refused("exists");
    home.run_with(&["user", "create", "bob", "--password-stdin"], "short").refused("invalid_input");
    let shown = home.run(&["user", "create", "--username", "bob", "--password", PASSWORD, "--administrator"]);
    assert_eq!(shown.ok()["administrator"], true);
    assert!(shown.stderr.contains("--password-stdin"), "it says what is safer: {}", shown.stderr);
    assert!(!shown.stderr.contains(PASSWORD), "R-183");

    let names = home
        .run(&["user", "list"])
        .ok()
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["username"].clone())
        .collect::<Vec<_>>();
    assert_eq!(names, ["ada", "bob"]);
    assert_eq!(home.run(&["user", "delete", "--username", "ada"]).ok()["deleted"], true);
    for command in ["delete", "disable", "enable"] {
        home.run(&["user", command, "ada"]).refused("not_found");
    }
    home.run_with(&["user", "password", "ada", "--password-stdin"], PASSWORD).refused("not_found");
    assert_eq!(home.run(&["user", "create", "--username", "eve"]).code, Some(2), "a password is needed");
}

fn r_187_disabling_a_user_ends_the_tokens_at_the_next_request(binary: Binary) {
    for (command, then_signs_in) in [("disable", false), ("delete", false), ("password", true)] {
        let home = Home::new(binary);
        let server = home.serve(&[]);
        home.run_with(&ADA, PASSWORD).ok();
        let client = home.run(&NOTES).ok();
        let ada = Person::new(&server, "ada", PASSWORD);
        let tokens = ada.tokens(&client).json();
        let (access, refresh) = (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
        let profile = server.api("GET", "/api/profile", access, "");
        assert_eq!((profile.status, profile.text("username").as_str()), (200, "ada"));

        if command == "password" {
            home.run_with(&["user", "password", "ada", "--password-stdin"], ADMIN_PASSWORD).ok();
        } else {
            home.run(&["user", command, "ada"]).ok();
        }
        assert_eq!(server.api("GET", "/api/profile", access, "").status, 401, "{command}");
        let (id, secret) = (client["client_id"].as_str().unwrap(), client["client_secret"].as_str().unwrap());
        let refreshed = server.token(id, secret, &[("grant_type", "refresh_token"), ("refresh_token", refresh)]);
        assert_eq!((refreshed.status, refreshed.text("error").as_str()), (400, "invalid_grant"), "{command}");
        assert!(!Person::new(&server, "ada", PASSWORD).can_sign_in(), "{command}");
        assert_eq!(Person::new(&server, "ada", ADMIN_PASSWORD).can_sign_in(), then_signs_in, "{command}");
    }
}

fn the_first_account_signs_in_with_the_password_from_the_environment(binary: Binary) {
    let home = Home::new(binary);
    let server = home.serve(&[]);
    assert!(Person::new(&server, "admin", ADMIN_PASSWORD).can_sign_in());
    assert!(!Person::new(&server, "admin", PASSWORD).can_sign_in());
}

fn pages_also_work_when_opened_as_localhost(binary: Binary) {
    let home = Home::new(binary);
    let mut server = home.serve(&[]);
    let client = home.run(&NOTES).ok();
    server.called = Some("localhost".to_owned());
    let tokens = Person::new(&server, "admin", ADMIN_PASSWORD).tokens(&client);
    assert_eq!(tokens.status, 200, "{tokens:?}");
    assert_eq!(server.api("GET", "/api/profile", &tokens.text("access_token"), "").text("username"), "admin");
}

fn r_183_no_secret_is_in_the_log_at_any_level(binary: Binary) {
    let home = Home::new(binary);
    let mut command = home.prepare(&["--port", "0", "--json"]);
    let server = Server::start(command.env("PROVIDER_LOG", "trace").env("PROVIDER_ADMIN_PASSWORD", ADMIN_PASSWORD));
    let client = home.run(&NOTES).ok();
    let (id, secret) = (client["client_id"].as_str().unwrap(), client["client_secret"].as_str().unwrap());
    let admin = Person::new(&server, "admin", ADMIN_PASSWORD);
    let tokens = admin.tokens(&client).json();
    let (access, refresh) = (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
    let refreshed = server.token(id, secret, &[("grant_type", "refresh_token"), ("refresh_token", refresh)]).json();
    assert_eq!(server.api("GET", "/api/profile", access, "").status, 200);
    assert_eq!(server.ask("GET", &format!("/nowhere?access_token={access}"), &[], "").status, 404);
    assert_eq!(
        server.token(id, "a wrong secret", &[("grant_type", "refresh_token"), ("refresh_token", refresh)]).status,
        401
    );
    assert!(!Person::new(&server, "admin", "a wrong password").can_sign_in());
    let mut secrets = admin.secrets();
    secrets.extend([secret, access, refresh, ADMIN_PASSWORD, "a wrong secret", "a wrong password"].map(str::to_owned));
    secrets.extend(["access_token", "refresh_token"].map(|name| refreshed[name].as_str().unwrap().to_owned()));
    assert!(secrets.len() > 9, "the code and cookies are among them");
    let log = server.end("INT").stderr;
    assert!(log.contains(id), "it is logged at all: {log}");
    for secret in secrets {
        assert!(!log.contains(&secret), "{secret} is in {log}");
    }
}
