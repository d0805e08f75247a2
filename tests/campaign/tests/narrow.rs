//! A narrow piece of each part of the campaign: that it holds, and what the mutants are held against.
//! `tests/chaos` does all of it.

#![allow(clippy::unwrap_used, reason = "they are tests, helpers too")]

use std::process::Command;

#[track_caller]
fn campaign(arguments: &str) {
    let campaign = Command::new(env!("CARGO_BIN_EXE_oauth-campaign")).args(arguments.split(' ')).output().unwrap();
    let (said, wrong) = (String::from_utf8_lossy(&campaign.stdout), String::from_utf8_lossy(&campaign.stderr));
    assert!(campaign.status.success(), "{said}{wrong}");
}

#[test]
fn of_two_that_use_one_thing_one_wins_on_sqlite() {
    campaign("races --races 64 --stores sqlite");
}

#[test]
fn of_two_that_use_one_thing_one_wins_on_postgres() {
    campaign("races --races 64 --stores postgres --case code");
}

#[test]
fn a_decision_that_ends_while_it_is_saved_gives_nothing_on_postgres() {
    campaign("decisions --trials 48 --visits 0 --stores postgres --case save_code;");
}

#[test]
fn a_decision_that_ends_while_it_is_saved_gives_nothing_in_a_cluster() {
    campaign("decisions --trials 48 --visits 0 --stores cluster --case save_code;");
}

#[test]
fn a_way_that_ends_under_way_gives_nothing_over_http() {
    campaign("decisions --trials 1 --visits 1 --stores memory --case HTTP");
}

#[test]
fn what_was_acknowledged_survives_the_provider() {
    campaign("kills --cycles 6 --stores sqlite");
}

// proves: R-072, vuln_15
#[test]
fn an_outage_is_said_to_be_one() {
    campaign("outages --slice --stores redis --case away --outage 3");
}

#[test]
fn a_database_that_stands_still_is_an_error_in_time_on_postgres() {
    campaign("outages --slice --stores postgres --case SIGSTOP --outage 7");
}

#[test]
fn nobody_waits_long_for_a_lock_on_sqlite() {
    campaign("limits --slice --stores sqlite --case locked");
}

#[test]
fn nothing_asked_for_is_no_success() {
    let nothing = Command::new(env!("CARGO_BIN_EXE_oauth-campaign")).args(["outages", "--stores", "memory"]).output();
    assert!(!nothing.unwrap().status.success());
}
