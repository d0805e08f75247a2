//! What a [`ClientStore`](crate::store::ClientStore) promises.

use super::AnyStore;
use super::sample::{
    approved_by, at, awkward_attributes, client, client_id, code, digest, grant, grantless, is_alive, is_revoked,
    issue, redeemed_by, refresh_of, registered, retry_until, save, scope, subject,
};
use crate::client::{Client, ClientType, GrantType, Origin, SecretHash};
use crate::identifier::Resource;
use crate::redirect::RedirectUri;
use crate::store::{
    ClientFilter, ClientStore as _, CodeStore as _, Created, GrantStore as _, Page, PasswordHash, Redeemed, Replaced,
    Rotated, Saved, TokenStore as _,
};
use std::time::Duration;

/// A client is read as it was saved, at the limits of its lengths; so is what replaces it.
pub async fn a_client_comes_back_as_it_was_saved(store: &AnyStore) {
    let mut client =
        Client::new(client_id(&format!("{}end", "~ \"%_'\\".repeat(36))), "Köln 🏫 'notes'", ClientType::Confidential);
    client.uri = Some("https://client.example/?q=%20&r='".to_owned());
    client.secrets = vec![SecretHash::Sha256(digest()), SecretHash::Argon2(PasswordHash::from_phc("$argon2id$v=19$x"))];
    let uris = ["https://client.example/callback", "http://127.0.0.1/", "http://localhost:8080/b"];
    client.redirect_uris = uris.map(|uri| RedirectUri::register(uri, false).expect("a redirect URI")).to_vec();
    client.grant_types = GrantType::ALL.to_vec();
    client.scope = Some(scope("read write"));
    client.resources = vec![Resource::new(format!("urn:example:{}", "r".repeat(2_036))).expect("a resource")];
    client.owner = Some(subject(&"é".repeat(127)));
    client.insecure_without_pkce = true;
    client.allowed_origins = vec![Origin::register("https://app.example").expect("an origin")];
    client.lifetimes.access_token = Some(Duration::from_secs(600));
    (client.trusted, client.sanctioned, client.lapsed) = (true, true, true);
    client.blocked = Some("It lost people\u{2019}s data".to_owned());
    client.attributes = awkward_attributes();
    client.created_at = at(-5);
    assert_eq!(store.create_client(&client).await.expect("create_client"), Created::Now, "a new client is saved");
    let stored = store.client(&client.id).await.expect("client");
    assert_eq!(stored.as_ref(), Some(&client), "a client is read as it was saved");

    let mut changed = Client::new(client.id.clone(), "", ClientType::Public);
    changed.enabled = false;
    changed.created_at = at(-5);
    assert!(store.update_client(&changed).await.expect("update_client"), "a client that is there is replaced");
    let stored = store.client(&client.id).await.expect("client");
    assert_eq!(stored, Some(changed), "a client is replaced as a whole, and a disabled one can be read");
}

/// A new client never takes the place of another; replacing and deleting need one that is there.
pub async fn a_client_is_created_once(store: &AnyStore) {
    let first = registered(store).await;
    let mut second = first.clone();
    second.name = "An impostor".to_owned();
    assert_eq!(store.create_client(&second).await.expect("create_client"), Created::Exists, "the name is taken");
    let stored = store.client(&first.id).await.expect("client");
    assert_eq!(stored, Some(first), "what was there first is unchanged");

    let nobody = client("nobody");
    assert!(!store.update_client(&nobody).await.expect("update_client"), "there is nothing to replace");
    assert!(!store.delete_client(&nobody.id, at(0)).await.expect("delete_client"), "there is nothing to delete");
    assert_eq!(store.client(&nobody.id).await.expect("client"), None, "replacing creates nothing");
}

/// Of two changes to what was read once, the second changes nothing.
pub async fn a_client_that_was_changed_is_not_replaced(store: &AnyStore) {
    let read = registered(store).await;
    let (mut renewed, mut edited) = (read.clone(), read.clone());
    renewed.secrets = vec![SecretHash::Sha256(digest())];
    edited.name = "Edited at the same time".to_owned();
    let outcome = store.replace_client(&read, &renewed).await.expect("replace_client");
    assert_eq!(outcome, Replaced::Now, "what was read is what is there");
    let outcome = store.replace_client(&read, &edited).await.expect("replace_client");
    assert_eq!(outcome, Replaced::Changed, "it was changed meanwhile");
    assert_eq!(store.client(&read.id).await.expect("client").as_ref(), Some(&renewed), "the first change stands");

    let mut disabled = renewed.clone();
    disabled.enabled = false;
    let outcome = store.replace_client(&renewed, &disabled).await.expect("replace_client");
    assert_eq!(outcome, Replaced::Now, "what was read is what is there");
    let grant = grant(&disabled, "ada");
    let unused = code(&grant);
    assert_eq!(save(store, &grant, &unused).await.expect("save_code"), Saved::Gone, "it is disabled at once");

    assert!(store.delete_client(&read.id, at(1)).await.expect("delete_client"), "it is there");
    let outcome = store.replace_client(&disabled, &read).await.expect("replace_client");
    assert_eq!(outcome, Replaced::Gone, "replacing brings nothing back");
    assert!(store.replace_client(&read, &client("other")).await.is_err(), "an identifier never changes");
}

/// Identifiers that differ in case or in a space at the end are different clients.
pub async fn client_identifiers_compare_byte_for_byte(store: &AnyStore) {
    let ids = ["notes", "Notes", "NOTES", "notes ", " notes", "n_tes", "n%"];
    for id in ids {
        assert_eq!(store.client(&client_id(id)).await.expect("client"), None, "{id:?} is another client");
        let outcome = store.create_client(&client(id)).await.expect("create_client");
        assert_eq!(outcome, Created::Now, "{id:?} is another client");
    }
    store.delete_client(&client_id("Notes"), at(0)).await.expect("delete_client");
    for id in ids {
        let stored = store.client(&client_id(id)).await.expect("client");
        assert_eq!(stored, (id != "Notes").then(|| client(id)), "{id:?} is another client than Notes");
    }
}

/// Clients are found by owner, by resource and by attributes; all that is asked must hold, byte for
/// byte.
pub async fn clients_are_found_by_what_they_have(store: &AnyStore) {
    let api = Resource::new("https://api.example/").expect("a resource");
    let mut full = client("full");
    full.owner = Some(subject("ada"));
    full.resources = vec![Resource::new("urn:other").expect("a resource"), api.clone()];
    full.attributes = awkward_attributes();
    let mut half = client("half");
    half.owner = Some(subject("Ada"));
    half.attributes.insert("schule".to_owned(), "gymnasium köln-süd 🏫".to_owned());
    half.attributes.insert("empty".to_owned(), String::new());
    for client in [&full, &half, &client("none")] {
        store.create_client(client).await.expect("create_client");
    }
    let pair = |name: &str| (name.to_owned(), full.attributes[name].clone());
    let owned = |owner| ClientFilter { owner: Some(subject(owner)), ..ClientFilter::default() };
    let with = |attributes| ClientFilter { attributes, ..ClientFilter::default() };
    let serving = |resource| ClientFilter { resources: vec![resource], ..ClientFilter::default() };
    let everything =
        ClientFilter { owner: full.owner.clone(), resources: vec![api.clone()], attributes: vec![pair("long")] };
    let cases = [
        (ClientFilter::default(), vec!["full", "half", "none"], "without a filter all are found"),
        (owned("ada"), vec!["full"], "owners compare byte for byte"),
        (owned("nobody"), vec![], "who owns nothing finds nothing"),
        (serving(api), vec!["full"], "a resource server is found by each of its resources"),
        (serving(Resource::new("https://api.example/a").expect("a resource")), vec![], "resources compare whole"),
        (with(vec![pair("schule")]), vec!["full"], "attributes compare byte for byte"),
        (with(vec![pair("empty")]), vec!["full", "half"], "an empty value is a value"),
        (with(vec![pair("empty"), pair("quotes")]), vec!["full"], "all attributes must hold"),
        (with(vec![("missing".to_owned(), String::new())]), vec![], "no value is not an empty value"),
        (everything, vec!["full"], "owner, resource and attributes are joined by and"),
    ];
    for (filter, expected, promise) in cases {
        let found = store.clients(&filter, &Page::first(10)).await.expect("clients");
        assert_eq!(found.iter().map(|client| client.id.as_str()).collect::<Vec<_>>(), expected, "{promise}");
        assert!(found.iter().all(|client| *client != full || client.attributes == full.attributes), "whole records");
    }
}

/// A client that was replaced is found by what it has now, and by nothing that it has given up (F-48).
pub async fn a_replaced_client_is_found_by_what_it_has_now(store: &AnyStore) {
    let resource = |name: &str| Resource::new(format!("https://{name}.example/")).expect("a resource");
    let having = |name: &str| {
        let mut client = client("notes");
        client.owner = Some(subject(name));
        client.resources = vec![resource("kept"), resource(name)];
        client.attributes.insert("kept".to_owned(), "yes".to_owned());
        client.attributes.insert("school".to_owned(), name.to_owned());
        client.attributes.insert(name.to_owned(), "only here".to_owned());
        client
    };
    let filters = |name: &str| {
        let with = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        [
            ClientFilter { owner: Some(subject(name)), ..ClientFilter::default() },
            ClientFilter { resources: vec![resource(name)], ..ClientFilter::default() },
            ClientFilter { attributes: with("school", name), ..ClientFilter::default() },
            ClientFilter { attributes: with(name, "only here"), ..ClientFilter::default() },
        ]
    };
    let kept = [
        ClientFilter { resources: vec![resource("kept")], ..ClientFilter::default() },
        ClientFilter { attributes: vec![("kept".to_owned(), "yes".to_owned())], ..ClientFilter::default() },
    ];
    let is_found = async |filter: &ClientFilter| match &store.clients(filter, &Page::first(9)).await {
        Ok(found) => found.len() == 1,
        Err(error) => panic!("clients: {error}"),
    };
    let (mut before, neighbour) = (having("a"), client("neighbour"));
    for client in [&before, &neighbour] {
        assert_eq!(store.create_client(client).await.expect("create_client"), Created::Now, "it is new");
    }
    for (name, gone, compared) in [("b", "a", true), ("c", "b", false)] {
        let after = having(name);
        if compared {
            let outcome = store.replace_client(&before, &after).await.expect("replace_client");
            assert_eq!(outcome, Replaced::Now, "what was read is what is there");
        } else {
            assert!(store.update_client(&after).await.expect("update_client"), "it is there");
        }
        for filter in filters(name).iter().chain(&kept) {
            assert!(is_found(filter).await, "a replaced client is found by what it has now: {filter:?}");
        }
        for filter in &filters(gone) {
            assert!(!is_found(filter).await, "what it has given up does not find it: {filter:?}");
        }
        before = after;
    }
    let bare = client("notes");
    let outcome = store.replace_client(&before, &bare).await.expect("replace_client");
    assert_eq!(outcome, Replaced::Now, "what was read is what is there");
    for filter in filters("c").iter().chain(&kept) {
        assert!(!is_found(filter).await, "a client without anything is found by nothing: {filter:?}");
    }
    assert_eq!(store.client(&neighbour.id).await.expect("client"), Some(neighbour), "another client stays as it was");
}

/// A client is found by each spelling of its resource that has the same normal form (RFC 3986 §6.2.2.1, §6.2.3),
/// and by no other; it keeps the spelling that was saved.
pub async fn f_25_a_client_is_found_by_its_resource_in_any_spelling(store: &AnyStore) {
    let resource = |text: &str| Resource::new(text).expect("a resource");
    for (id, spelling) in [("plain", "https://plain.example"), ("odd", "HTTPS://Odd.example:443/")] {
        let mut server = client(id);
        server.resources = vec![resource(spelling), resource(spelling)];
        store.create_client(&server).await.expect("create_client");
        for host in [format!("https://{id}.example"), format!("https://{}.EXAMPLE/", id.to_uppercase())] {
            let filter = ClientFilter { resources: vec![resource(&host)], ..ClientFilter::default() };
            let found = store.clients(&filter, &Page::first(10)).await.expect("clients");
            let spellings: Vec<_> = found.iter().flat_map(|client| &client.resources).map(Resource::as_str).collect();
            assert_eq!(spellings, [spelling, spelling], "{host}");
        }
        let other =
            ClientFilter { resources: vec![resource(&format!("http://{id}.example"))], ..ClientFilter::default() };
        assert!(store.clients(&other, &Page::first(10)).await.expect("clients").is_empty());
        let mut given_up = server.clone();
        given_up.resources.clear();
        store.replace_client(&server, &given_up).await.expect("replace_client");
        let filter = ClientFilter { resources: vec![resource(spelling)], ..ClientFilter::default() };
        assert!(store.clients(&filter, &Page::first(10)).await.expect("clients").is_empty(), "given up");
    }
}

/// Clients that serve one of several resources are found together, each once, page by page.
pub async fn f_13_clients_are_found_by_one_of_several_resources(store: &AnyStore) {
    let api = |number: usize| Resource::new(format!("https://api{number}.example/")).expect("a resource");
    let mut expected = Vec::new();
    for number in 0..5 {
        let mut client = client(&format!("server-{number}"));
        client.resources = vec![api(number), api(number + 1)];
        assert_eq!(store.create_client(&client).await.expect("create_client"), Created::Now);
        if number > 0 {
            expected.push(client.id);
        }
    }
    let filter = ClientFilter { resources: vec![api(5), api(3), api(2)], ..ClientFilter::default() };
    let (mut page, mut found) = (Page::first(3), Vec::new());
    loop {
        let clients = store.clients(&filter, &page).await.expect("clients");
        let Some(last) = clients.last() else { break };
        page.after = Some(last.id.clone());
        found.extend(clients.into_iter().map(|client| client.id));
    }
    assert_eq!(found, expected, "those that serve one of them, in order");
}

/// Clients are listed in the order of their bytes, each once, although others come meanwhile.
pub async fn clients_are_listed_page_by_page(store: &AnyStore) {
    for id in ["d", "B", "a", "b", "~", "a b"] {
        store.create_client(&client(id)).await.expect("create_client");
    }
    let mut page = Page::first(2);
    let mut seen = Vec::new();
    loop {
        let found = store.clients(&ClientFilter::default(), &page).await.expect("clients");
        assert!(found.len() <= 2, "a page holds no more than was asked for");
        let Some(last) = found.last() else { break };
        page = Page::after(last.id.clone(), 2);
        seen.extend(found.iter().map(|client| client.id.to_string()));
        for id in ["A", "c"] {
            store.create_client(&client(id)).await.expect("create_client");
        }
    }
    assert_eq!(seen, ["B", "a", "a b", "b", "c", "d", "~"], "byte order, each once, new ones where they belong");
}

/// A disabled client has nothing alive and gets nothing; enabled again, all of it lives again.
pub async fn a_disabled_client_has_nothing_alive(store: &AnyStore) {
    let mut client = registered(store).await;
    let (family, _, tokens) = redeemed_by(store, &client, "ada").await;
    let (waiting, unused) = approved_by(store, &client, "grace").await;
    let own = grantless(&client);
    assert_eq!(store.issue(&own).await.expect("issue"), Saved::Now, "an enabled client gets tokens");

    client.enabled = false;
    assert!(store.update_client(&client).await.expect("update_client"), "the client is there");
    assert!(!is_alive(store, &tokens, 2).await, "a disabled client's tokens are dead");
    assert!(!is_alive(store, &own, 2).await, "a disabled client's own tokens are dead");
    let outcome = store.redeem(&unused.digest, &issue(&waiting, 2)).await.expect("redeem");
    assert_eq!(outcome, Redeemed::Gone, "a disabled client redeems no code");
    let next = issue(&family, 2);
    let outcome = store.rotate(&refresh_of(&tokens), &next, &retry_until(10)).await.expect("rotate");
    assert_eq!(outcome, Rotated::Gone, "a disabled client refreshes nothing");
    let more = grantless(&client);
    assert_eq!(store.issue(&more).await.expect("issue"), Saved::Gone, "a disabled client gets no tokens");
    let more_of_grant = issue(&family, 2);
    assert_eq!(store.issue(&more_of_grant).await.expect("issue"), Saved::Gone, "nor under a grant");

    client.enabled = true;
    assert!(store.update_client(&client).await.expect("update_client"), "the client is there");
    assert!(is_alive(store, &tokens, 3).await && is_alive(store, &own, 3).await, "enabled again, tokens live again");
    for refused in [&next, &more, &more_of_grant] {
        assert!(!is_alive(store, refused, 3).await, "what was refused was not stored");
    }
    assert!(!is_revoked(store, &family).await, "disabling a client revokes no grant");
    let outcome = store.rotate(&refresh_of(&tokens), &next, &retry_until(10)).await.expect("rotate");
    assert_eq!(outcome, Rotated::Now, "a refresh token lives again");
    let outcome = store.redeem(&unused.digest, &issue(&waiting, 3)).await.expect("redeem");
    assert_eq!(outcome, Redeemed::Now, "a code lives again");
}

/// Deleting a client ends everything that was issued to it, and nothing else; a client created later
/// under its identifier inherits nothing.
pub async fn a_client_created_again_inherits_nothing(store: &AnyStore) {
    let (client, neighbour) = (registered(store).await, registered(store).await);
    let (family, used, tokens) = redeemed_by(store, &client, "ada").await;
    let (waiting, unused) = approved_by(store, &client, "ada").await;
    let (_, _, others) = redeemed_by(store, &neighbour, "ada").await;
    let own = grantless(&client);
    assert_eq!(store.issue(&own).await.expect("issue"), Saved::Now, "an enabled client gets tokens");
    assert!(store.delete_client(&client.id, at(2)).await.expect("delete_client"), "the client was there");
    assert_eq!(store.client(&client.id).await.expect("client"), None, "a deleted client is gone");

    for created_again in [false, true] {
        if created_again {
            let outcome = store.create_client(&client).await.expect("create_client");
            assert_eq!(outcome, Created::Now, "the identifier of a deleted client is free");
        }
        assert!(!is_alive(store, &tokens, 3).await, "a deleted client's tokens are dead");
        assert!(!is_alive(store, &own, 3).await, "a deleted client's own tokens are dead");
        let outcome = store.redeem(&unused.digest, &issue(&waiting, 3)).await.expect("redeem");
        assert!(matches!(outcome, Redeemed::Gone | Redeemed::Unknown), "a deleted client's code is not redeemed");
        let outcome = store.redeem(&used.digest, &issue(&family, 3)).await.expect("redeem");
        assert!(matches!(outcome, Redeemed::Gone | Redeemed::Unknown), "nor one that was used");
        let outcome = store.rotate(&refresh_of(&tokens), &issue(&family, 3), &retry_until(10)).await.expect("rotate");
        assert!(matches!(outcome, Rotated::Gone | Rotated::Unknown), "a deleted client's refresh token is dead");
        let outcome = store.issue(&issue(&family, 3)).await.expect("issue");
        assert_eq!(outcome, Saved::Gone, "a deleted client's grant is dead");
        assert_eq!(store.grant(&family.id).await.expect("grant"), None, "a deleted client's grant is gone");
        let filter = crate::store::GrantFilter::Subject(subject("ada"));
        let grants = store.grants(&filter, &Page::first(10), at(3)).await.expect("grants");
        assert_eq!(grants.len(), 1, "of the person's grants the neighbour's is left");
    }
    assert!(is_alive(store, &others, 3).await, "another client keeps its tokens");
    let new = grant(&client, "ada");
    assert_eq!(save(store, &new, &code(&new)).await.expect("save_code"), Saved::Now, "the new client can begin");
}
