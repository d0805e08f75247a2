//! What a provider answers on this store when the store fails: at its n-th call, for each n that a request
//! has, before the verb has happened or after, when only its answer is lost. Nothing that failed is called
//! done, and nothing is left by halves: the same request, sent again, ends well or ends the grant.

use super::AnyStore;
use super::sample::scope;
use super::site::{Answer, Moment, Site};
use crate::store::Store;

/// Makes a request with a failure at its first call, its second and so on, until none is left to fail; each
/// time on a provider of its own.
async fn at_every_call<S: Store, P>(
    store: &S,
    what: &str,
    prepare: impl AsyncFn(&Site<S>) -> P,
    request: impl AsyncFn(&Site<S>, &P) -> Answer,
    afterwards: impl AsyncFn(&Site<S>, &P, Moment),
) {
    for moment in [Moment::Before, Moment::After] {
        for call in 1.. {
            let site = Site::new(store, moment).await;
            let prepared = prepare(&site).await;
            site.fail_at(call);
            let answer = request(&site, &prepared).await;
            if !site.has_failed() {
                assert!(call > 1, "{what}: the store was asked");
                assert!(answer.is_success(), "{what}: without a failure it succeeds: {answer:?}");
                break;
            }
            assert!(
                answer.is_unavailable() && !answer.is_success(),
                "{what}: call {call} failed ({moment:?}), and the answer says so: {answer:?}"
            );
            afterwards(&site, &prepared, moment).await;
        }
    }
}

/// A code that was not given to anybody is not given; asking again gives one that can be redeemed.
pub async fn an_authorization_that_failed_gives_no_code(store: &AnyStore) {
    at_every_call(
        store,
        "authorization",
        async |_| (),
        async |site, ()| site.authorize().await,
        async |site, (), _| {
            let answer = site.redeem(&site.authorize().await.code()).await;
            assert!(answer.is_success(), "a request that is made again succeeds: {answer:?}");
        },
    )
    .await;
}

/// A redemption that failed before it happened can be made again; one whose answer was lost is a replay then,
/// and ends the grant with the tokens that nobody has.
pub async fn a_redemption_that_failed_is_whole_or_nothing(store: &AnyStore) {
    at_every_call(
        store,
        "redemption",
        async |site| site.authorize().await.code(),
        async |site, code| site.redeem(code).await,
        async |site, code, _| {
            let again = site.redeem(code).await;
            if again.is_success() {
                assert!(site.is_active(&again.member("access_token")).await, "a token that was given lives");
                assert_eq!(site.live_grants().await, 1, "under its grant");
            } else {
                assert_eq!(again.member("error"), "invalid_grant", "the code is used: {again:?}");
                assert_eq!(site.live_grants().await, 0, "what nobody has is ended");
            }
        },
    )
    .await;
}

/// A refresh that failed can be made again, whether it happened or not: nobody is signed out by it.
pub async fn a_refresh_that_failed_can_be_made_again(store: &AnyStore) {
    at_every_call(
        store,
        "refresh",
        async |site| site.tokens().await.1,
        async |site, token| site.refresh(token).await,
        async |site, token, _| {
            let again = site.refresh(token).await;
            assert!(again.is_success(), "the same answer, or the first: {again:?}");
            assert!(site.is_active(&again.member("access_token")).await, "its token lives");
            let next = site.refresh(&again.member("refresh_token")).await;
            assert!(next.is_success(), "its refresh token can be used: {next:?}");
        },
    )
    .await;
}

/// A revocation that failed is not called done; made again, it is.
pub async fn a_revocation_that_failed_is_not_called_done(store: &AnyStore) {
    for of_refresh in [true, false] {
        at_every_call(
            store,
            "revocation",
            async |site| site.tokens().await,
            async |site, (access, refresh)| {
                site.post("revoke", &[("token", if of_refresh { refresh } else { access })]).await
            },
            async |site, (access, refresh), _| {
                let token = if of_refresh { refresh } else { access };
                let again = site.post("revoke", &[("token", token)]).await;
                assert!(again.is_success(), "a request that is made again succeeds: {again:?}");
                assert!(!site.is_active(access).await, "and now it is done");
            },
        )
        .await;
    }
}

/// Nobody is told that a token is dead, or given one, because the store could not be asked.
pub async fn what_cannot_be_asked_is_neither_dead_nor_issued(store: &AnyStore) {
    at_every_call(
        store,
        "introspection",
        async |site| site.tokens().await.0,
        async |site, token| site.post("introspect", &[("token", token)]).await,
        async |site, token, _| assert!(site.is_active(token).await, "the token lives"),
    )
    .await;
    at_every_call(
        store,
        "client credentials",
        async |_| (),
        async |site, ()| site.post("token", &[("grant_type", "client_credentials"), ("scope", "read")]).await,
        async |site, (), _| {
            let form = [("grant_type", "client_credentials"), ("scope", &*scope("read").to_string())];
            let answer = site.post("token", &form).await;
            assert!(site.is_active(&answer.member("access_token")).await, "a request that is made again succeeds");
        },
    )
    .await;
}
