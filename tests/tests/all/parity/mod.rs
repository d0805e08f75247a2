//! The same requests to Rocket, to Warp and to oauth-tower's layers: what they answer is the same, or
//! differs in a known way.

mod compare;
mod known;
mod odd;
mod request;
mod seeds;
mod valid;

use compare::Seen;
use known::{Case, KNOWN};
use oauth_core::config::{Config, Issuer, Paths};
use oauth_tests::{Adapter, Backend, Numbers, Server};
use request::Request;
use seeds::Seeds;
use std::collections::{BTreeMap, BTreeSet};
use valid::Valid;

/// Who is compared, Rocket first; oauth-tower without a framework, whose own 404 and 405 it would be that
/// are compared.
const ADAPTERS: [Adapter; 3] = [Adapter::Rocket, Adapter::Warp, Adapter::Layers];

/// How many requests each configuration gets.
const REQUESTS: usize = 1_000;

/// What came of the requests of one kind.
#[derive(Default)]
struct Count {
    sent: usize,
    equal: usize,
    explained: usize,
}

#[derive(Default)]
struct Report {
    kinds: BTreeMap<&'static str, Count>,
    statuses: BTreeMap<u16, usize>,
    shielded: usize,
    reasons: BTreeMap<&'static str, usize>,
    unexplained: Vec<String>,
}

impl Report {
    /// Compares what Rocket and another adapter answered to one request, or to two on a connection.
    fn compare(&mut self, request: &Request, base: &str, rocket: &[Seen], other: (Adapter, &[Seen])) {
        let (nothing, (adapter, others)) = (Seen::nothing(), other);
        let (_, taken) = known::as_rocket_takes_it(request, base);
        let (mut reasons, mut unexplained) = (BTreeSet::from_iter(taken), Vec::new());
        for position in 0..rocket.len().max(others.len()) {
            let case = Case { request: request.at(position).unwrap_or(request), position, base };
            let other = others.get(position).unwrap_or(&nothing);
            let rocket = rocket.get(position).unwrap_or(&nothing);
            let plain = known::without_shield(rocket, other);
            self.shielded += usize::from(plain != *rocket);
            if plain != *other {
                match known::reason(&case, &plain, other) {
                    Some(reason) => drop(reasons.insert(reason)),
                    None => unexplained.push(format!("Rocket: {plain}{adapter:?}: {other}")),
                }
            }
        }
        for kind in &request.kinds {
            let count = self.kinds.entry(kind).or_default();
            count.sent += 1;
            count.equal += usize::from(reasons.is_empty() && unexplained.is_empty());
            count.explained += usize::from(!reasons.is_empty() && unexplained.is_empty());
        }
        for reason in reasons {
            *self.reasons.entry(reason).or_default() += 1;
        }
        if !unexplained.is_empty() {
            self.unexplained.push(format!("{request}\n{}", unexplained.concat()));
        }
    }

    fn show(&self) {
        eprintln!("{:24} {:>6} {:>6} {:>9}", "kind", "sent", "equal", "explained");
        for (kind, count) in &self.kinds {
            eprintln!("{kind:24} {:6} {:6} {:9}", count.sent, count.equal, count.explained);
        }
        eprintln!("answers of Rocket by status: {:?}", self.statuses);
        eprintln!("with headers of Rocket's Shield, otherwise compared: {}", self.shielded);
        eprintln!("explained: {:#?}", self.reasons);
        for shown in self.unexplained.iter().take(20) {
            eprintln!("---- not explained: {shown}");
        }
    }
}

async fn answers(server: &Server, request: &Request) -> Vec<Seen> {
    let is_head = |position| request.at(position).is_some_and(|request| request.method == "HEAD");
    server.exchange(&request.bytes(), is_head).await.iter().map(Seen::of).collect()
}

/// Sends the same requests to a server on each adapter.
async fn compare(report: &mut Report, seed: u64, change: impl Fn(&mut Config)) {
    let mut servers = Vec::new();
    for adapter in ADAPTERS {
        let server = Server::start_on(adapter, Backend::Memory, |config| {
            // Each grant that nobody was asked for has an identifier of its own, and lists are in their order.
            config.remember_consent = false;
            config.issuer = Issuer::new("http://127.0.0.1").unwrap();
            change(config);
        });
        servers.push(server.await);
    }
    let seeds = Seeds::sow(&servers).await;
    let (rocket, others) = servers.split_first().unwrap();
    let paths = &rocket.config().paths;
    let valid = Valid { paths, seeds: &seeds };
    let mut numbers = Numbers::new(seed);
    for _ in 0..REQUESTS {
        let mut request = valid.request(&mut numbers);
        for _ in 0..numbers.pick(&[0, 1, 1, 1, 2, 3]) {
            odd::distort(&mut request, &mut numbers);
        }
        let answered = answers(rocket, &request).await;
        for answer in &answered {
            *report.statuses.entry(answer.status).or_default() += 1;
        }
        for other in others {
            let (taken, _) = known::as_rocket_takes_it(&request, &paths.base);
            let others = answers(other, &taken).await;
            report.compare(&request, &paths.base, &answered, (other.adapter(), &others));
        }
        if numbers.one_in(10) {
            servers.iter().for_each(|server| server.advance(1));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_adapter_answers_the_same() {
    let mut report = Report::default();
    compare(&mut report, 0x5EED_0001, |config| config.insecure_no_throttling = true).await;
    compare(&mut report, 0x5EED_0002, |config| config.failures_per_address = 5).await;
    compare(&mut report, 0x5EED_0003, |config| {
        config.insecure_no_throttling = true;
        config.paths = Paths::under("/");
    })
    .await;
    report.show();
    assert!(report.unexplained.is_empty(), "{} are not explained", report.unexplained.len());
    for known in KNOWN {
        assert!(report.reasons.contains_key(known.name), "{} no longer occurs: take it out", known.name);
    }
}

/// What is written for people is what is tested, and nothing else.
#[test]
fn the_known_differences_are_those_that_oauth_warp_names() {
    let page = include_str!("../../../../oauth-warp/src/lib.rs");
    let lines = page.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim);
    let section = lines
        .skip_while(|line| *line != "# What differs from Rocket")
        .skip(1)
        .take_while(|line| !line.starts_with('#'));
    let text = section.collect::<Vec<_>>().join(" ");
    let named: Vec<&str> = text.split("- **").skip(1).filter_map(|point| Some(point.split_once("**")?.0)).collect();
    let known: Vec<&str> = KNOWN.iter().map(|known| known.name).collect();
    assert_eq!(named, known);
}
