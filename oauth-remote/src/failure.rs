//! Why a token could not be checked, and what follows from it.

use crate::url::UnsuitableUrl;
use http::StatusCode;
use hyper_util::client::legacy;
use std::error::Error;
use std::time::Duration;

/// Why a token could not be checked: for the log, where it says how to fix it. The client of this API
/// hears `Refusal::Unavailable` in every case.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    #[error("it cannot be reached ({0}): see that it runs and that its certificate is of an authority known here")]
    Unreachable(String),
    #[error("its connection broke or did not speak HTTP ({0})")]
    Broken(String),
    #[error("it did not answer within {0:?}")]
    TimedOut(Duration),
    #[error("it does not accept the credentials of this API (401): see that client_id and secret are right")]
    Credentials,
    #[error("it does not let this API introspect tokens (403): register it there as a resource server")]
    Forbidden,
    #[error("it answered {0}, and redirects are never followed: give the issuer or endpoint as it is now")]
    Redirect(StatusCode),
    #[error("it answered {0} instead of 200")]
    Status(StatusCode),
    #[error("its answer is not application/json: see that the URL is that of a provider")]
    NotJson,
    #[error("its answer is compressed, which was not asked for")]
    Compressed,
    #[error("its answer has more than {0} bytes")]
    TooLarge(usize),
    #[error("its answer is malformed: {0}")]
    Malformed(&'static str),
    #[error("its metadata cannot be used (RFC 8414): {0}")]
    Metadata(Box<Failure>),
    #[error("they are those of another issuer: write the issuer exactly as the provider does")]
    OtherIssuer,
    #[error("there is no introspection_endpoint in it: the provider must offer RFC 7662")]
    NoIntrospection,
    #[error("its introspection_endpoint is refused: {0}")]
    Endpoint(UnsuitableUrl),
    #[error("it failed a moment ago and is left alone for now")]
    Resting,
    #[error("too many tokens wait to be checked: raise the limit of concurrent requests")]
    Crowded,
}

/// Whom a failure speaks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blame {
    /// This one check: a sender of odd tokens must not be able to stop the others.
    Check,
    /// The endpoint seems to have moved: its metadata is fetched anew.
    Endpoint,
    /// The provider is down: after a few in a row it is left alone for a while, because each of them
    /// takes long.
    Outage,
    /// The settings on one of the sides: every check would fail like this one.
    Setup,
}

impl Failure {
    /// Takes an error of a request. That no connection came about is told apart from one that broke:
    /// only the first says something of more than this request.
    pub(crate) fn request(error: &legacy::Error) -> Self {
        if error.is_connect() { Self::Unreachable(causes(error)) } else { Self::Broken(causes(error)) }
    }

    pub(crate) fn body(error: &dyn Error) -> Self {
        Self::Broken(causes(error))
    }

    pub(crate) fn status(status: StatusCode) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::Credentials,
            StatusCode::FORBIDDEN => Self::Forbidden,
            other if other.is_redirection() => Self::Redirect(other),
            other => Self::Status(other),
        }
    }

    pub(crate) fn blame(&self) -> Blame {
        match self {
            Self::Unreachable(_) | Self::TimedOut(_) => Blame::Outage,
            Self::Metadata(inner) if inner.blame() == Blame::Outage => Blame::Outage,
            Self::Credentials | Self::Metadata(_) => Blame::Setup,
            Self::Redirect(_)
            | Self::Status(StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::GONE) => {
                Blame::Endpoint
            }
            _ => Blame::Check,
        }
    }
}

/// Writes an error with its causes, the last of which says what is wrong with TLS.
fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
