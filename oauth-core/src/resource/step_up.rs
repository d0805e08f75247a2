use super::{Names, Refusal, ResourceAuthorization};
use crate::clock::Timestamp;
use std::time::Duration;

/// How far the clock of the provider may be ahead of this one.
const LEEWAY: Duration = Duration::from_secs(60);

/// How recently and how strongly the person must have signed in (RFC 9470).
///
/// ```
/// use oauth_core::clock::Timestamp;
/// use oauth_core::resource::{Authorization, Refusal, StepUp};
/// /// Signed in with a second factor within the last five minutes.
/// const PAYMENT: StepUp = StepUp::new().max_age(300).acr_values(&["mfa"]);
///
/// fn may_pay(authorization: &Authorization, now: Timestamp) -> Result<(), Refusal> {
///     PAYMENT.check(authorization, now)
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepUp {
    max_age: Option<u64>,
    acr_values: Names,
}

impl StepUp {
    /// Requires nothing yet.
    pub const fn new() -> Self {
        Self { max_age: None, acr_values: Names::fixed(&[]) }
    }

    /// Requires that the person signed in at most this many seconds ago.
    #[must_use]
    pub const fn max_age(mut self, seconds: u64) -> Self {
        self.max_age = Some(seconds);
        self
    }

    /// Requires that the person was authenticated in one of these ways, the preferred one first.
    #[must_use]
    pub const fn acr_values(mut self, values: &'static [&'static str]) -> Self {
        self.acr_values.fixed = values;
        self
    }

    /// Requires it as [`Self::acr_values`] does, with values that are computed while the program runs.
    #[must_use]
    pub fn computed_acr_values(mut self, values: impl Into<Names>) -> Self {
        self.acr_values = values.into();
        self
    }

    /// Requires it of an authorization. One that does not say when or how the person signed in does not
    /// do; neither does a token that acts for no person.
    ///
    /// # Errors
    /// [`Refusal::InsufficientUserAuthentication`] where the person must sign in again (RFC 9470 §3).
    pub fn check(&self, authorization: &impl ResourceAuthorization, now: Timestamp) -> Result<(), Refusal> {
        // From a moment to come nothing can be counted: milliseconds for seconds would be recent for ever.
        let is_within =
            |most, signed_in: Timestamp| signed_in <= now.after(LEEWAY) && now.seconds_since(signed_in) <= most;
        let recent = self
            .max_age
            .is_none_or(|most| authorization.auth_time().is_some_and(|signed_in| is_within(most, signed_in)));
        let strong = self.acr_values.is_empty()
            || authorization.acr().is_some_and(|acr| self.acr_values.iter().any(|one| one == acr));
        if recent && strong { Ok(()) } else { Err(Refusal::InsufficientUserAuthentication) }
    }

    /// Tells whether it requires nothing.
    pub(super) fn is_none(&self) -> bool {
        self.max_age.is_none() && self.acr_values.is_empty()
    }

    /// Writes it as attributes of a challenge (RFC 9470 §3).
    pub(super) fn attributes(&self) -> impl Iterator<Item = (&'static str, String)> {
        let acr_values: Vec<&str> = self.acr_values.iter().collect();
        let acr_values = (!acr_values.is_empty()).then(|| ("acr_values", acr_values.join(" ")));
        acr_values.into_iter().chain(self.max_age.map(|seconds| ("max_age", seconds.to_string())))
    }
}
