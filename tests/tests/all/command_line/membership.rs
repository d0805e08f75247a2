//! Groups, roles, organisations and API access: given by commands, counted by the pages.

use super::owner::Person;
use super::process::{Binary, Home};
use serde_json::json;

const PASSWORD: &str = "correct horse battery";
const NOTES: [&str; 5] =
    ["application", "create", "--name=Notes", "--confidential", "--redirect-uri=http://127.0.0.1:4999/cb"];

on_every_binary! {
    accounts_have_groups_roles_and_attributes,
    the_same_name_in_two_organisations_is_two_accounts,
    api_access_is_switched_off_and_on,
}

fn accounts_have_groups_roles_and_attributes(binary: Binary) {
    let home = Home::new(binary);
    let create = ["user", "create", "ada", "--password", PASSWORD, "--group=teachers", "--group=staff"];
    let ada = home.run(&[&create[..], &["--role=Admin", "--attribute=house=red"]].concat()).ok();
    assert_eq!((&ada["groups"], &ada["roles"]), (&json!(["staff", "teachers"]), &json!(["Admin"])));
    assert_eq!(ada["attributes"]["house"], "red");
    assert!(ada.get("organisation").is_none());
    let update = |more: &[&str]| home.run(&[&["user", "update", "ada"], more].concat());
    let changed = update(&["--group=pupils", "--clear=roles", "--remove-attribute=house"]).ok();
    assert_eq!((&changed["groups"], &changed["roles"]), (&json!(["pupils"]), &json!([])));
    assert!(changed["attributes"].get("house").is_none());
    update(&["--attribute=api_access=on"]).refused("invalid_input");
    update(&["--attribute=organisation=north"]).refused("invalid_input");
    assert_eq!(update(&["--group=a,b"]).code, Some(2));
    home.run(&["user", "update", "nobody", "--role=Admin"]).refused("not_found");
    assert_eq!(home.run(&["user", "list"]).ok(), json!([changed]));

    let server = home.serve(&["--registering-group=teachers"]);
    let person = Person::new(&server, "ada", PASSWORD);
    assert!(person.can_sign_in());
    let register = |person: &Person<'_>| person.visit("/oauth/applications/register").status;
    assert_eq!(register(&person), 403);
    update(&["--group=teachers"]).ok();
    assert_eq!(register(&person), 200, "it counts at the next request");
}

fn the_same_name_in_two_organisations_is_two_accounts(binary: Binary) {
    let home = Home::new(binary);
    for school in ["north", "south"] {
        let create = ["user", "create", "ada", "--organisation", school, "--password", PASSWORD];
        let created = home.run(&[&create[..], &["--role=Admin"]].concat()).ok();
        assert_eq!((&created["username"], &created["organisation"]), (&json!("ada"), &json!(school)));
        home.run(&create).refused("exists");
    }
    let refused = home.run(&["user", "create", "b", "--organisation=a/b", "--password", PASSWORD]);
    refused.refused("invalid_input");
    let both = ["user", "create", "b", "--organisation=north", "--administrator", "--password", PASSWORD];
    assert_eq!(home.run(&both).code, Some(2), "an administrator is the server's");
    home.run(&["user", "update", "ada", "--organisation=south", "--clear=roles"]).ok();
    home.run(&["user", "disable", "ada"]).refused("not_found");

    let client = home.run(&NOTES).ok();
    let server = home.serve(&["--organisations", "--consenting-role=Admin"]);
    let mut north = Person::new(&server, "ada", PASSWORD);
    assert!(!north.can_sign_in(), "she is in no organisation");
    north.organisation = "north";
    let tokens = north.tokens(&client);
    assert_eq!(tokens.status, 200, "{tokens:?}");
    let mut south = Person::new(&server, "ada", PASSWORD);
    south.organisation = "south";
    assert!(south.can_sign_in());
    let refused = south.visit(&format!(
        "/oauth/authorize?response_type=code&client_id={}&scope=read&code_challenge_method=S256&code_challenge={}",
        client["client_id"].as_str().unwrap(),
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    ));
    assert_eq!(refused.status, 403, "she has lost the role: {refused:?}");

    let deleted = home.run(&["user", "delete", "ada", "--organisation=north"]).ok();
    assert_eq!(
        deleted,
        json!({ "username": "ada", "organisation": "north", "deleted": true, "applications_switched_off": [] })
    );
    assert_eq!(server.api("GET", "/api/profile", &tokens.text("access_token"), "").status, 401);
    let mut again = Person::new(&server, "ada", PASSWORD);
    again.organisation = "south";
    assert!(again.can_sign_in(), "the other one is still there");
}

fn api_access_is_switched_off_and_on(binary: Binary) {
    let home = Home::new(binary);
    let server = home.serve(&[]);
    home.run(&["user", "create", "ada", "--password", PASSWORD]).ok();
    let client = home.run(&NOTES).ok();
    let ada = Person::new(&server, "ada", PASSWORD);
    let access = ada.tokens(&client).text("access_token");
    assert_eq!(server.api("GET", "/api/profile", &access, "").status, 200);
    let off = home.run(&["user", "disable-api-access", "ada"]).ok();
    assert_eq!(off, json!({ "username": "ada", "api_access": false }));
    assert_eq!(server.api("GET", "/api/profile", &access, "").status, 401);
    assert!(ada.visit("/oauth/").body.contains("api-access-off"), "she is told");
    assert_eq!(home.run(&["user", "list"]).ok()[0]["api_access"], false);
    home.run(&["user", "enable-api-access", "ada"]).ok();
    assert_eq!(server.api("GET", "/api/profile", &access, "").status, 401, "what ended stays so");
    let again = Person::new(&server, "ada", PASSWORD).tokens(&client).text("access_token");
    assert_eq!(server.api("GET", "/api/profile", &again, "").status, 200);
    home.run(&["user", "disable-api-access", "nobody"]).refused("not_found");
}
