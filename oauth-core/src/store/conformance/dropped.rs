//! A verb whose future is dropped has run to its end or left nothing behind.
//!
//! Each verb is started anew and dropped after one poll, after two, and so on until it completes;
//! then, when the store has come to rest, either all of its parts are there or none.

use super::AnyStore;
use super::accounts::account;
use super::interrupted::{MOST_POLLS, all_or_nothing, polled};
use super::pending::pending;
use super::sample::{
    approved, approved_by, at, basis, client, code, digest, grant, grantless, is_alive, is_revoked, issue, redeemed,
    redeemed_by, refresh_of, registered, retry_until, session,
};
use super::sessions::decision;
use crate::client::Client;
use crate::identifier::ClientId;
use crate::secret::Digest;
use crate::store::{
    AccountStore as _, ClientStore as _, CodeStore as _, GrantFilter, GrantStore as _, Housekeeping as _, Page,
    PasswordHash, PendingRequestStore as _, SessionStore as _, TokenStore as _,
};
use std::time::Duration;

/// The verbs of clients.
pub async fn client_verbs_are_all_or_nothing(store: &AnyStore) {
    let new = async |_: &AnyStore| client(ClientId::generate().as_str());
    let exists = async |store: &AnyStore, client: &Client| store.client(&client.id).await.expect("client").is_some();
    all_or_nothing(
        store,
        "create_client",
        new,
        async |s, client| s.create_client(client).await,
        async |s, client| vec![exists(s, client).await],
    )
    .await;

    let with_tokens = async |store: &AnyStore| {
        let (client, grant, code, tokens) = redeemed(store).await;
        let own = grantless(&client);
        store.issue(&own).await.expect("issue");
        (client, grant, code, [tokens, own])
    };
    all_or_nothing(
        store,
        "update_client",
        with_tokens,
        async |s, (client, ..)| {
            let mut disabled = client.clone();
            disabled.enabled = false;
            s.update_client(&disabled).await
        },
        async |s, (client, _, _, [tokens, own])| {
            let stored = s.client(&client.id).await.expect("client").expect("the client is there");
            vec![!stored.enabled, !is_alive(s, tokens, 2).await, !is_alive(s, own, 2).await]
        },
    )
    .await;
    all_or_nothing(
        store,
        "delete_client",
        with_tokens,
        async |s, (client, ..)| s.delete_client(&client.id, at(2)).await,
        async |s, (client, grant, code, [tokens, own])| {
            vec![
                !exists(s, client).await,
                s.grant(&grant.id).await.expect("grant").is_none(),
                s.code(&code.digest).await.expect("code").is_none(),
                s.refresh_token(&refresh_of(tokens)).await.expect("refresh_token").is_none(),
                !is_alive(s, tokens, 2).await,
                !is_alive(s, own, 2).await,
            ]
        },
    )
    .await;
}

/// The verbs of codes.
pub async fn code_verbs_are_all_or_nothing(store: &AnyStore) {
    all_or_nothing(
        store,
        "save_code",
        async |s: &AnyStore| {
            let grant = grant(&registered(s).await, "ada");
            let (code, basis) = (code(&grant), basis(s, &grant).await);
            (grant, code, basis)
        },
        async |s, (grant, code, basis)| s.save_code(grant, code, basis).await,
        async |s, (grant, code, _)| {
            let (filter, page) = (GrantFilter::Client(grant.client_id.clone()), Page::first(1));
            vec![
                s.grant(&grant.id).await.expect("grant").is_some(),
                s.code(&code.digest).await.expect("code").is_some(),
                !s.grants(&filter, &page, at(1)).await.expect("grants").is_empty(),
            ]
        },
    )
    .await;
    all_or_nothing(
        store,
        "redeem",
        async |s: &AnyStore| {
            let (_, grant, code) = approved(s).await;
            let issue = issue(&grant, 1);
            (grant, code, issue)
        },
        async |s, (_, code, issue)| s.redeem(&code.digest, issue).await,
        async |s, (grant, code, issue)| {
            let grant = s.grant(&grant.id).await.expect("grant").expect("the grant is there");
            let code = s.code(&code.digest).await.expect("code").expect("the code is there");
            vec![
                code.used_at.is_some(),
                is_alive(s, issue, 1).await,
                s.refresh_token(&refresh_of(issue)).await.expect("refresh_token").is_some(),
                grant.last_issued_at.is_some(),
            ]
        },
    )
    .await;
    all_or_nothing(
        store,
        "redeem, of a used code",
        redeemed,
        async |s, (_, grant, code, _)| s.redeem(&code.digest, &issue(grant, 2)).await,
        async |s, (_, grant, _, tokens)| vec![is_revoked(s, grant).await, !is_alive(s, tokens, 2).await],
    )
    .await;
}

/// The verbs of tokens.
pub async fn token_verbs_are_all_or_nothing(store: &AnyStore) {
    all_or_nothing(
        store,
        "issue",
        async |s: &AnyStore| {
            let (_, grant, _, _) = redeemed(s).await;
            issue(&grant, 2)
        },
        async |s, issue| s.issue(issue).await,
        async |s, issue| {
            let refresh = s.refresh_token(&refresh_of(issue)).await.expect("refresh_token");
            vec![is_alive(s, issue, 2).await, refresh.is_some()]
        },
    )
    .await;
    all_or_nothing(
        store,
        "rotate",
        async |s: &AnyStore| {
            let (_, grant, _, first) = redeemed(s).await;
            let next = issue(&grant, 10);
            (first, next)
        },
        async |s, (first, next)| s.rotate(&refresh_of(first), next, &retry_until(20)).await,
        async |s, (first, next)| {
            let held = s.refresh_token(&refresh_of(first)).await.expect("refresh_token").expect("the token is there");
            vec![
                held.retired_at.is_some(),
                held.grant.last_issued_at == Some(at(10)),
                is_alive(s, next, 10).await,
                s.refresh_token(&refresh_of(next)).await.expect("refresh_token").is_some(),
            ]
        },
    )
    .await;
    all_or_nothing(
        store,
        "rotate, of a retired token",
        async |s: &AnyStore| {
            let (_, grant, _, first) = redeemed(s).await;
            let next = issue(&grant, 10);
            s.rotate(&refresh_of(&first), &next, &retry_until(20)).await.expect("rotate");
            (grant, first, next)
        },
        async |s, (grant, first, _)| s.rotate(&refresh_of(first), &issue(grant, 20), &retry_until(30)).await,
        async |s, (grant, first, next)| {
            let revoked = is_revoked(s, grant).await;
            vec![revoked, !is_alive(s, first, 20).await, !is_alive(s, next, 20).await]
        },
    )
    .await;
    all_or_nothing(
        store,
        "revoke_access_token",
        redeemed,
        async |s, (_, _, _, tokens)| s.revoke_access_token(&tokens.access.digest, at(2)).await,
        async |s, (_, _, _, tokens)| vec![!is_alive(s, tokens, 2).await],
    )
    .await;
}

/// The verbs of grants, and the sweep of one.
pub async fn grant_verbs_are_all_or_nothing(store: &AnyStore) {
    all_or_nothing(
        store,
        "revoke_grant",
        redeemed,
        async |s, (_, grant, ..)| s.revoke_grant(&grant.id, at(2)).await,
        async |s, (_, grant, _, tokens)| vec![is_revoked(s, grant).await, !is_alive(s, tokens, 2).await],
    )
    .await;
    all_or_nothing(
        store,
        "revoke_grants",
        async |s: &AnyStore| {
            let (client, first, _, first_tokens) = redeemed(s).await;
            let (second, _, second_tokens) = redeemed_by(s, &client, "grace").await;
            let own = grantless(&client);
            s.issue(&own).await.expect("issue");
            (client, [first, second], [first_tokens, second_tokens, own])
        },
        async |s, (client, ..)| s.revoke_grants(&GrantFilter::Client(client.id.clone()), at(2)).await,
        async |s, (_, [first, second], [first_tokens, second_tokens, own])| {
            vec![
                is_revoked(s, first).await,
                is_revoked(s, second).await,
                !is_alive(s, first_tokens, 2).await,
                !is_alive(s, second_tokens, 2).await,
                !is_alive(s, own, 2).await,
            ]
        },
    )
    .await;
    let everything_over = at(1_000);
    all_or_nothing(
        store,
        "sweep",
        async |s: &AnyStore| {
            while s.sweep(everything_over, 1_000).await.expect("sweep").more {}
            let client = registered(s).await;
            let (grant, code) = approved_by(s, &client, "ada").await;
            let mut tokens = issue(&grant, 1);
            // The access token stays, so that the grant is the only record to go.
            (tokens.access.expires_at, tokens.grant_expires_at) = (at(900), at(500));
            s.redeem(&code.digest, &tokens).await.expect("redeem");
            (grant, code, tokens)
        },
        async |s, _| s.sweep(at(500), 1_000).await,
        async |s, (grant, code, tokens)| {
            vec![
                s.grant(&grant.id).await.expect("grant").is_none(),
                s.code(&code.digest).await.expect("code").is_none(),
                s.refresh_token(&refresh_of(tokens)).await.expect("refresh_token").is_none(),
                !is_alive(s, tokens, 2).await,
            ]
        },
    )
    .await;
}

/// The verbs of sessions.
pub async fn session_verbs_are_all_or_nothing(store: &AnyStore) {
    let is_open = async |s: &AnyStore, digest: &Digest| s.session(digest, at(1)).await.expect("session").is_some();
    all_or_nothing(
        store,
        "create_session",
        async |s: &AnyStore| {
            let mut new = session(s, "ada").await;
            new.digest = digest();
            new
        },
        async |s, session| s.create_session(session).await,
        async |s, session| vec![is_open(s, &session.digest).await],
    )
    .await;
    let two = async |s: &AnyStore| [session(s, "grace").await, session(s, "grace").await];
    all_or_nothing(
        store,
        "end_session",
        two,
        async |s, [first, _]| s.end_session(&first.digest).await,
        async |s, [first, _]| vec![!is_open(s, &first.digest).await],
    )
    .await;
    all_or_nothing(
        store,
        "end_sessions",
        two,
        async |s, [first, _]| s.end_sessions(&first.subject).await,
        async |s, [first, second]| vec![!is_open(s, &first.digest).await, !is_open(s, &second.digest).await],
    )
    .await;
    // Reading a decision takes it: of a dropped verb only what can be told afterwards is asked.
    for polls in 1..=MOST_POLLS {
        let decided = decision(&session(store, "ada").await, digest());
        store.save_decision(&decided).await.expect("save_decision");
        let taken = polled(store.take_decision(&decided.session, &decided.request, at(1)), polls).await;
        tokio::time::sleep(Duration::from_millis(3)).await;
        let left = store.take_decision(&decided.session, &decided.request, at(1)).await.expect("take_decision");
        assert!(left.is_none() || left.as_ref() == Some(&decided), "take_decision: a decision is whole or gone");
        if let Some(taken) = taken {
            assert_eq!(taken.expect("take_decision"), Some(decided), "take_decision: what has returned was taken");
            assert_eq!(left, None, "take_decision: what was taken is gone");
            break;
        }
    }
}

/// The verbs of pending requests: what is told of one afterwards takes it.
pub async fn pending_verbs_are_all_or_nothing(store: &AnyStore) {
    for polls in 1..=MOST_POLLS {
        let held = pending("ada");
        let take = async || store.take_pending(&held.digest, &held.subject, at(1)).await.expect("take_pending");
        let saved = polled(store.save_pending(&held), polls).await;
        tokio::time::sleep(Duration::from_millis(3)).await;
        let left = take().await;
        assert!(left.is_none() || left.as_ref() == Some(&held), "save_pending: a request is whole or not there");
        if let Some(saved) = saved {
            saved.expect("save_pending");
            assert_eq!(left, Some(held), "save_pending: what has returned is done");
            break;
        }
    }
    for polls in 1..=MOST_POLLS {
        let held = pending("ada");
        store.save_pending(&held).await.expect("save_pending");
        let taken = polled(store.take_pending(&held.digest, &held.subject, at(1)), polls).await;
        tokio::time::sleep(Duration::from_millis(3)).await;
        let left = store.take_pending(&held.digest, &held.subject, at(1)).await.expect("take_pending");
        assert!(left.is_none() || left.as_ref() == Some(&held), "take_pending: a request is whole or gone");
        if let Some(taken) = taken {
            assert_eq!(taken.expect("take_pending"), Some(held), "take_pending: what has returned was taken");
            assert_eq!(left, None, "take_pending: what was taken is gone");
            break;
        }
    }
}

/// The verbs of accounts, with the sessions and grants that end with one.
pub async fn account_verbs_are_all_or_nothing(store: &AnyStore) {
    all_or_nothing(
        store,
        "create_account",
        async |_: &AnyStore| account(ClientId::generate().as_str()),
        async |s, account| s.create_account(account).await,
        async |s, account| {
            vec![
                s.account(&account.subject).await.expect("account").is_some(),
                s.account_named(&account.username).await.expect("account_named").is_some(),
            ]
        },
    )
    .await;
    all_or_nothing(
        store,
        "replace_account",
        async |s: &AnyStore| {
            let account = account(ClientId::generate().as_str());
            s.create_account(&account).await.expect("create_account");
            account
        },
        async |s, account| {
            let mut changed = account.clone();
            changed.change_attributes(&["one", "two"].map(|name| (name.to_owned(), Some(name.to_owned()))).into());
            s.replace_account(account, &changed, at(2)).await
        },
        async |s, account| {
            let stored = s.account(&account.subject).await.expect("account").expect("the account is there");
            ["one", "two"].map(|name| stored.attributes.contains_key(name)).to_vec()
        },
    )
    .await;
    all_or_nothing(
        store,
        "rename_account",
        async |s: &AnyStore| {
            let account = account(ClientId::generate().as_str());
            s.create_account(&account).await.expect("create_account");
            account
        },
        async |s, account| {
            let mut renamed = account.clone();
            renamed.take_name(&format!("renamed {}", account.username));
            s.rename_account(account, &renamed, at(2)).await
        },
        async |s, account| {
            vec![
                s.account(&account.subject).await.expect("account").is_some_and(|now| now.username != account.username),
                s.account_named(&account.username).await.expect("account_named").is_none(),
            ]
        },
    )
    .await;
    let password = PasswordHash::from_phc("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$new");
    for verb_name in ["replace_account, a password", "replace_account, disabling", "delete_account"] {
        all_or_nothing(
            store,
            verb_name,
            async |s: &AnyStore| {
                let account = account(ClientId::generate().as_str());
                s.create_account(&account).await.expect("create_account");
                let (grant, _, tokens) = redeemed_by(s, &registered(s).await, account.subject.as_str()).await;
                let session = session(s, account.subject.as_str()).await;
                (account, grant, tokens, session)
            },
            async |s, (account, ..)| {
                let (mut renewed, mut disabled) = (account.clone(), account.clone());
                (renewed.password, disabled.enabled) = (password.clone(), false);
                match verb_name {
                    "replace_account, a password" => s.replace_account(account, &renewed, at(2)).await.map(drop),
                    "replace_account, disabling" => s.replace_account(account, &disabled, at(2)).await.map(drop),
                    _ => s.delete_account(&account.subject, at(2)).await.map(drop),
                }
            },
            async |s, (account, grant, tokens, session)| {
                vec![
                    s.account(&account.subject).await.expect("account").as_ref() != Some(account),
                    s.session(&session.digest, at(2)).await.expect("session").is_none(),
                    is_revoked(s, grant).await,
                    !is_alive(s, tokens, 2).await,
                ]
            },
        )
        .await;
    }
}
