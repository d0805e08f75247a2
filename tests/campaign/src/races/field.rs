use super::gate::{Gate, Wire, on_processor};
use super::judge::Hit;
use super::shot::Shot;
use crate::moment;
use crate::store::AnyStore;
use oauth_core::identifier::ClientId;
use oauth_core::store::ClientStore as _;
use serde_json::{from_str, to_string};
use std::future::Future;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::runtime::Handle;
use tokio::task::JoinSet;

/// How many races are run at once, where calls wait for a database.
pub(crate) const SIDE_BY_SIDE: usize = 16;

/// Where two calls meet.
pub(crate) enum Field {
    /// On two threads that wait for each other: calls in memory last a microsecond.
    Threads,
    /// In the same process.
    Tasks,
    /// In two processes.
    Processes(Box<[Contender; 2]>),
}

impl Field {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Threads => "two threads",
            Self::Tasks => "one process",
            Self::Processes(_) => "two processes",
        }
    }

    /// Gives how many races belong together: those of threads come one after the other, the others run side
    /// by side, as a database sees them.
    pub(crate) fn batch(&self) -> usize {
        match self {
            Self::Threads => 500,
            Self::Tasks => SIDE_BY_SIDE,
            // Two processes begin less exactly together: there is more for each to do.
            Self::Processes(_) => 32 * SIDE_BY_SIDE,
        }
    }

    /// Runs races, a batch of them side by side.
    pub(crate) async fn run(&mut self, store: &AnyStore, races: &[[Shot; 2]]) -> Vec<[Hit; 2]> {
        let call = |shot: Shot| Box::pin(fire(store.clone(), shot)) as Call<Hit>;
        let calls = || races.iter().map(|race| race.clone().map(call)).collect();
        match self {
            Self::Threads => on_threads(calls()).await,
            Self::Tasks => on_tasks(calls()).await,
            Self::Processes(contenders) => {
                let [one, other] = &mut **contenders;
                let [first, mut second]: [Vec<Shot>; 2] =
                    [0, 1].map(|lane| races.iter().map(|race| race[lane].clone()).collect());
                // What the one comes to first, the other comes to last.
                second.reverse();
                one.send(&first).await;
                other.send(&second).await;
                let (first, mut second) = (one.receive().await, other.receive().await);
                second.reverse();
                first.into_iter().zip(second).map(|(one, other)| [one, other]).collect()
            }
        }
    }
}

async fn fire(store: AnyStore, shot: Shot) -> Hit {
    let start = moment::now();
    let outcome = shot.fire(&store).await;
    Hit { start, end: moment::now(), outcome }
}

/// A call that is to be made.
pub(crate) type Call<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Two calls that are to be made at the same time.
pub(crate) type Calls<T> = [Call<T>; 2];

/// Runs all pairs side by side, each call as a task.
pub(crate) async fn on_tasks<T: Send + 'static>(pairs: Vec<Calls<T>>) -> Vec<[T; 2]> {
    let begun: Vec<_> = pairs.into_iter().map(|pair| pair.map(tokio::spawn)).collect();
    let mut ended = Vec::new();
    for [one, other] in begun {
        ended.push([one.await.unwrap(), other.await.unwrap()]);
    }
    ended
}

/// Runs one pair after the other, on two threads that wait for each other.
pub(crate) async fn on_threads<T: Send + 'static>(pairs: Vec<Calls<T>>) -> Vec<[T; 2]> {
    let gate = Arc::new(Gate::default());
    let (mut ones, mut others) = (Vec::new(), Vec::new());
    for [one, other] in pairs {
        ones.push(one);
        others.push(other);
    }
    let [ones, others] = [(ones, true), (others, false)].map(|(calls, leads)| {
        let (gate, runtime) = (Arc::clone(&gate), Handle::current());
        tokio::task::spawn_blocking(move || {
            let run = |(number, call): (usize, Call<T>)| {
                gate.meet(leads, number as u64 + 1);
                runtime.block_on(call)
            };
            on_processor(leads, || calls.into_iter().enumerate().map(run).collect::<Vec<_>>())
        })
    });
    let (ones, others) = (ones.await.unwrap(), others.await.unwrap());
    ones.into_iter().zip(others).map(|(one, other)| [one, other]).collect()
}

/// Another process with the same store.
pub(crate) struct Contender {
    _process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Contender {
    /// Starts two that will meet.
    pub(crate) async fn pair(location: &str) -> [Self; 2] {
        let mut one = Self::start(location, &[]);
        let port = one.output.next_line().await.unwrap().expect("it says its port");
        let other = Self::start(location, &[port.as_str()]);
        [one, other]
    }

    fn start(location: &str, port: &[&str]) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["contend", location])
            .args(port)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let (input, output) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        Self { _process: process, input, output: BufReader::new(output).lines() }
    }

    async fn send(&mut self, shots: &[Shot]) {
        self.input.write_all((to_string(shots).unwrap() + "\n").as_bytes()).await.unwrap();
    }

    async fn receive(&mut self) -> Vec<Hit> {
        let line = self.output.next_line().await.unwrap().expect("the other process answers");
        from_str(&line).unwrap()
    }
}

/// Opens as many connections as will be used at once: no race is about who has to open one, which takes
/// long in a build without optimisation.
pub(crate) async fn warm_up(store: &AnyStore) {
    let client = ClientId::generate();
    loop {
        let mut reads = JoinSet::new();
        for _ in 0..2 * SIDE_BY_SIDE {
            let (store, client) = (store.clone(), client.clone());
            reads.spawn(async move { store.client(&client).await.is_ok() });
        }
        if reads.join_all().await.into_iter().all(|is_open| is_open) {
            return;
        }
    }
}

/// What the other process does: meets its partner, makes the calls that it is told, all at once, and says
/// how they went.
pub(crate) async fn contend(location: &str, port: Option<String>) {
    let store = AnyStore::open(location).await.unwrap();
    warm_up(&store).await;
    let mut wire = match port {
        Some(port) => Wire::connect(port.parse().unwrap()),
        None => Wire::listen(|port| println!("{port}")),
    };
    let mut input = BufReader::new(tokio::io::stdin()).lines();
    let mut output = tokio::io::stdout();
    while let Some(line) = input.next_line().await.unwrap() {
        let shots: Vec<Shot> = from_str(&line).unwrap();
        wire.meet();
        let calls: Vec<_> = shots.into_iter().map(|shot| tokio::spawn(fire(store.clone(), shot))).collect();
        let mut hits = Vec::new();
        for call in calls {
            hits.push(call.await.unwrap());
        }
        output.write_all((to_string(&hits).unwrap() + "\n").as_bytes()).await.unwrap();
        output.flush().await.unwrap();
    }
}
