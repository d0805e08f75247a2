//! What a whole request costs with few tokens stored and with many: in rounds that take turns.

use super::{Cost, cost, verdict};
use crate::figures::Figures;
use crate::load::Load;
use crate::provider::{Place, Process, Store, check, client_credentials};
use crate::{Error, cpu};

/// What issue 4 allows: how many times as much.
const ALLOWED: f64 = 1.5;

/// How many different tokens are asked for: more would only fill this process' own memory.
const ASKED: usize = 100_000;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    store: Store,
    /// How few tokens are stored.
    #[arg(long, default_value_t = 1_000)]
    few: usize,
    /// How many tokens are stored.
    #[arg(long, default_value_t = 10_000_000)]
    many: usize,
    /// How many rounds are measured.
    #[arg(long, default_value_t = 40)]
    rounds: usize,
}

/// A server with so many tokens, and clients that check them, and clients that ask for new ones.
struct Side {
    server: Process,
    checking: Load,
    asking: Load,
    checks: Vec<Vec<u8>>,
    next: usize,
}

impl Side {
    fn connect(server: Process, tokens: usize) -> Result<Self, Error> {
        // Spread over all that there are.
        let checks: Vec<_> =
            (0..tokens.min(ASKED)).map(|number| check(number * (tokens / tokens.min(ASKED)))).collect();
        let first = checks.first().ok_or("at least one token")?;
        let checking = Load::connect(server.address, 64, first)?;
        let asking = Load::connect(server.address, 64, &client_credentials())?;
        Ok(Self { server, checking, asking, checks, next: 0 })
    }

    fn round(&mut self) -> Result<[Cost; 2], Error> {
        // Far apart, so that the next token is hardly ever in a cache already.
        self.next += 1;
        let mut checks = self.checks.iter().cycle().skip(self.next).step_by(7_919).map(Vec::as_slice);
        let request = client_credentials();
        Ok([
            cost(&self.server, &mut self.checking, 20, &mut checks)?,
            cost(&self.server, &mut self.asking, 20, &mut std::iter::repeat(request.as_slice()))?,
        ])
    }
}

#[allow(clippy::print_stdout, reason = "it is a program, and this is its answer")]
pub(crate) fn measure(arguments: &Arguments) -> Result<(), Error> {
    let Arguments { store, few, many, rounds } = *arguments;
    let place = Place::new(store, &[("shared_buffers", "512MB"), ("max_wal_size", "8GB")])?;
    let filled = |name, tokens| Process::filled(&place.database(name), tokens);
    // Connected once both are filled: the server gives up who says nothing for so long.
    let mut sides = Vec::new();
    for (server, tokens) in [(filled("few", few)?, few), (filled("many", many)?, many)] {
        sides.push(Side::connect(server, tokens)?);
    }
    println!("{store:?}: {few} tokens and {many}; load {}", cpu::load_average());
    let mut found = Vec::new();
    for round in 0..=rounds {
        let mut costs = Vec::new();
        for side in &mut sides {
            costs.push(side.round()?);
        }
        if let ([few, many], true) = (&costs[..], round > 0) {
            found.push((*few, *many));
        }
    }
    for (what, of) in [("a check", 0), ("a token for a client", 1)] {
        let cpu_of = |costs: &[Cost; 2]| costs.get(of).map_or(f64::NAN, |cost| cost.cpu);
        let with_few = Figures::of(found.iter().map(|(few, _)| cpu_of(few)));
        let with_many = Figures::of(found.iter().map(|(_, many)| cpu_of(many)));
        let ratio = Figures::of(found.iter().map(|(few, many)| cpu_of(many) / cpu_of(few))).median();
        println!("  {what}, few   {with_few}");
        println!("  {what}, many  {with_many}");
        println!("  {ratio:.2} times as much: {} the {ALLOWED} allowed", verdict(ratio <= ALLOWED));
    }
    println!("load {}", cpu::load_average());
    Ok(())
}
