//! What a check of an access token adds to a GET: the same route plain, behind a bare check written
//! by hand, and behind our guard or filter, in rounds that take turns.

mod bare;
mod rocket;
mod tokens;
mod warp;

use crate::figures::Figures;
use crate::load::Load;
use crate::{Error, cpu};
use clap::ValueEnum;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

/// What issue 3 allows: microseconds that our check may add to a plain GET.
const ALLOWED: f64 = 2.0;

/// What every route here answers.
const ANSWER: &str = "hello";

/// Which server; each serves all three cases, at an address each.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Framework {
    Rocket,
    Warp,
}

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many tokens are stored.
    #[arg(long, default_value_t = 100_000)]
    tokens: usize,
    /// How many rounds each case is measured in.
    #[arg(long, default_value_t = 200)]
    rounds: usize,
    /// How many connections have a request under way.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// How many requests a connection sends in a round.
    #[arg(long, default_value_t = 20)]
    requests: usize,
    /// Only this one.
    #[arg(long)]
    framework: Option<Framework>,
}

#[derive(clap::Args)]
pub(crate) struct ServerArguments {
    framework: Framework,
    tokens: usize,
}

/// Runs a server for the three cases, until its input ends.
pub(crate) fn serve(arguments: &ServerArguments) -> Result<(), Error> {
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    // One thread serves, so that the other core is the client's.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        match arguments.framework {
            Framework::Rocket => rocket::serve(arguments.tokens).await,
            Framework::Warp => warp::serve(arguments.tokens).await,
        }
    })
}

/// Tells the measuring process where a case is served.
#[allow(clippy::print_stdout, reason = "it is what the other process reads")]
fn announce(case: usize, address: SocketAddr) {
    println!("{case} {address}");
}

/// Measures, and prints what it found.
#[allow(clippy::print_stdout, reason = "it is a program, and this is its answer")]
pub(crate) fn measure(arguments: &Arguments) -> Result<(), Error> {
    println!(
        "server CPU for each request, over {} tokens; {} rounds of {} requests, {} connections; load {}",
        arguments.tokens,
        arguments.rounds,
        arguments.requests * arguments.connections,
        arguments.connections,
        cpu::load_average()
    );
    let frameworks = arguments.framework.map_or(vec![Framework::Rocket, Framework::Warp], |only| vec![only]);
    for framework in frameworks {
        let rounds = rounds(framework, arguments)?;
        let of = |of: fn(&[f64; 3]) -> f64| Figures::of(rounds.iter().map(of));
        let (plain, ours) = (of(|[plain, ..]| *plain), of(|[plain, _, ours]| ours - plain));
        println!("\n{framework:?}");
        println!("  plain GET             {plain}");
        println!("  + a bare check by hand {}", of(|[plain, bare, _]| bare - plain));
        println!("  + our check            {ours}");
        println!("  ours over the bare one {}", of(|[_, bare, ours]| ours - bare));
        let verdict = if ours.median() <= ALLOWED { "within" } else { "MORE THAN" };
        println!(
            "  our check adds {:.0} %, {verdict} the {ALLOWED} µs allowed",
            100.0 * ours.median() / plain.median()
        );
    }
    println!("\nload {}", cpu::load_average());
    Ok(())
}

/// Measures microseconds of server CPU a request, for the three cases in each round.
fn rounds(framework: Framework, arguments: &Arguments) -> Result<Vec<[f64; 3]>, Error> {
    let requests: Vec<_> = (0..arguments.tokens).map(tokens::request).collect();
    let server = Server::start(framework, arguments.tokens)?;
    let first = requests.first().ok_or("at least one token")?;
    let mut loads = Vec::new();
    for address in server.addresses {
        loads.push(Load::connect(address, arguments.connections, first)?);
    }
    // Far apart, so that the next token is hardly ever in a cache already.
    let mut next = requests.iter().cycle().step_by(7_919).map(Vec::as_slice);
    let mut rounds = Vec::new();
    for round in 0..=arguments.rounds {
        let mut found = [0.0; 3];
        let mut cases: Vec<_> = found.iter_mut().zip(&mut loads).collect();
        // None is always the first: what came before it leaves traces in the caches.
        cases.rotate_left(round % 3);
        for (found, load) in cases {
            let before = cpu::time_of(server.process.id())?;
            let mut sent = 0;
            for _ in 0..arguments.requests {
                sent += load.batch(&mut next)?;
            }
            let spent = cpu::time_of(server.process.id())? - before;
            *found = spent.as_secs_f64() * 1e6 / f64::from(u32::try_from(sent)?);
        }
        // The first round warms up.
        if round > 0 {
            rounds.push(found);
        }
    }
    Ok(rounds)
}

/// The server, in a process of its own; it ends when this is dropped.
struct Server {
    process: Child,
    addresses: [SocketAddr; 3],
}

impl Server {
    fn start(framework: Framework, tokens: usize) -> Result<Self, Error> {
        let name = framework.to_possible_value().ok_or("each framework has a name")?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["resource-server", name.get_name(), &tokens.to_string()]);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let output = process.stdout.take().ok_or("its output is ours")?;
        let mut addresses = [None; 3];
        for line in BufReader::new(output).lines().take(addresses.len()) {
            let line = line?;
            let (case, address) = line.split_once(' ').ok_or("a case and its address")?;
            *addresses.get_mut(case.parse::<usize>()?).ok_or("one of three cases")? = Some(address.parse()?);
        }
        let [Some(plain), Some(bare), Some(ours)] = addresses else { return Err("the server did not start".into()) };
        Ok(Self { process, addresses: [plain, bare, ours] })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
