use crate::{Answer, Call};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Barrier;

/// What many requests at the same time were answered, in the order in which they were given.
#[derive(Debug)]
pub struct Race {
    /// The answers.
    pub answers: Vec<Answer>,
    /// The most requests that were on their way at one moment.
    pub overlapped: usize,
}

impl Race {
    /// Sends all requests at the same moment, and waits for all answers.
    pub async fn run(calls: impl IntoIterator<Item = Call>) -> Self {
        let calls: Vec<Call> = calls.into_iter().collect();
        let start = Arc::new(Barrier::new(calls.len()));
        let runners: Vec<_> = calls
            .into_iter()
            .map(|call| {
                let start = Arc::clone(&start);
                tokio::spawn(async move {
                    start.wait().await;
                    let began = Instant::now();
                    (call.await, began, Instant::now())
                })
            })
            .collect();
        let (mut answers, mut times) = (Vec::new(), Vec::new());
        for runner in runners {
            let (answer, began, ended) = runner.await.expect("every request is answered");
            answers.push(answer);
            times.push((began, ended));
        }
        let at = |moment: Instant| times.iter().filter(|(began, ended)| *began <= moment && moment < *ended).count();
        let overlapped = times.iter().map(|(began, _)| at(*began)).max().unwrap_or(0);
        Self { answers, overlapped }
    }

    /// Counts the answers of a status.
    pub fn count(&self, status: u16) -> usize {
        self.answers.iter().filter(|answer| answer.status.as_u16() == status).count()
    }

    /// Gives the answers of a status.
    pub fn of_status(&self, status: u16) -> impl Iterator<Item = &Answer> {
        self.answers.iter().filter(move |answer| answer.status.as_u16() == status)
    }

    /// Requires that one request was granted and every other refused as `invalid_grant`, and gives
    /// the granted one.
    #[track_caller]
    pub fn expect_one_winner(&self) -> &Answer {
        for loser in self.answers.iter().filter(|answer| answer.status != 200) {
            loser.clone().expect_error(400, "invalid_grant");
        }
        assert_eq!(self.count(200), 1, "of {} requests", self.answers.len());
        self.of_status(200).next().expect("one was counted")
    }
}
