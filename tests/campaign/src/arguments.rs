use crate::place::Kind;
use crate::sizes::Sizes;
use clap::{Parser, ValueEnum};
use std::path::PathBuf;

/// A part of the campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Section {
    /// What may be used once is used by two at the same time, in one process and from two
    Races,
    /// What a decision rests on ends while it is committed
    Decisions,
    /// The provider is killed under load, again and again
    Kills,
    /// The database is restarted, ended for a while, stopped where it stands
    Outages,
    /// One connection, locks, slow answers, a full disk
    Limits,
}

/// Proves the stores and the provider under faults.
#[derive(Clone, Debug, Parser)]
#[command(name = "tests/chaos")]
pub(crate) struct Arguments {
    /// The parts to run; all where none is named
    sections: Vec<Section>,
    /// The short form, for CI
    #[arg(long)]
    pub(crate) slice: bool,
    /// The stores to run it on, separated by commas; all that the part knows where none is named
    #[arg(long, value_delimiter = ',')]
    stores: Vec<Kind>,
    /// Races of each kind, in place of 10,000
    #[arg(long)]
    races: Option<usize>,
    /// Trials of each pair of a verb that commits and an end, in place of 1,000
    #[arg(long)]
    trials: Option<usize>,
    /// Trials of each pair of ways over HTTP, in place of 20
    #[arg(long)]
    visits: Option<usize>,
    /// Times that the provider is killed on each store, in place of 1,000
    #[arg(long)]
    cycles: Option<usize>,
    /// Seconds that a database is away, in place of 30
    #[arg(long)]
    outage: Option<u64>,
    /// Only the cases whose name holds this
    #[arg(long)]
    pub(crate) case: Option<String>,
    /// Keeps the figures in this directory, one file a row: `page DIRECTORY` makes a page of them
    #[arg(long)]
    pub(crate) record: Option<PathBuf>,
}

impl Arguments {
    pub(crate) fn sections(&self) -> Vec<Section> {
        if self.sections.is_empty() { Section::value_variants().to_vec() } else { self.sections.clone() }
    }

    /// Gives those of some kinds of stores that were asked for.
    pub(crate) fn stores(&self, known: &[Kind]) -> Vec<Kind> {
        let asked = |kind: &Kind| self.stores.is_empty() || self.stores.contains(kind);
        known.iter().copied().filter(asked).collect()
    }

    /// Tells whether a case was asked for.
    pub(crate) fn wants(&self, case: &str) -> bool {
        self.case.as_ref().is_none_or(|part| case.contains(part))
    }

    pub(crate) fn sizes(&self) -> Sizes {
        let mut sizes = if self.slice { Sizes::slice() } else { Sizes::full() };
        sizes.races = self.races.unwrap_or(sizes.races);
        sizes.trials = self.trials.unwrap_or(sizes.trials);
        sizes.visits = self.visits.unwrap_or(sizes.visits);
        sizes.cycles = self.cycles.unwrap_or(sizes.cycles);
        sizes.outage = self.outage.map_or(sizes.outage, std::time::Duration::from_secs);
        sizes
    }
}
