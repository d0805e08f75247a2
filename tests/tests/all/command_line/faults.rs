//! What a program says and serves beside its endpoints: settings that it does not read, addresses that nothing
//! is at, and the way from its API to a token.

use super::owner::Person;
use super::process::{Answer, Binary, Home, Server, finish};

const PASSWORD: &str = "correct horse battery";
const OWN_SCOPES: &str = r#"scopes={"student:read":"See pupils"}"#;

on_every_binary! {
    f_15_a_database_that_others_may_read_is_named_at_the_start,
    f_27_a_line_break_is_no_part_of_the_password_in_the_environment,
    f_32_the_idle_time_is_an_option,
    f_35_an_empty_variable_is_unset,
    f_36_the_address_of_a_service_is_no_port,
    f_58_a_settings_file_that_is_not_read_is_named,
    f_63_what_the_welcome_prints_works_with_own_scopes,
    f_74_an_unknown_path_has_the_page_of_the_product_and_json_below_the_api,
    f_75_a_client_finds_its_way_from_a_401_alone,
    f_76_a_database_that_does_not_answer_is_named,
    f_79_a_role_that_a_command_takes_away_ends_refresh,
}

fn started(home: &Home, line: &[&str], variables: &[(&str, &str)]) -> Server {
    Server::start(home.prepare(line).arg("--json").envs(variables.iter().copied()))
}

fn f_15_a_database_that_others_may_read_is_named_at_the_start(binary: Binary) {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let home = Home::new(binary);
    let chmod = |mode| std::fs::set_permissions(home.database(), std::fs::Permissions::from_mode(mode)).unwrap();
    std::fs::write(home.database(), "").unwrap();
    symlink(home.database(), home.database().with_file_name("link.db")).unwrap();
    for line in [&[][..], &["--database", "link.db"]] {
        chmod(0o644);
        let said = home.serve(line).end("INT").stderr;
        assert!(said.contains("provider.db has the mode 0644") && said.contains("chmod 600 "), "{said}");
        let found = home.run(&[line, &["check"]].concat());
        assert_eq!((found.code, found.json()["findings"].as_array().unwrap().len()), (Some(1), 1), "{}", found.stdout);
        let finding = found.json()["findings"][0].as_str().unwrap().to_owned();
        finish(&mut home.shell(finding.rsplit_once(": ").unwrap().1), "");
        let found = home.run(&[line, &["check"]].concat());
        assert_eq!((found.ok(), found.stderr.as_str()), (serde_json::json!({ "findings": [] }), ""));
    }
    let weak = home.run(&["--set", "insecure_password_grant=true", "check"]);
    assert!(weak.code == Some(1) && weak.stdout.contains("--set insecure_password_grant: "), "{}", weak.stdout);
}

fn f_27_a_line_break_is_no_part_of_the_password_in_the_environment(binary: Binary) {
    for end in ["", "\n", "\r\n"] {
        let home = Home::new(binary);
        let given = format!("{PASSWORD}{end}");
        let server = started(&home, &["--port", "0"], &[("PROVIDER_ADMIN_PASSWORD", &given)]);
        assert!(Person::new(&server, "admin", PASSWORD).can_sign_in(), "{end:?}");
        home.run(&["user", "create", "ada", "--password", &given]).ok();
        home.run_with(&["user", "create", "bob", "--password-stdin"], &given).ok();
        for name in ["ada", "bob"] {
            assert!(Person::new(&server, name, PASSWORD).can_sign_in(), "{name} {end:?}");
        }
    }
    for odd in ["\r", "\t", "\u{1b}", "\u{feff}", "\n\n"] {
        let home = Home::new(binary);
        let given = format!("{PASSWORD}{odd}");
        let mut start = home.prepare(&["--port", "0", "--json"]);
        let reason = finish(start.env("PROVIDER_ADMIN_PASSWORD", &given), "").refused("invalid_input");
        assert!(reason.starts_with("PROVIDER_ADMIN_PASSWORD: ") && !reason.contains(PASSWORD), "{reason}");
        home.run(&["user", "create", "ada", "--password", &given]).refused("invalid_input");
        home.run_with(&["user", "create", "ada", "--password-stdin"], &given).refused("invalid_input");
    }
}

/// Rocket closes no idle connection.
fn f_32_the_idle_time_is_an_option(binary: Binary) {
    use std::io::{Read, Write};
    let home = Home::new(binary);
    let refused = home.run(&["--idle-time", "0"]);
    assert!(refused.code == Some(2) && refused.stderr.contains("--idle-time"), "{}", refused.stderr);
    let server = home.serve(&["--idle-time", "1"]);
    let listening = server.welcome["listening"].as_str().unwrap().trim_start_matches("http://").to_owned();
    let mut stream = std::net::TcpStream::connect(listening).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(30))).unwrap();
    let mut answers = Vec::new();
    match binary {
        // As long as nothing closes it, this would not end.
        Binary::Warp => drop(stream.read_to_end(&mut answers).unwrap()),
        Binary::Rocket => {
            std::thread::sleep(std::time::Duration::from_millis(1_500));
            let ask = "GET /oauth/style.css HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
            stream.write_all(ask.as_bytes()).unwrap();
            stream.read_to_end(&mut answers).unwrap();
            assert!(answers.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answers));
        }
    }
}

fn f_35_an_empty_variable_is_unset(binary: Binary) {
    let home = Home::new(binary);
    let help = finish(&mut home.prepare(&["--help"]), "").stdout;
    let named = help.split("[env: ").skip(1).filter_map(|rest| rest.split(['=', ']']).next());
    let names: Vec<_> = named.chain(["PROVIDER_ADMIN_PASSWORD", "PROVIDER_LOG", "RUST_LOG"]).collect();
    assert!(names.len() > 20 && names.contains(&"PROVIDER_CONSENTING_ROLE"), "{names:?}");
    for name in &names {
        let listed = finish(home.prepare(&["user", "list", "--json"]).env(name, ""), "");
        assert_eq!((listed.code, listed.stderr.as_str()), (Some(0), ""), "{name}");
    }
    home.run(&["user", "create", "ada", "--password", PASSWORD]).ok();
    let notes = ["application", "create", "--name=Notes", "--confidential", "--redirect-uri=http://127.0.0.1:4999/cb"];
    let client = home.run(&notes).ok();
    let empty: Vec<_> = names.iter().map(|name| (*name, "")).collect();
    let server = started(&home, &["--port", "0"], &empty);
    assert!(server.welcome["first_account"]["password"].is_string(), "{}", server.welcome);
    assert_eq!(Person::new(&server, "ada", PASSWORD).tokens(&client).status, 200, "people may consent");
    for option in ["--consenting-role", "--registering-group"] {
        let refused = home.run(&[option, "", "user", "list"]);
        assert_eq!(refused.code, Some(2), "{option}: {}", refused.stderr);
        assert!(refused.stderr.contains(option) && refused.stderr.contains("give a name"), "{}", refused.stderr);
    }
}

fn f_36_the_address_of_a_service_is_no_port(binary: Binary) {
    let home = Home::new(binary);
    let listed = |value: &str| finish(home.prepare(&["user", "list", "--json"]).env("PROVIDER_PORT", value), "");
    let done = listed("tcp://10.96.0.12:8000");
    done.ok();
    assert!(done.stderr.contains("enableServiceLinks: false"), "{}", done.stderr);
    assert_eq!(listed("80x").code, Some(2));
    assert_eq!(listed("8001").stderr, "");
    let server = started(&home, &["--port", "0"], &[("PROVIDER_PORT", "tcp://10.96.0.12:8000")]);
    assert_eq!(server.ask("GET", "/oauth/sign-in", &[], "").status, 200);
}

fn f_58_a_settings_file_that_is_not_read_is_named(binary: Binary) {
    let home = Home::new(binary);
    let file = home.database().with_file_name("Rocket.toml");
    std::fs::write(&file, "[default.oauth]\nbogus_key = 1\n").unwrap();
    let mut command = home.prepare(&["user", "list", "--json"]);
    let said = finish(command.env("ROCKET_OAUTH", "{bogus_key=1}"), "").stderr;
    for name in ["Rocket.toml: ", "ROCKET_OAUTH: "] {
        let line = said.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("{name} in {said}"));
        assert!(line.contains("--config"), "{line}");
    }
    std::fs::write(home.database().with_file_name("own.toml"), "bogus_key = 1\n").unwrap();
    let refused = home.run(&["--config", "own.toml", "user", "list"]).refused("invalid_configuration");
    assert!(refused.contains("own.toml") && refused.contains("bogus_key"), "{refused}");
}

fn f_63_what_the_welcome_prints_works_with_own_scopes(binary: Binary) {
    let home = Home::new(binary);
    let database = home.database().with_file_name("a school.db");
    let options = ["--set", OWN_SCOPES, "--database", database.to_str().unwrap()];
    let printed = home.serve_as_text(&[&options[..], &["--port", "0"]].concat(), "127.0.0.1:9000/callback");
    let line = |start: &str| {
        let line = printed.lines().map(str::trim).find(|line| line.contains(start));
        line.unwrap_or_else(|| panic!("no {start} in {printed}")).to_owned()
    };
    let create = line("--name Robot");
    // What stands before the options is how the program is called.
    let (_, given) = create.split_once(" --database").unwrap();
    let robot = finish(&mut home.shell(&format!("cargo run -q -- --database{given} --json")), "").ok();
    let server = home.serve(&options);
    let asked = line("grant_type=client_credentials");
    let scope = asked.split_once("'scope=").unwrap().1.split('\'').next().unwrap();
    assert_eq!(scope, "student:read");
    let form = [("grant_type", "client_credentials"), ("scope", scope)];
    let part = |name: &str| robot[name].as_str().unwrap();
    let token = server.token(part("client_id"), part("client_secret"), &form);
    assert_eq!(token.status, 200, "{token:?}");
    assert_eq!(server.api("GET", "/api/notes", &token.text("access_token"), "").status, 200);
    assert_eq!(server.api("POST", "/api/notes", &token.text("access_token"), r#"{"text":"hi"}"#).status, 201);
}

fn f_74_an_unknown_path_has_the_page_of_the_product_and_json_below_the_api(binary: Binary) {
    let home = Home::new(binary);
    let server = home.serve(&[]);
    home.run(&["user", "create", "ada", "--password", PASSWORD]).ok();
    for (method, path) in
        [("GET", "/nope"), ("GET", "/nope/"), ("POST", "/nope"), ("GET", "/oauth/nope"), ("GET", "/.well-known/nope")]
    {
        let page = server.ask(method, path, &[], "");
        assert_eq!(page.status, 404, "{method} {path}");
        assert!(page.header("content-type").starts_with("text/html"), "{path}: {page:?}");
        assert!(page.body.contains("id=\"error-number\">1010<"), "{path}: {}", page.body);
        assert!(page.header("content-security-policy").contains("default-src 'none'"), "{path}");
    }
    for (method, path) in [("GET", "/api/nope"), ("GET", "/api"), ("PUT", "/api/notes"), ("GET", "/api/notes/1")] {
        let answer = server.ask(method, path, &[], "");
        assert_eq!((answer.status, answer.text("error").as_str()), (404, "not_found"), "{method} {path}");
        assert!(answer.header("content-type").starts_with("application/json"), "{answer:?}");
    }
    let refused = server.ask("GET", "/api/notes", &[], "");
    assert_eq!((refused.status, refused.text("error").as_str()), (401, "unauthorized"));
    let ada = Person::new(&server, "ada", PASSWORD);
    assert!(ada.can_sign_in());
    assert!(ada.visit("/nope").body.contains("signed-in-as"), "the page says who is signed in");
}

/// Finds a parameter of the challenge.
fn challenged<'a>(answer: &'a Answer, name: &str) -> &'a str {
    let challenge = answer.header("www-authenticate");
    challenge.split_once(&format!("{name}=\"")).and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default()
}

fn f_75_a_client_finds_its_way_from_a_401_alone(binary: Binary) {
    let home = Home::new(binary);
    let server = home.serve(&["--set", OWN_SCOPES]);
    let path =
        |server: &Server, url: &str| url.strip_prefix(server.issuer()).unwrap_or_else(|| panic!("{url}")).to_owned();
    let refused = server.ask("GET", "/api/notes", &[], "");
    assert_eq!(refused.status, 401);
    let document = server.ask("GET", &path(&server, challenged(&refused, "resource_metadata")), &[], "");
    let resource = document.json();
    assert_eq!(resource["resource"], format!("{}/api", server.issuer()));
    assert_eq!(resource["scopes_supported"], serde_json::json!(["student:read"]));
    let issuer = resource["authorization_servers"][0].as_str().unwrap();
    assert_eq!(issuer, server.issuer());
    let metadata = server.ask("GET", "/.well-known/oauth-authorization-server", &[], "").json();
    let robot = home.run(&["application", "create", "--name=R", "--confidential", "--grant=client_credentials"]).ok();
    let part = |name: &str| robot[name].as_str().unwrap();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", part("client_id")),
        ("client_secret", part("client_secret")),
        ("scope", challenged(&refused, "scope")),
        ("resource", resource["resource"].as_str().unwrap()),
    ];
    let token = server.post(&path(&server, metadata["token_endpoint"].as_str().unwrap()), &[], &form);
    assert_eq!(server.api("GET", "/api/notes", &token.text("access_token"), "").status, 200);
    let narrow = server.api("GET", "/api/notes", "never-issued", "");
    assert_eq!(challenged(&narrow, "error"), "invalid_token");
}

fn f_76_a_database_that_does_not_answer_is_named(binary: Binary) {
    let home = Home::new(binary);
    for scheme in ["redis", "rediss", "redis-cluster", "postgres", "mysql"] {
        let mut command = home.prepare(&["user", "list", "--json"]);
        let done = finish(command.env("PROVIDER_DATABASE", format!("{scheme}://ada:s3cret@127.0.0.1:1/0")), "");
        let reason = done.refused("temporarily_unavailable");
        assert!(reason.contains("127.0.0.1:1") && !reason.contains("s3cret"), "{reason}");
        assert!(!done.stderr.contains("s3cret"), "{}", done.stderr);
    }
}

fn f_79_a_role_that_a_command_takes_away_ends_refresh(binary: Binary) {
    let home = Home::new(binary);
    home.run(&["user", "create", "ada", "--password", PASSWORD, "--role=Admin"]).ok();
    let notes = ["application", "create", "--name=Notes", "--confidential", "--redirect-uri=http://127.0.0.1:4999/cb"];
    let client = home.run(&notes).ok();
    let server = home.serve(&["--consenting-role=Admin"]);
    let tokens = Person::new(&server, "ada", PASSWORD).tokens(&client);
    home.run(&["user", "update", "ada", "--clear=roles"]).ok();
    let form = [("grant_type", "refresh_token"), ("refresh_token", &tokens.text("refresh_token"))];
    let part = |name: &str| client[name].as_str().unwrap();
    let refused = server.token(part("client_id"), part("client_secret"), &form);
    assert_eq!((refused.status, refused.text("error").as_str()), (400, "invalid_grant"));
    assert_eq!(
        server.api("GET", "/api/profile", &tokens.text("access_token"), "").status,
        200,
        "it lives out its time"
    );
}
