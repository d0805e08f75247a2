//! `application update`, `enable`, `disable`, `block`, `unblock` and the steps of its secrets, and what
//! `create` takes beside the needful.

use super::process::{Binary, Home};
use serde_json::{Value, json};

const PASSWORD: &str = "correct horse battery";
const NOTES: [&str; 8] = [
    "application",
    "create",
    "--name=Notes",
    "--confidential",
    "--client-id=notes",
    "--redirect-uri=https://notes.example/cb",
    "--grant=authorization_code,refresh_token,client_credentials",
    "--attribute=team=red",
];

on_every_binary! {
    an_application_is_created_with_all_that_it_may_have,
    what_is_given_is_changed_and_the_rest_stays,
    a_switched_off_or_blocked_application_gets_nothing,
    two_secrets_count_until_the_old_one_is_retired,
}

/// Tells whether a secret gets a token.
fn gets_a_token(server: &super::process::Server, client: &Value) -> bool {
    let secret = client["client_secret"].as_str().unwrap();
    let form = [("grant_type", "client_credentials"), ("scope", "read")];
    match server.token("notes", secret, &form).status {
        200 => true,
        400 | 401 => false,
        other => panic!("{other}"),
    }
}

fn an_application_is_created_with_all_that_it_may_have(binary: Binary) {
    let home = Home::new(binary);
    let ada = home.run(&["user", "create", "ada", "--password", PASSWORD]).ok();
    let more = [
        "--owner=ada",
        "--uri=https://notes.example",
        "--origin=https://notes.example",
        "--origin=http://127.0.0.1:3000",
        "--lifetime-code=30",
        "--lifetime-access-token=600",
        "--skip-authorization",
        "--sanctioned",
        "--attribute=cost-centre=4=2",
    ];
    let created = home.run(&[&NOTES[..], &more].concat()).ok();
    assert_eq!(created["owner"], ada["subject"]);
    assert_eq!(created["client_uri"], "https://notes.example");
    assert_eq!(created["allowed_origins"], json!(["https://notes.example", "http://127.0.0.1:3000"]));
    assert_eq!(created["lifetimes"], json!({ "code": 30, "access_token": 600 }));
    assert_eq!((&created["trusted"], &created["sanctioned"]), (&json!(true), &json!(true)));
    assert_eq!(created["attributes"], json!({ "team": "red", "cost-centre": "4=2" }));

    let list = |filter: &[&str]| {
        let listed = home.run(&[&["application", "list"], filter].concat()).ok();
        listed.as_array().unwrap().len()
    };
    assert_eq!((list(&["--user=ada"]), list(&["--attribute=team=red"]), list(&["--attribute=team=blue"])), (1, 1, 0));
    home.run(&["application", "list", "--owner=nobody"]).refused("not_found");
    let create = ["application", "create", "--name=N", "--public", "--redirect-uri=https://n.example/cb"];
    home.run(&[&create[..], &["--owner=nobody"]].concat()).refused("not_found");
    home.run(&[&create[..], &["--origin=https://n.example/path"]].concat()).refused("invalid_client_metadata");
    home.run(&[&create[..], &["--lifetime-code=601"]].concat()).refused("invalid_client_metadata");
    assert_eq!(home.run(&[&create[..], &["--attribute=novalue"]].concat()).code, Some(2));
    assert_eq!(list(&[]), 1, "what is refused is not stored");
}

fn what_is_given_is_changed_and_the_rest_stays(binary: Binary) {
    let home = Home::new(binary);
    home.run(&["user", "create", "ada", "--password", PASSWORD]).ok();
    let created = home.run(&[&NOTES[..], &["--trusted", "--lifetime-code=30"]].concat()).ok();
    let update = ["application", "update", "notes"];
    let changed =
        home.run(&[&update[..], &["--name=Other", "--trusted=false", "--owner=ada", "--attribute=a=b"]].concat());
    let changed = changed.ok();
    assert_eq!((&changed["client_name"], &changed["trusted"]), (&json!("Other"), &json!(false)));
    assert_eq!(changed["attributes"], json!({ "a": "b", "team": "red" }));
    for same in ["redirect_uris", "grant_types", "lifetimes", "scope", "client_type", "client_id_issued_at"] {
        assert_eq!(changed[same], created[same], "{same}");
    }
    assert!(changed.get("client_secret").is_none() && changed["owner"].is_string());
    let cleared = home.run(&[&update[..], &["--clear=lifetimes,attributes,owner", "--attribute=c=d"]].concat()).ok();
    assert_eq!((&cleared["lifetimes"], &cleared["attributes"]), (&json!({}), &json!({ "c": "d" })));
    assert!(cleared.get("owner").is_none());
    home.run(&[&update[..], &["--redirect-uri=http://n.example/cb"]].concat()).refused("invalid_redirect_uri");
    home.run(&[&update[..], &["--owner=nobody", "--name=X"]].concat()).refused("not_found");
    home.run(&["application", "update", "nothing", "--name=X"]).refused("not_found");
    assert_eq!(home.run(&["application", "show", "notes"]).ok(), cleared, "what was refused changed nothing");
    let server = home.serve(&[]);
    assert!(gets_a_token(&server, &created), "its secret is the same");
}

fn a_switched_off_or_blocked_application_gets_nothing(binary: Binary) {
    let home = Home::new(binary);
    let server = home.serve(&[]);
    let created = home.run(&NOTES).ok();
    let ask = "/oauth/authorize?response_type=code&client_id=notes&redirect_uri=https%3A%2F%2Fnotes.example%2Fcb";
    assert!(gets_a_token(&server, &created));
    assert_eq!(home.run(&["application", "disable", "notes"]).ok()["enabled"], false);
    assert!(!gets_a_token(&server, &created));
    assert_eq!(home.run(&["application", "enable", "notes"]).ok()["enabled"], true);
    assert!(gets_a_token(&server, &created));

    let blocked = home.run(&["application", "block", "notes", "--reason", "it sends spam"]).ok();
    assert_eq!((&blocked["blocked"], &blocked["enabled"]), (&json!("it sends spam"), &json!(false)));
    assert!(!gets_a_token(&server, &created));
    let page = server.ask("GET", ask, &[], "");
    assert_eq!((page.status, page.header("location")), (403, ""));
    assert!(page.body.contains("it sends spam"), "{}", page.body);
    home.run(&["application", "enable", "notes"]).refused("blocked");
    assert!(!gets_a_token(&server, &created));
    assert_eq!(home.run(&["application", "unblock", "notes"]).ok()["enabled"], true);
    assert!(gets_a_token(&server, &created));
    home.run(&["application", "unblock", "notes"]).refused("invalid_input");
    home.run(&["application", "block", "notes", "--reason", " "]).refused("invalid_input");
    home.run(&["application", "block", "nothing", "--reason", "x"]).refused("not_found");
    assert_eq!(home.run(&["application", "block", "notes"]).code, Some(2), "a reason is needed");
}

fn two_secrets_count_until_the_old_one_is_retired(binary: Binary) {
    let home = Home::new(binary);
    let server = home.serve(&[]);
    let first = home.run(&NOTES).ok();
    home.run(&["application", "retire-secret", "notes"]).refused("invalid_input");
    let second = home.run(&["application", "add-secret", "notes"]).ok();
    assert!(gets_a_token(&server, &first) && gets_a_token(&server, &second));
    home.run(&["application", "add-secret", "notes"]).refused("invalid_client_metadata");
    let retired = home.run(&["application", "retire-secret", "notes"]).ok();
    assert!(retired.get("client_secret").is_none());
    assert!(!gets_a_token(&server, &first) && gets_a_token(&server, &second));
    let third = home.run(&["application", "renew-secret", "--client-id", "notes"]).ok();
    assert!(!gets_a_token(&server, &second) && gets_a_token(&server, &third));
    home.run(&["application", "create", "--name=P", "--public", "--client-id=p", "--redirect-uri=com.example.p:/cb"])
        .ok();
    for step in ["add-secret", "renew-secret", "retire-secret"] {
        home.run(&["application", step, "p"]).refused("invalid_client_metadata");
    }
}
