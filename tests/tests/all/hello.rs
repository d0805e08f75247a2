//! How little it takes to protect a route: the differences that `examples/README.md` shows are those of
//! programs that are built, and these do what it says.

use crate::command_line::process::{Binary, built};
use crate::warp_notes::{Api, provider_on};
use oauth_tests::{Call, free_address};
use std::process::Command;

const README: &str = include_str!("../../../examples/README.md");
const OPEN: &str = include_str!("../../../examples/warp-hello/src/open.rs");
const PROTECTED: &str = include_str!("../../../examples/warp-hello/src/main.rs");

/// Gives what a difference starts from and what it leads to, line by line.
fn sides(difference: &str) -> [Vec<&str>; 2] {
    let side = |other: char| {
        let lines = difference.lines().filter(move |line| !line.starts_with(other));
        lines.map(|line| line.get(1..).unwrap_or_default()).collect()
    };
    [side('+'), side('-')]
}

fn differences() -> Vec<&'static str> {
    README.split("```diff\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn a_hello_on_warp_is_protected_by_at_most_6_lines() {
    let difference = differences()[0];
    // The first line of a file says what the file is.
    let after_first = |text: &'static str| text.lines().skip(1).collect::<Vec<_>>();
    assert_eq!(sides(difference), [after_first(OPEN), after_first(PROTECTED)]);
    let added = difference.lines().filter(|line| line.starts_with('+') && line.len() > 1);
    assert!(added.clone().count() <= 6, "{}", added.collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_route_on_rocket_is_protected_by_one_argument() {
    let [open, protected] = sides(differences()[1]);
    let example = include_str!("../../../examples/rocket-minimal/src/main.rs");
    assert!(example.contains(&protected.join("\n")), "{protected:?}");
    let (differs, argument) = (open.len() - 1, "token: Authorized<Read>");
    assert_eq!(open[..differs], protected[..differs]);
    assert_eq!(protected[differs].replace(argument, ""), open[differs]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_protected_hello_takes_tokens_that_are_meant_for_it() {
    let (at, open, protected) = (free_address(), free_address(), free_address());
    let (home, server) = provider_on(Binary::Warp, at);
    let create = ["application", "create", "--name", "N", "--confidential"];
    let resource = "https://hello.example";
    let api = home.run(&[&create[..], &["--client-id", "hello", "--resource", resource]].concat()).ok();
    let robot = home.run(&[&create[..], &["--grant", "client_credentials"]].concat()).ok();
    let start = |name: &str, at: std::net::SocketAddr| {
        let mut command = Command::new(built(name, "NO_VARIABLE"));
        command.env("HELLO_ADDRESS", at.to_string()).env("HELLO_ISSUER", server.issuer());
        Api::start(command.env("HELLO_SECRET", api["client_secret"].as_str().unwrap()), at)
    };
    let _both = [start("warp-hello-open", open), start("warp-hello", protected)];
    let hello = |at| Call::new(at, http::Method::GET, "/hello");
    assert_eq!(hello(open).await.expect(200).text(), "Hello!");
    hello(protected).await.expect_error(401, "unauthorized");
    let text = |name: &str| robot[name].as_str().unwrap();
    let token = |scope, resource| {
        let form = [("grant_type", "client_credentials"), ("scope", scope), ("resource", resource)];
        server.token(text("client_id"), text("client_secret"), &form).text("access_token")
    };
    assert_eq!(hello(protected).bearer(&token("read", resource)).await.expect(200).text(), "Hello!");
    hello(protected).bearer(&token("write", resource)).await.expect_error(403, "insufficient_scope");
    let elsewhere = format!("{}/api", server.issuer());
    hello(protected).bearer(&token("read", &elsewhere)).await.expect_error(401, "invalid_token");
}
