//! A year of traffic, by a clock that is only told: what a store holds at the end of a day follows
//! from how long things live, not from how long it has been running.
//!
//! Not one of the macros' tests, because only the store's own side can count all that it holds:
//!
//! ```no_run
//! use oauth_core::store::{MemoryStore, conformance::{check, year}};
//! # fn rows_of_all_tables() -> u64 { 0 }
//!
//! check(async { (MemoryStore::new(), ()) }, async |store: &MemoryStore| {
//!     year::a_year_stays_bounded(store, 8, async || rows_of_all_tables()).await;
//! });
//! ```

use super::sample::{at, client, code, digest, grant, registered, retry_until, save, scope, subject};
use crate::client::Client;
use crate::clock::Timestamp;
use crate::secret::Digest;
use crate::store::{
    Grant, Issue, IssuedAccess, IssuedRefresh, PendingDecision, Redeemed, Rotated, Saved, Session, SessionStore, Store,
};

const DAY: i64 = 86_400;

/// How long things live here, in seconds; nothing lives longer than a family.
const CODE: i64 = 60;
const ACCESS: i64 = 3_600;
const DECISION: i64 = 600;
const SESSION: i64 = 7 * DAY;
const IDLE: i64 = 10 * DAY;
const FAMILY: i64 = 30 * DAY;

/// After how many days as much goes as comes.
const STEADY: i64 = FAMILY / DAY + 1;

/// Into how many tasks a day's traffic is divided.
const LANES: u32 = 8;

/// After how many days what is done with a grant in the end is done.
const FATE: i64 = 5;

/// What becomes of a grant.
#[derive(Clone, Copy)]
enum Fate {
    /// Its tokens are refreshed every five days until its end.
    Kept,
    /// It is refreshed every day for some days and then no more.
    Forgotten,
    /// It is revoked after some days.
    Revoked,
    /// A retired refresh token of it comes back after some days.
    Replayed,
}

struct Family {
    grant: Grant,
    began: i64,
    refresh: Digest,
    fate: Fate,
}

/// Sweeps once a day for a year in which `each_day` grants a day are made, in every way that grants go:
/// redeemed and not, refreshed to their end or for some days, revoked, replayed; with sessions, decisions
/// and tokens of the client's own, and a client a week that is deleted with all of that.
///
/// `count` counts all that the store holds, of whatever kind: rows of every table, keys, entries. What it
/// says must not grow once the longest of the lifetimes (30 days) has passed, and at the end, when nobody
/// comes any more, it must be back where it began.
#[allow(clippy::print_stdout, reason = "it says how much was held, as the races say how many met")]
pub async fn a_year_stays_bounded<S>(store: &S, each_day: u32, count: impl AsyncFn() -> u64)
where
    S: Store + SessionStore,
{
    let client = registered(store).await;
    let empty = count().await;
    let mut lanes: Vec<Vec<Family>> = (0..LANES).map(|_| Vec::new()).collect();
    let mut guest = None;
    let (mut most, mut counted) = (0, Vec::new());
    for day in 0..365 {
        let tasks: Vec<_> = std::mem::take(&mut lanes)
            .into_iter()
            .zip(0..)
            .map(|(lane, number)| {
                let (store, client) = (store.clone(), client.clone());
                let newcomers = (number..each_day).step_by(usize::try_from(LANES).unwrap_or(1));
                tokio::spawn(async move {
                    let mut lane = refresh_all(&store, lane, day).await;
                    for number in newcomers {
                        lane.extend(arrive(&store, &client, person_of(each_day, number, day), day).await);
                    }
                    lane
                })
            })
            .collect();
        for task in tasks {
            lanes.push(task.await.expect("a day ends"));
        }
        guest = visit(store, guest, day).await;
        sweep_all(store, (day + 1) * DAY).await;
        if day < STEADY || day % 7 == 0 {
            let held = count().await;
            counted.push(held);
            if day <= STEADY {
                most = most.max(held);
            }
            // What comes is the same every day but for the weekly client, so the plateau is one.
            assert!(held <= most + most / 10, "day {day}: {held} are held, after {most} in the first {STEADY} days");
        }
    }
    println!(
        "{each_day} grants a day: {most} are held after {STEADY} days, {:?} at the end of the year",
        counted.last()
    );
    assert!(most > empty + u64::from(each_day), "what lives is counted: {counted:?}");
    let end = 365 * DAY + FAMILY;
    if let Some((client, _)) = guest {
        store.delete_client(&client.id, at(end)).await.expect("delete_client");
    }
    sweep_all(store, end).await;
    assert_eq!(count().await, empty, "nothing is left of what has expired");
    assert_eq!(store.overdue_since(at(end)).await.expect("overdue_since"), None, "and nothing waits");
}

/// Gives how many grants a day a test makes: what the variable `OAUTH_YEAR_EACH_DAY` says, where somebody
/// wants more than a test has time for.
pub fn each_day(unless_told: u32) -> u32 {
    std::env::var("OAUTH_YEAR_EACH_DAY").ok().and_then(|text| text.parse().ok()).unwrap_or(unless_told)
}

async fn sweep_all(store: &impl Store, now: i64) {
    for _ in 0..10_000 {
        if !store.sweep(at(now), 1_000).await.expect("sweep").more {
            return;
        }
    }
    panic!("sweeping comes to an end");
}

/// Chooses who comes: if fewer than eight a day do, they take turns, so that every fate has its days.
fn person_of(each_day: u32, number: u32, day: i64) -> u32 {
    let people = each_day.max(8);
    let before = u32::try_from(day).unwrap_or(0).wrapping_mul(each_day);
    before.wrapping_add(number) % people
}

/// Makes one grant with all that comes with a person, and gives it if it is refreshed later.
async fn arrive<S: Store + SessionStore>(store: &S, client: &Client, number: u32, day: i64) -> Option<Family> {
    let morning = day * DAY;
    sign_in(store, number, morning).await;
    own_token(store, client, morning).await;
    let mut grant = grant(client, &format!("person-{number}"));
    (grant.created_at, grant.expires_at) = (at(morning), at(morning + CODE));
    let mut code = code(&grant);
    code.expires_at = at(morning + CODE);
    assert_eq!(save(store, &grant, &code).await.expect("save_code"), Saved::Now, "a new code is saved");
    let fate = match number % 8 {
        // It never comes to a redemption.
        0 => return None,
        // No refresh token is asked for.
        1 => {
            let issue = issue(&grant, morning + 1, None);
            assert_eq!(store.redeem(&code.digest, &issue).await.expect("redeem"), Redeemed::Now, "it is redeemed");
            return None;
        }
        2 | 3 => Fate::Kept,
        4 | 5 => Fate::Forgotten,
        6 => Fate::Revoked,
        _ => Fate::Replayed,
    };
    let refresh = digest();
    let issue = issue(&grant, morning + 1, Some((refresh, morning + FAMILY)));
    assert_eq!(store.redeem(&code.digest, &issue).await.expect("redeem"), Redeemed::Now, "it is redeemed");
    Some(Family { grant, began: day, refresh, fate })
}

/// Refreshes what is refreshed on a day, ends what ends, and gives what is left.
async fn refresh_all<S: Store>(store: &S, lane: Vec<Family>, day: i64) -> Vec<Family> {
    let (mut left, now) = (Vec::with_capacity(lane.len()), day * DAY);
    for mut family in lane {
        let age = day - family.began;
        match family.fate {
            Fate::Kept if age * DAY >= FAMILY => continue,
            Fate::Kept if age % FATE != 0 => {
                left.push(family);
                continue;
            }
            Fate::Forgotten if age >= FATE => continue,
            Fate::Revoked if age >= FATE => {
                assert!(store.revoke_grant(&family.grant.id, at(now)).await.expect("revoke_grant"), "it was live");
                continue;
            }
            Fate::Kept | Fate::Forgotten | Fate::Revoked | Fate::Replayed => {}
        }
        let retired = family.refresh;
        family.refresh = digest();
        let next = issue(&family.grant, now, Some((family.refresh, family.began * DAY + FAMILY)));
        let rotated = store.rotate(&retired, &next, &retry_until(now + 10)).await.expect("rotate");
        assert_eq!(rotated, Rotated::Now, "a refresh token is good for so long");
        if matches!(family.fate, Fate::Replayed) && age >= FATE {
            let again = issue(&family.grant, now + 10, Some((digest(), family.began * DAY + FAMILY)));
            let rotated = store.rotate(&retired, &again, &retry_until(now + 20)).await.expect("rotate");
            assert_eq!(rotated, Rotated::Reused(family.grant.id), "a replay is known");
            continue;
        }
        left.push(family);
    }
    left
}

/// Registers a client once a week, whose people come and go as others do, and deletes the last one.
async fn visit<S: Store + SessionStore>(store: &S, guest: Option<(Client, i64)>, day: i64) -> Option<(Client, i64)> {
    match guest {
        Some((client, since)) if day - since >= 3 => {
            assert!(store.delete_client(&client.id, at(day * DAY)).await.expect("delete_client"), "it was there");
            None
        }
        None if day % 7 == 0 => {
            let guest = client(&format!("guest-{day}"));
            store.create_client(&guest).await.expect("create_client");
            for number in 0..8 {
                arrive(store, &guest, number, day).await;
            }
            Some((guest, day))
        }
        guest => guest,
    }
}

/// Opens a session with two decisions, of which one is taken; every other session is ended.
async fn sign_in<S: SessionStore>(store: &S, number: u32, now: i64) {
    let who = subject(&format!("person-{number}"));
    let session = Session {
        digest: digest(),
        subject: who,
        credential: digest(),
        created_at: at(now),
        expires_at: at(now + SESSION),
    };
    store.create_session(&session).await.expect("create_session");
    let (session, expires_at) = (session.digest, at(now + DECISION));
    for request in [digest(), digest()] {
        let decision = PendingDecision { session, request, allowed: None, expires_at };
        store.save_decision(&decision).await.expect("save_decision");
        if number.is_multiple_of(2) {
            store.take_decision(&session, &request, at(now)).await.expect("take_decision");
        }
    }
    if number.is_multiple_of(3) {
        store.end_session(&session).await.expect("end_session");
    }
}

async fn own_token(store: &impl Store, client: &Client, now: i64) {
    let access = access(client, now);
    let issue =
        Issue { grant_expires_at: access.expires_at, access, refresh: None, authenticated_by: None, now: at(now) };
    assert_eq!(store.issue(&issue).await.expect("issue"), Saved::Now, "an enabled client gets tokens");
}

fn access(client: &Client, now: i64) -> IssuedAccess {
    IssuedAccess {
        digest: digest(),
        client_id: client.id.clone(),
        grant: None,
        scope: scope("read"),
        audience: Vec::new(),
        attributes: Default::default(),
        issued_at: at(now),
        expires_at: at(now + ACCESS),
    }
}

/// Tokens under a grant: with a refresh token that has a digest and a family's end, or without.
fn issue(grant: &Grant, now: i64, refresh: Option<(Digest, i64)>) -> Issue {
    let mut access = access(&client(grant.client_id.as_str()), now);
    access.grant = Some(grant.id);
    let refresh = refresh.map(|(digest, family_end)| IssuedRefresh {
        digest,
        grant: grant.id,
        issued_at: at(now),
        expires_at: at((now + IDLE).min(family_end)),
        family_expires_at: at(family_end),
    });
    let grant_expires_at: Timestamp = refresh.as_ref().map_or(access.expires_at, |refresh| refresh.family_expires_at);
    Issue { access, refresh, grant_expires_at, authenticated_by: None, now: at(now) }
}
