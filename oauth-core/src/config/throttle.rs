use super::Config;
use crate::throttle::{Limits, Throttle};
use std::sync::Arc;

impl Throttle {
    /// Takes limits and clock from the settings.
    pub fn new(config: &Config) -> Self {
        Self::with_limits(config, config.failures_per_client, config.failures_per_address)
    }

    /// Takes other limits, for a name and for an address, and the clock from the settings.
    pub fn with_limits(config: &Config, per_name: u32, per_address: u32) -> Self {
        if config.insecure_no_throttling {
            return Self::insecure_off();
        }
        let per_account = config.failures_per_account.unwrap_or(per_name.saturating_mul(5));
        Self::counting(Arc::clone(&config.clock), Limits { per_name, per_address, per_account })
    }
}
