//! What happens, told to the keeper of the audit log: typed, and without any secret. And what is
//! measured while the provider runs, for its operator.

use crate::act::Act;
use crate::client::GrantType;
use crate::identifier::{ClientId, GrantId, Subject};
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

/// Something that an audit log wants to know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A person allowed a client, and a code was issued.
    Approved {
        /// The client.
        client_id: ClientId,
        /// The person.
        subject: Subject,
        /// The grant that was made.
        grant: GrantId,
    },
    /// An authorization request was refused, by the person or by a rule.
    Denied {
        /// The client.
        client_id: ClientId,
        /// The number of the rejection.
        number: u16,
    },
    /// Tokens were issued.
    Issued {
        /// The client.
        client_id: ClientId,
        /// The grant they stand under; `None` where the client acts for itself.
        grant: Option<GrantId>,
        /// How they were asked for.
        grant_type: GrantType,
    },
    /// The answer of a rotation was given again to the client that lost it.
    AnswerReplayed {
        /// The client.
        client_id: ClientId,
        /// The grant.
        grant: GrantId,
    },
    /// A code came a second time; its grant is revoked.
    CodeReused {
        /// The client.
        client_id: ClientId,
        /// The grant.
        grant: GrantId,
    },
    /// A retired refresh token came back; its grant is revoked.
    RefreshTokenReused {
        /// The client.
        client_id: ClientId,
        /// The grant.
        grant: GrantId,
    },
    /// An access token was revoked.
    AccessTokenRevoked {
        /// The client.
        client_id: ClientId,
    },
    /// A grant was revoked with everything under it.
    GrantRevoked {
        /// The client.
        client_id: ClientId,
        /// The grant.
        grant: GrantId,
    },
    /// All grants of a person for a client were revoked with everything under them.
    GrantsRevoked {
        /// The client.
        client_id: ClientId,
        /// The person.
        subject: Subject,
        /// How many were live.
        number: u64,
    },
    /// A token request was refused.
    TokenRefused {
        /// The client.
        client_id: ClientId,
        /// The number of the rejection.
        number: u16,
    },
    /// A client failed to authenticate.
    ClientAuthenticationFailed {
        /// What it called itself, shortened to 255 bytes; `None` where it said nothing.
        client_id: Option<String>,
        /// Where it came from, where known.
        address: Option<IpAddr>,
    },
    /// Attempts were refused because too many had failed.
    Throttled {
        /// Where they came from, where known.
        address: Option<IpAddr>,
    },
    /// Somebody signed in.
    SignedIn {
        /// The person.
        subject: Subject,
        /// Where from, where known.
        address: Option<IpAddr>,
    },
    /// Somebody failed to sign in.
    SignInFailed {
        /// Where from, where known.
        address: Option<IpAddr>,
    },
    /// Somebody signed out.
    SignedOut {
        /// The person.
        subject: Subject,
    },
    /// A person's password was changed; sessions and grants ended with it.
    PasswordChanged {
        /// The person.
        subject: Subject,
    },
    /// An account was disabled; sessions and grants ended with it.
    AccountDisabled {
        /// The person.
        subject: Subject,
    },
    /// An account was enabled again.
    AccountEnabled {
        /// The person.
        subject: Subject,
    },
    /// A person may let clients act for them no more; their grants ended with it.
    ApiAccessDisabled {
        /// The person.
        subject: Subject,
    },
    /// A person may let clients act for them again.
    ApiAccessEnabled {
        /// The person.
        subject: Subject,
    },
    /// An account was deleted; sessions and grants ended with it.
    AccountDeleted {
        /// The person.
        subject: Subject,
    },
    /// A client was registered.
    ClientRegistered {
        /// The client.
        client_id: ClientId,
    },
    /// A client's registration was changed.
    ClientChanged {
        /// The client.
        client_id: ClientId,
    },
    /// Somebody did something to a client or an account: who, what, and which fields changed how.
    Administered(Box<Act>),
    /// An edit by somebody else than an administrator took trust or badge of a client away.
    ApprovalLapsed {
        /// The client.
        client_id: ClientId,
        /// Who edited it.
        by: Subject,
        /// The fields that it was widened in or renamed by.
        fields: Vec<&'static str>,
    },
    /// A client was deleted with everything that was issued to it.
    ClientDeleted {
        /// The client.
        client_id: ClientId,
    },
}

/// A number that goes up and down, for the operator of the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Gauge {
    /// For how long the oldest record has been over that the sweep has not removed, in whole seconds;
    /// zero where nothing waits. It is told when a sweep has come to its end, and every ten seconds
    /// while it has not.
    ///
    /// It stays below `Config::sweep_interval` while the sweep keeps up. One that grows and grows says
    /// that more is issued than is swept: give a larger `Config::sweep_batch`.
    SweepBacklog {
        /// The age of the backlog.
        age: Duration,
    },
}

/// Where events go. It is called on the path of the request: hand over and return.
///
/// ```
/// use oauth_core::event::{Event, EventSink};
/// struct Counter(std::sync::atomic::AtomicU64);
/// impl EventSink for Counter {
///     fn record(&self, _: &Event) {
///         self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
///     }
/// }
/// ```
pub trait EventSink: Send + Sync + 'static {
    /// Takes an event.
    fn record(&self, event: &Event);

    /// Takes a gauge's present value, for a dashboard or an alarm; ignores it unless written.
    fn measure(&self, _gauge: Gauge) {}
}

/// Writes every event as a structured `tracing` line: what somebody attacks or loses as a warning,
/// the rest as information. Gauges are for debugging only, unless one is worth an alarm.
#[derive(Clone, Copy, Debug, Default)]
pub struct TracingSink;

/// A backlog of the sweep that is older is worth a warning.
const BEHIND: Duration = Duration::from_secs(600);

impl EventSink for TracingSink {
    fn record(&self, event: &Event) {
        match event {
            Event::CodeReused { .. }
            | Event::RefreshTokenReused { .. }
            | Event::ClientAuthenticationFailed { .. }
            | Event::SignInFailed { .. }
            | Event::Throttled { .. } => tracing::warn!(target: "oauth::event", ?event),
            // A line of JSON: the audit log of a store that has no place for one.
            Event::Administered(act) => {
                let act = serde_json::to_string(act).unwrap_or_default();
                tracing::info!(target: "oauth::audit", "{act}");
            }
            _ => tracing::info!(target: "oauth::event", ?event),
        }
    }

    fn measure(&self, gauge: Gauge) {
        match gauge {
            Gauge::SweepBacklog { age } if age > BEHIND => {
                tracing::warn!(target: "oauth::gauge", sweep_backlog_seconds = age.as_secs(), "the sweep is behind");
            }
            Gauge::SweepBacklog { age } => {
                tracing::debug!(target: "oauth::gauge", sweep_backlog_seconds = age.as_secs());
            }
        }
    }
}

impl fmt::Debug for dyn EventSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EventSink")
    }
}
