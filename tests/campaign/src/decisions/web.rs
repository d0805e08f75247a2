use super::Score;
use super::contest::{Lanes, Prepared, call, contest, shared};
use super::person::{Person, Place};
use super::site::Site;
use super::ways::{Effect, End, Way};
use crate::arguments::Arguments;
use crate::place::Kind;
use crate::report::Report;
use crate::sizes::Sizes;
use crate::store::AnyStore;
use oauth_tests::Answer;
use std::sync::{Arc, OnceLock};

/// How many trials are run side by side.
const SIDE_BY_SIDE: usize = 4;

/// Runs each pair of ways over HTTP: the commit at one process, the end at the other.
pub(super) async fn run(
    kind: Kind,
    (location, store): (&str, &AnyStore),
    arguments: &Arguments,
    sizes: &Sizes,
    report: &mut Report,
) {
    let all = Way::ALL.into_iter().flat_map(|way| End::ALL.map(|end| (way, end)));
    let pairs: Vec<_> = all.filter_map(|(way, end)| Some((way, end, end.effect(way)?))).collect();
    let case = |way: Way, end: End| format!("HTTP: {}; {}", way.name(), end.name());
    if sizes.visits == 0 || !pairs.iter().any(|(way, end, _)| arguments.wants(&case(*way, *end))) {
        return;
    }
    let site = Site::start(location, store).await;
    let place = Arc::new(Place::new(&site, store).await);
    let mut lasting = [0, 0];
    for (way, end, effect) in pairs {
        if arguments.wants(&case(way, end)) {
            let score = Score::new(kind, &case(way, end), sizes.visits);
            let prepare = || prepared(Arc::clone(&place), way, end, effect);
            report.row(contest(score, Lanes::Tasks(SIDE_BY_SIDE), &mut lasting, prepare).await);
        }
    }
}

/// What came of both requests.
#[derive(Default)]
struct Answers {
    commit: OnceLock<Answer>,
    end: OnceLock<String>,
}

async fn prepared(place: Arc<Place>, way: Way, ended: End, effect: Effect) -> Prepared {
    let mut person = Person::new(place, way, ended).await;
    let (committing, ending) = (person.commit(way).await, person.end(ended).await);
    let before = person.grants().await;
    let (person, answers) = (Arc::new(person), Arc::new(Answers::default()));
    let commit = shared(&answers, |answers| async move {
        let answer = committing.await;
        let gave = gave(&answer).any();
        drop(answers.commit.set(answer));
        gave
    });
    let end = shared(&answers, |answers| async move {
        if let Some(wrong) = ending.await {
            drop(answers.end.set(wrong));
        }
    });
    let was_there = shared(&person, |person| async move {
        match way {
            Way::Redeem => person.is_redeemed().await,
            Way::Refresh => person.is_retired().await,
            _ => person.grants().await.iter().any(|grant| !before.contains(grant)),
        }
    });
    let survivor = move |committed: bool, was_there: bool| {
        call(async move {
            if let Some(wrong) = answers.end.get() {
                return Some(format!("the end failed: {wrong}"));
            }
            let answer = answers.commit.get()?;
            // Who takes a role or API access away denies.
            let denied = asked_for(answer, "error").as_deref() == Some("access_denied");
            if answer.status.is_server_error() || denied && !matches!(ended, End::Role | End::ApiAccess) {
                return Some(format!("nobody decided that: {answer}"));
            }
            match effect {
                Effect::Withdraws if committed && !was_there => Some("committed after the end had answered".to_owned()),
                Effect::Withdraws => None,
                Effect::Ends => person.works(&gave(answer), way).await,
            }
        })
    };
    Prepared { commit, end, was_there, survivor: Box::new(survivor) }
}

/// What a request was given.
#[derive(Default)]
pub(super) struct Gave {
    pub(super) code: Option<String>,
    pub(super) access: Option<String>,
    pub(super) refresh: Option<String>,
}

impl Gave {
    fn any(&self) -> bool {
        self.code.is_some() || self.access.is_some()
    }
}

fn asked_for(answer: &Answer, name: &str) -> Option<String> {
    let location = url::Url::parse(answer.location()?).ok()?;
    let fragment = location.fragment().unwrap_or_default().as_bytes();
    let mut pairs = location.query_pairs().chain(form_urlencoded::parse(fragment));
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn gave(answer: &Answer) -> Gave {
    let json: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let member = |name: &str| json[name].as_str().map(str::to_owned);
    Gave {
        code: asked_for(answer, "code"),
        access: asked_for(answer, "access_token").or_else(|| member("access_token")),
        refresh: member("refresh_token"),
    }
}
