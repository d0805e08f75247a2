//! The two binaries differ in their framework and in nothing that is written.

use super::process::{Binary, Home, finish};

fn written(binary: Binary, arguments: &[&str]) -> String {
    let done = finish(&mut Home::new(binary).prepare(arguments), "");
    format!("{:?}\n{}\n{}", done.code, done.stdout, done.stderr).replace("warp-provider", "provider")
}

#[test]
fn both_have_the_same_options_and_commands() {
    for help in [
        &["--help"][..],
        &["--version"],
        &["application", "create", "--help"],
        &["user", "create", "--help"],
        &["user", "create"],
        &["sweep", "--retry-window", "9999"],
        &["--issuer", "http://id.example"],
        &["application", "show", "nobody", "--json"],
    ] {
        let (rocket, warp) = (written(Binary::Rocket, help), written(Binary::Warp, help));
        assert_eq!(rocket, warp, "{help:?}");
        assert!(rocket.len() > 20, "{help:?}: {rocket}");
    }
}

#[test]
fn both_say_the_same_when_they_listen() {
    let said = |binary| {
        let home = Home::new(binary);
        home.run(&["user", "create", "admin", "--password", "correct horse", "--administrator"]).ok();
        home.serve_as_text(&["--port", "0"], "127.0.0.1:9000/callback")
    };
    let without_port = |text: String| {
        let port = text.split("listens on http://127.0.0.1:").nth(1).and_then(|rest| rest.split(';').next()).unwrap();
        text.replace(port, "PORT")
    };
    let warp = without_port(said(Binary::Warp));
    let called = if std::env::var_os("CARGO").is_some() { " -p warp-provider" } else { "warp-" };
    assert!(warp.contains(called), "it says how it is called itself: {warp}");
    assert_eq!(warp.replace(called, ""), without_port(said(Binary::Rocket)));
}
