//! Whether a backlog of millions is swept away while tokens are checked at four fifths of what the server
//! can do: windows with the sweep and without it take turns, until nothing waits.

use crate::provider::{Place, Process, Store, check, name_in};
use crate::steady::{self, Latencies};
use crate::{Error, cpu};
use std::time::{Duration, Instant};

/// What issue 4 allows: how many times its normal the p99 of checks may be.
const ALLOWED: f64 = 2.0;

/// How many live tokens are checked.
const LIVE: usize = 100_000;

/// Many at once, because one at a time takes PostgreSQL too long to prepare.
const FILL: &str = "INSERT INTO oauth_access_tokens (id, tenant, digest, client_ref, issued_at, expires_at, scope)
    SELECT (random() * 18e18 - 9e18)::bigint, 0,
        decode(md5(random()::text) || md5(random()::text), 'hex'), (SELECT MIN(id) FROM oauth_clients),
        extract(epoch FROM now())::bigint - 10800, extract(epoch FROM now())::bigint - 7200 + n % 3600, 'read'
    FROM generate_series(1, {}) AS n ON CONFLICT DO NOTHING; ANALYZE oauth_access_tokens";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    store: Store,
    /// How many tokens have expired.
    #[arg(long, default_value_t = 5_000_000)]
    over: usize,
    /// How many connections check tokens.
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// How many seconds a window takes.
    #[arg(long, default_value_t = 5)]
    window: u64,
}

#[allow(clippy::print_stdout, reason = "it is a program, and this is its answer")]
pub(crate) fn measure(arguments: &Arguments) -> Result<(), Error> {
    let Arguments { store, over, connections, window } = *arguments;
    let place = Place::new(store, &[("shared_buffers", "512MB"), ("fsync", "on")])?;
    let url = place.database("growth");
    let mut server = Process::filled(&url, LIVE)?;
    let began = Instant::now();
    if let Place::Server(postgres) = &place {
        postgres.sql(name_in(&url)?, &FILL.replace("{}", &over.to_string()));
    } else {
        server.ask(&format!("fill {LIVE} {} over", LIVE + over))?;
    }
    println!("{store:?}: {over} have expired, made in {} s; load {}", began.elapsed().as_secs(), cpu::load_average());
    let requests: Vec<_> = (0..LIVE).map(check).collect();
    let window = Duration::from_secs(window);
    let run = |rate| steady::run(server.address, connections, rate, window, &requests);
    // What it can do: everybody sends again as soon as there is an answer.
    let capacity = run(f64::INFINITY)?.rate(window);
    let rate = capacity * 0.8;
    println!("  capacity {capacity:.0} checks a second; {rate:.0} are sent");
    let (mut normal, mut swept, mut sweeping) = (Latencies::default(), Latencies::default(), Duration::ZERO);
    let (mut pairs, mut previous) = (Vec::new(), server_backlog(&mut server)?);
    loop {
        let run = |rate| steady::run(server.address, connections, rate, window, &requests);
        let mut without = run(rate)?;
        server.ask("sweep on")?;
        let began = Instant::now();
        let mut with = steady::run(server.address, connections, rate, window, &requests)?;
        server.ask("sweep off")?;
        sweeping += began.elapsed();
        let backlog = server_backlog(&mut server)?;
        println!(
            "  p99 {:.2} ms without the sweep, {:.2} ms with it; the backlog is {backlog} s old",
            without.p99(),
            with.p99()
        );
        pairs.push(with.p99() / without.p99());
        normal.add(without);
        swept.add(with);
        if backlog == 0.0 {
            break;
        }
        if sweeping > Duration::from_secs(3_600) {
            return Err(format!("an hour of sweeping has not removed it: {previous} s, {backlog} s").into());
        }
        previous = backlog;
    }
    let ratio = swept.p99() / normal.p99();
    let within = if ratio <= ALLOWED { "within" } else { "MISSED" };
    let middle = crate::figures::Figures::of(pairs).median();
    println!(
        "  gone after {} s of sweeping, {:.0} rows a second",
        sweeping.as_secs(),
        over as f64 / sweeping.as_secs_f64()
    );
    println!(
        "  p50 {:.2} ms and {:.2} ms; p99 {:.2} ms and {:.2} ms",
        normal.p50(),
        swept.p50(),
        normal.p99(),
        swept.p99()
    );
    println!(
        "  p99 {ratio:.2} times its normal, {within} the {ALLOWED} allowed; the middle pair of windows {middle:.2}"
    );
    println!("load {}", cpu::load_average());
    Ok(())
}

fn server_backlog(server: &mut Process) -> Result<f64, Error> {
    server.number("backlog")
}
