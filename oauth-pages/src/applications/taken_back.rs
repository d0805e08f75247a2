use oauth_core::client::{Client, ClientType, GrantType};
use oauth_core::scope::Scope;

/// Takes a change out of an application: a member that is as the change set it becomes what it was before, and of a member
/// that somebody changed since, what the change added goes. An approval that the change took away does not return, nor
/// is the application switched on or unblocked: somebody who saw that since had nothing left to do. If somebody put
/// something else in the place of what the change added, nobody knows what rests on what: the application is switched
/// off.
pub(super) fn without(before: &Client, saved: &Client, now: &Client) -> Client {
    let mut left = now.clone();
    macro_rules! take_out {
        ($($($member:ident).+)*) => {$(
            if left.$($member).+ == saved.$($member).+ {
                left.$($member).+.clone_from(&before.$($member).+);
            }
        )*};
    }
    take_out!(name uri client_type secrets redirect_uris grant_types scope resources resources_since owner);
    take_out!(insecure_without_pkce allowed_origins attributes);
    take_out!(lifetimes.code lifetimes.access_token lifetimes.refresh_token_idle lifetimes.refresh_token);
    let contested = [
        keep(&mut left.secrets, &saved.secrets, &before.secrets),
        keep(&mut left.redirect_uris, &saved.redirect_uris, &before.redirect_uris),
        keep(&mut left.grant_types, &saved.grant_types, &before.grant_types),
        keep(&mut left.resources, &saved.resources, &before.resources),
        keep(&mut left.allowed_origins, &saved.allowed_origins, &before.allowed_origins),
    ];
    left.scope = narrowed(left.scope, saved.scope.as_ref(), before.scope.as_ref());
    if left.client_type == ClientType::Public && left != *before {
        left.secrets.clear();
        left.insecure_without_pkce = false;
        left.grant_types.retain(|grant| *grant != GrantType::ClientCredentials);
    }
    left.trusted = now.trusted && (before.trusted || !saved.trusted);
    left.sanctioned = now.sanctioned && (before.sanctioned || !saved.sanctioned);
    left.lapsed = now.lapsed || (before.lapsed && !saved.lapsed);
    left.enabled = now.enabled && (before.enabled || !saved.enabled) && !contested.contains(&true);
    left.blocked.clone_from(&now.blocked);
    if let (Some(reason), None, None) = (&before.blocked, &saved.blocked, &now.blocked) {
        left.block(reason);
    }
    left
}

/// Keeps of a list what a change did not add, and tells whether somebody put something else in the place of that.
fn keep<T: PartialEq>(left: &mut Vec<T>, saved: &[T], before: &[T]) -> bool {
    let is_added = |item: &T| saved.contains(item) && !before.contains(item);
    let is_gone = saved.iter().any(|item| is_added(item) && !left.contains(item));
    let is_new = left.iter().any(|item| !saved.contains(item) && !before.contains(item));
    left.retain(|item| !is_added(item));
    is_gone && is_new
}

/// Takes out of a scope the tokens that a change added. No scope stands for every one.
fn narrowed(left: Option<Scope>, saved: Option<&Scope>, before: Option<&Scope>) -> Option<Scope> {
    let Some(before) = before else { return left };
    match (left, saved) {
        (None, _) => Some(before.clone()),
        (Some(left), None) => Some(left.intersection(before)),
        (Some(left), Some(saved)) => {
            let stays = |token: &&str| before.contains(token) || !saved.contains(token);
            let text = left.iter().filter(stays).collect::<Vec<_>>().join(" ");
            Some(text.parse().unwrap_or_else(|_| Scope::empty()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oauth_core::client::Origin;
    use oauth_core::identifier::{ClientId, Subject};
    use oauth_core::redirect::RedirectUri;
    use std::time::Duration;

    fn uri(text: &str) -> RedirectUri {
        RedirectUri::register(text, false).unwrap()
    }

    fn client(uris: &[&str]) -> Client {
        let mut client = Client::new(ClientId::new("notes").unwrap(), "Notes", ClientType::Confidential);
        client.redirect_uris = uris.iter().copied().map(uri).collect();
        client.scope = Some("read".parse().unwrap());
        client
    }

    #[test]
    fn f_11_a_change_is_taken_out_of_what_somebody_edited_since() {
        let mut before = client(&["https://notes.example/a"]);
        before.lapsed = true;
        let mut saved = client(&["https://notes.example/a", "https://evil.example/"]);
        (saved.client_type, saved.insecure_without_pkce, saved.trusted) = (ClientType::Public, true, true);
        saved.grant_types = vec![GrantType::ClientCredentials];
        saved.allowed_origins = vec![Origin::register("https://evil.example").unwrap()];
        saved.scope = Some("read admin".parse().unwrap());
        saved.lifetimes.access_token = Some(Duration::from_secs(864_000));
        saved.created_at = before.created_at;
        let mut now = saved.clone();
        now.redirect_uris.push(uri("https://notes.example/b"));
        now.owner = Some(Subject::new("grace").unwrap());
        now.scope = Some("read admin write".parse().unwrap());
        now.lifetimes.code = Some(Duration::from_secs(30));
        let left = without(&before, &saved, &now);
        let mut expected = client(&["https://notes.example/a", "https://notes.example/b"]);
        (expected.owner, expected.created_at, expected.lapsed) = (now.owner.clone(), before.created_at, true);
        expected.scope = Some("read write".parse().unwrap());
        expected.lifetimes.code = Some(Duration::from_secs(30));
        assert_eq!(left, expected, "what somebody else set stays");
        assert_eq!(without(&before, &saved, &saved), before, "without an edit it is as before");
        (saved.scope, now.scope) = (None, Some("read admin".parse().unwrap()));
        assert_eq!(without(&before, &saved, &now).scope, before.scope, "narrowed by somebody from everything");
        (saved.scope, now.scope) = (Some("read admin".parse().unwrap()), Some("admin".parse().unwrap()));
        assert_eq!(without(&before, &saved, &now).scope, Some(Scope::empty()), "nothing is left, and not everything");
    }

    #[test]
    fn f_11_an_application_is_switched_off_if_nobody_knows_what_rests_on_what() {
        let (before, first) = (client(&["https://notes.example/"]), client(&["https://evil.example/1"]));
        let second = client(&["https://evil.example/2"]);
        let left = without(&before, &first, &second);
        assert!(!left.enabled, "the second rests on the first");
        let left = without(&first, &second, &left);
        assert!(!left.enabled && left.redirect_uris == first.redirect_uris);
    }
}
