//! What many rounds say together.

use std::fmt;

/// The middle of some figures, and between which two the middle half of them lies.
#[derive(Clone, Copy)]
pub(crate) struct Figures {
    median: f64,
    quarter: f64,
    three_quarters: f64,
}

impl Figures {
    pub(crate) fn of(figures: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<_> = figures.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let at = |part: usize| sorted.get(sorted.len() * part / 4).copied().unwrap_or(f64::NAN);
        Self { median: at(2), quarter: at(1), three_quarters: at(3) }
    }

    pub(crate) fn median(&self) -> f64 {
        self.median
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:6.2} µs  (half of the rounds {:.2} to {:.2})", self.median, self.quarter, self.three_quarters)
    }
}
