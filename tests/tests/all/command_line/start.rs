//! Starting and ending the server.

use super::process::{ADMIN_PASSWORD, Binary, Home, Server, finish};
use std::os::unix::fs::PermissionsExt;

on_every_binary! {
    the_first_start_shows_a_password_once_and_only_once,
    as_text_the_password_stands_beside_where_to_go_next,
    two_processes_that_start_at_once_show_one_password,
    the_password_from_the_environment_counts_only_when_the_account_is_created,
    the_first_start_creates_admin_beside_accounts_that_commands_made,
    ctrl_c_and_sigterm_end_it_with_0,
    port_0_takes_a_free_port_and_the_issuer_names_it,
    a_port_in_use_is_refused_before_anything_is_written,
    an_issuer_must_be_https_or_loopback_unless_named_insecure,
    options_stand_before_or_after_a_command_or_in_the_environment,
    settings_that_cannot_be_used_are_named_as_options,
    the_database_belongs_to_its_owner_alone,
}

fn the_first_start_shows_a_password_once_and_only_once(binary: Binary) {
    let home = Home::new(binary);
    let server = Server::start(home.prepare(&["--port", "0"]).arg("--json"));
    let account = server.welcome["first_account"].clone();
    let password = account["password"].as_str().unwrap();
    assert_eq!(account["username"], "admin");
    assert!(password.len() >= 22, "at least 110 random bits");
    let done = server.end("INT");
    assert_eq!(done.stdout, "", "standard output is one value");
    assert!(!done.stderr.contains(password), "R-183: the log has no password");

    let again = Server::start(home.prepare(&["--port", "0"]).arg("--json"));
    assert!(again.welcome.get("first_account").is_none(), "{}", again.welcome);
    let users = home.run(&["user", "list"]).ok();
    assert_eq!(users.as_array().unwrap().len(), 1);
    assert_eq!(users[0]["administrator"], true);
}

fn as_text_the_password_stands_beside_where_to_go_next(binary: Binary) {
    let home = Home::new(binary);
    let text = home.serve_as_text(&["--port", "0"], "127.0.0.1:9000/callback");
    for part in ["username  admin", "password  ", "/oauth/applications", "/.well-known/", "/api/notes", "Ctrl-C"] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

fn two_processes_that_start_at_once_show_one_password(binary: Binary) {
    let home = Home::new(binary);
    let start = || Server::start(home.prepare(&["--port", "0"]).arg("--json"));
    let servers = std::thread::scope(|scope| {
        let both = [scope.spawn(start), scope.spawn(start)];
        both.map(|thread| thread.join().unwrap())
    });
    let shown = servers.iter().filter(|server| server.welcome.get("first_account").is_some()).count();
    assert_eq!(shown, 1);
}

fn the_password_from_the_environment_counts_only_when_the_account_is_created(binary: Binary) {
    let home = Home::new(binary);
    let server = home.serve(&[]);
    assert!(server.welcome.get("first_account").is_none(), "what was given is not shown");
    let done = server.end("INT");
    assert!(!done.stderr.contains(ADMIN_PASSWORD) && !done.stdout.contains(ADMIN_PASSWORD));

    let short = Home::new(binary);
    let refused = finish(short.prepare(&["--port", "0", "--json"]).env("PROVIDER_ADMIN_PASSWORD", "short"), "");
    assert!(refused.refused("invalid_configuration").contains("PROVIDER_ADMIN_PASSWORD"));
    assert_eq!(short.run(&["user", "list"]).ok(), serde_json::json!([]));
}

fn the_first_start_creates_admin_beside_accounts_that_commands_made(binary: Binary) {
    let home = Home::new(binary);
    home.run(&["user", "create", "--username", "ada", "--password", "correct horse"]).ok();
    let server = Server::start(home.prepare(&["--port", "0"]).arg("--json"));
    assert_eq!(server.welcome["first_account"]["username"], "admin");
    drop(server);
    let again = Server::start(home.prepare(&["--port", "0"]).arg("--json"));
    assert!(again.welcome.get("first_account").is_none(), "{}", again.welcome);

    let other = Home::new(binary);
    other.run(&["user", "create", "--username", "root", "--password", "correct horse", "--administrator"]).ok();
    let server = Server::start(other.prepare(&["--port", "0"]).arg("--json"));
    assert!(server.welcome.get("first_account").is_none(), "there is an administrator: {}", server.welcome);
}

fn ctrl_c_and_sigterm_end_it_with_0(binary: Binary) {
    for signal in ["INT", "TERM"] {
        let home = Home::new(binary);
        let server = home.serve(&[]);
        // A browser's connection that stays open must not hold it up.
        let listening = server.welcome["listening"].as_str().unwrap().trim_start_matches("http://").to_owned();
        let _idle = std::net::TcpStream::connect(listening).unwrap();
        assert_eq!(server.end(signal).code, Some(0), "{signal}");
    }
}

fn port_0_takes_a_free_port_and_the_issuer_names_it(binary: Binary) {
    let home = Home::new(binary);
    let server = home.serve(&[]);
    assert_eq!(server.welcome["listening"], server.welcome["issuer"]);
    assert!(!server.issuer().ends_with(":0") && server.issuer().starts_with("http://127.0.0.1:"));
    let metadata = server.ask("GET", "/.well-known/oauth-authorization-server", &[], "");
    assert_eq!(metadata.status, 200);
    assert_eq!(metadata.json()["issuer"], server.issuer());
    let root = server.ask("GET", "/", &[], "");
    assert_eq!((root.status, root.header("location")), (303, "/oauth/"));
}

fn a_port_in_use_is_refused_before_anything_is_written(binary: Binary) {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let home = Home::new(binary);
    let reason = home.run(&["--port", &port]).refused("address_unavailable");
    assert!(reason.contains("in use") && reason.contains(&port), "{reason}");
    assert!(!home.database().exists());
}

fn an_issuer_must_be_https_or_loopback_unless_named_insecure(binary: Binary) {
    let home = Home::new(binary);
    for issuer in ["http://id.example", "http://192.0.2.1:8000"] {
        let reason = home.run(&["--issuer", issuer]).refused("invalid_configuration");
        assert!(reason.contains("--insecure-http-issuer"), "{reason}");
        home.run(&["user", "list", "--issuer", issuer]).refused("invalid_configuration");
    }
    assert!(!home.database().exists());
    let server = home.serve(&["--issuer", "http://id.example", "--insecure-http-issuer"]);
    assert_eq!(server.issuer(), "http://id.example");
    drop(server);
    let server = home.serve(&["--issuer", "https://id.example"]);
    let metadata = server.ask("GET", "/.well-known/oauth-authorization-server", &[], "").json();
    assert_eq!(metadata["token_endpoint"], "https://id.example/oauth/token");
}

fn options_stand_before_or_after_a_command_or_in_the_environment(binary: Binary) {
    let home = Home::new(binary);
    let database = home.database().with_file_name("other.db");
    let path = database.to_str().unwrap();
    home.run(&[
        "--database",
        path,
        "application",
        "create",
        "--name",
        "One",
        "--public",
        "--redirect-uri",
        "com.example.one:/cb",
    ])
    .ok();
    home.run(&[
        "application",
        "create",
        "--name",
        "Two",
        "--public",
        "--redirect-uri",
        "com.example.two:/cb",
        "--database",
        path,
    ])
    .ok();
    let listed =
        finish(home.prepare(&["application", "list"]).env("PROVIDER_DATABASE", path).env("PROVIDER_JSON", "true"), "");
    assert_eq!(listed.ok().as_array().unwrap().len(), 2);
    let url = format!("sqlite://{path}");
    assert_eq!(home.run(&["application", "list", "--database", &url]).ok().as_array().unwrap().len(), 2);
    assert!(!home.database().exists());
    // What stands on the command line wins.
    let mut command = home.prepare(&["application", "list", "--json", "--database", "./provider.db"]);
    assert_eq!(finish(command.env("PROVIDER_DATABASE", path), "").ok(), serde_json::json!([]));
}

fn settings_that_cannot_be_used_are_named_as_options(binary: Binary) {
    let home = Home::new(binary);
    for (option, value) in [("--code-lifetime", "601"), ("--failures-per-client", "0"), ("--retry-window", "9999")] {
        let reason = home.run(&[option, value, "sweep"]).refused("invalid_configuration");
        assert!(reason.starts_with(option), "{reason}");
    }
    let code = |line: &[&str]| home.run(line).code;
    for usage in [&["--port", "x"][..], &["application"], &["frobnicate"], &["--trusted-proxy", "somewhere"]] {
        assert_eq!(code(usage), Some(2), "{usage:?}");
    }
}

fn the_database_belongs_to_its_owner_alone(binary: Binary) {
    let home = Home::new(binary);
    let server = home.serve(&[]);
    for name in ["provider.db", "provider.db-wal", "provider.db-shm"] {
        let file = std::fs::metadata(home.database().with_file_name(name)).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600, "{name}");
    }
    drop(server);
}
