//! The example as it is run, and as long as it may be.

use oauth_tests::{Example, free_address};
use std::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn it_refuses_a_wrong_password_and_serves_the_right_one() {
    let address = free_address();
    let mut command = Command::new(env!("CARGO_BIN_EXE_axum-example"));
    command.arg(address.to_string());
    Example::start(command, address).await.from_a_wrong_password_to_hello().await;
}

#[test]
fn it_has_at_most_40_lines() {
    assert!(include_str!("../src/main.rs").lines().count() <= 40);
}
