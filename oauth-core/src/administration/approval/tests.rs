use crate::client::{Client, ClientType, GrantType, Registration};
use crate::config::Config;
use crate::identifier::{ClientId, Resource, Subject};
use std::time::Duration;

fn approved() -> Registration {
    let mut approved = Registration::new("Notes", ClientType::Confidential);
    approved.uri = Some("https://notes.example".to_owned());
    approved.redirect_uris = vec!["https://notes.example/a".to_owned(), "https://notes.example/b".to_owned()];
    approved.scope = "read write".parse().ok();
    approved.resources = vec![Resource::new("https://api.example/a").unwrap()];
    approved.allowed_origins = vec!["https://notes.example".to_owned()];
    approved.lifetimes.access_token = Some(Duration::from_secs(600));
    approved
}

type Edit = fn(&mut Registration);

/// Each field of [`Registration`], with edits that end an approval and edits that keep it.
const FIELDS: [(&str, &[Edit], &[Edit]); 12] = [
    ("name", &[|asked| asked.name = "Bank".to_owned(), |asked| asked.name = "notes".to_owned()], &[]),
    ("uri", &[|asked| asked.uri = Some("https://bank.example".to_owned()), |asked| asked.uri = None], &[]),
    ("client_type", &[|asked| asked.client_type = ClientType::Public], &[]),
    (
        "grant_types",
        &[|asked| asked.grant_types.push(GrantType::ClientCredentials)],
        &[|asked| asked.grant_types = vec![GrantType::AuthorizationCode], |asked| asked.grant_types.reverse()],
    ),
    (
        "redirect_uris",
        &[
            |asked| asked.redirect_uris.push("https://evil.example/".to_owned()),
            |asked| asked.redirect_uris = vec!["https://notes.example/c".to_owned()],
        ],
        &[|asked| asked.redirect_uris.truncate(1), |asked| asked.redirect_uris.reverse()],
    ),
    (
        "scope",
        &[|asked| asked.scope = None, |asked| asked.scope = "read admin".parse().ok()],
        &[|asked| asked.scope = "read".parse().ok(), |asked| asked.scope = "write read".parse().ok()],
    ),
    (
        "resources",
        &[|asked| asked.resources.push(Resource::new("https://api.example/b").unwrap())],
        &[|asked| asked.resources.clear()],
    ),
    ("owner", &[|asked| asked.owner = Subject::new("eve").ok()], &[]),
    (
        "insecure_without_pkce",
        &[|asked| asked.insecure_without_pkce = true],
        &[|asked| asked.insecure_without_pkce = false],
    ),
    (
        "allowed_origins",
        &[|asked| asked.allowed_origins.push("https://evil.example".to_owned())],
        &[|asked| asked.allowed_origins.clear()],
    ),
    (
        "lifetimes",
        &[
            |asked| asked.lifetimes.access_token = Some(Duration::from_secs(601)),
            // An hour, as the settings say, is longer than ten minutes.
            |asked| asked.lifetimes.access_token = None,
            |asked| asked.lifetimes.code = Some(Duration::from_secs(61)),
            |asked| asked.lifetimes.refresh_token_idle = Some(Duration::from_secs(31 * 86_400)),
            |asked| asked.lifetimes.refresh_token = Some(Duration::from_secs(91 * 86_400)),
        ],
        &[
            |asked| asked.lifetimes.access_token = Some(Duration::from_secs(599)),
            |asked| asked.lifetimes.refresh_token = Some(Duration::from_secs(86_400)),
        ],
    ),
    (
        "attributes",
        &[],
        &[|asked| {
            asked.attributes.insert("team".to_owned(), "a".to_owned());
        }],
    ),
];

#[test]
fn f_01_every_field_of_a_registration_says_what_widens() {
    let config = Config::new("https://id.example").unwrap();
    assert!(approved().widens(&approved(), &config).is_empty());
    for (field, wider, kept) in FIELDS {
        for (number, edit) in wider.iter().enumerate() {
            let mut asked = approved();
            edit(&mut asked);
            assert_eq!(asked.widens(&approved(), &config), [field], "{number}");
        }
        for (number, edit) in kept.iter().enumerate() {
            let mut asked = approved();
            edit(&mut asked);
            assert!(asked.widens(&approved(), &config).is_empty(), "{field} {number}");
        }
    }
    // The debug text names every field once: one that is added is missing in the table.
    let text = format!("{:#?}", approved());
    let named = text.lines().filter(|line| line.starts_with("    ") && !line.starts_with("     "));
    let named: Vec<_> = named.filter_map(|line| line.trim().split_once(':').map(|(name, _)| name)).collect();
    assert_eq!(named, FIELDS.map(|(field, ..)| field));
}

#[test]
fn access_tokens_that_never_expire_are_longer_than_any_others() {
    let mut config = Config::new("https://id.example").unwrap();
    config.insecure_access_tokens_never_expire = true;
    let mut asked = approved();
    asked.lifetimes.access_token = None;
    assert_eq!(asked.widens(&approved(), &config), ["lifetimes"]);
    assert!(approved().widens(&asked, &config).is_empty());
}

#[test]
fn f_01_trust_ends_with_a_wider_edit_unless_an_administrator_makes_it() {
    let mut config = Config::new("https://id.example").unwrap();
    config.scopes.insert("admin".to_owned(), "Administer".to_owned());
    let mut trusted = Client::new(ClientId::new("notes").unwrap(), "Notes", ClientType::Confidential);
    approved().apply(&mut trusted, &config).unwrap();
    trusted.owner = Subject::new("ada").ok();
    (trusted.trusted, trusted.sanctioned) = (true, true);
    for (field, wider, kept) in FIELDS.into_iter().filter(|(field, ..)| *field != "owner") {
        let edits = wider.iter().map(|edit| (edit, true)).chain(kept.iter().map(|edit| (edit, false)));
        for (edit, ends) in edits {
            let mut asked = Registration::of(&trusted);
            edit(&mut asked);
            let (mut by_owner, mut by_administrator) = (trusted.clone(), trusted.clone());
            asked.apply(&mut by_owner, &config).unwrap();
            asked.apply_as_administrator(&mut by_administrator, &config).unwrap();
            assert_eq!((by_owner.trusted, by_owner.sanctioned, by_owner.lapsed), (!ends, !ends, ends), "{field}");
            assert!(by_administrator.is_vouched_for() && !by_administrator.lapsed, "{field}");
        }
    }
}
