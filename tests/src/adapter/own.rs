//! An API with everything that is off unless asked for: an authorization of the application's own with
//! the person's row in it, every transport, requirements of every kind, metadata.

use super::Pages;
use oauth_core::clock::Timestamp;
use oauth_core::identifier::{Attributes, ClientId, Resource, Subject};
use oauth_core::provider::{AuthorizationProvider as _, Provider};
use oauth_core::resource::{
    Authorization, ProtectedResource, Requirement, ResourceAuthorization, ResourceMetadata, ResourceProvider as _,
    Scopes, StepUp, Transports,
};
use oauth_core::scope::Scope;
use std::sync::Arc;

/// What a token says, and the row of the person it acts for.
#[derive(Clone)]
pub(super) struct Own {
    token: Authorization,
    pub(super) row: String,
}

impl From<Authorization> for Own {
    fn from(token: Authorization) -> Self {
        let row = token.subject.as_ref().map_or_else(|| "nobody".to_owned(), |subject| format!("row of {subject}"));
        Self { token, row }
    }
}

impl ResourceAuthorization for Own {
    fn client_id(&self) -> &ClientId {
        &self.token.client_id
    }
    fn subject(&self) -> Option<&Subject> {
        self.token.subject.as_ref()
    }
    fn scope(&self) -> &Scope {
        &self.token.scope
    }
    fn audience(&self) -> &[Resource] {
        &self.token.audience
    }
    fn expires_at(&self) -> Timestamp {
        self.token.expires_at
    }
    fn attributes(&self) -> &Attributes {
        &self.token.attributes
    }
    fn auth_time(&self) -> Option<Timestamp> {
        self.token.auth_time
    }
    fn acr(&self) -> Option<&str> {
        self.token.acr.as_deref()
    }
}

/// Where it is, below the issuer.
pub(super) const PATH: &str = "/own";

pub(super) fn resource(provider: &Provider<Pages>) -> ProtectedResource<Own> {
    let config = provider.app().config();
    let identifier = Resource::new(format!("{}{PATH}", config.issuer.as_str())).expect("a URL");
    let metadata = ResourceMetadata::new(identifier).expect("a URL of loopback");
    let metadata = metadata.authorization_server(config.issuer.as_str()).expect("an issuer").name("Own");
    ProtectedResource::new(provider.resources().map(Own::from))
        .realm("own")
        .transports(Transports::header().with_form_body().with_insecure_query())
        .metadata(metadata)
        .clock(Arc::clone(&config.clock))
}

pub(super) struct Either;

impl Scopes for Either {
    const REQUIRED: &'static [&'static str] = &["read", "write"];
    const REQUIREMENT: Requirement = Requirement::any_of(Self::REQUIRED);
}

pub(super) struct ByMethod;

impl Scopes for ByMethod {
    const REQUIRED: &'static [&'static str] = &["read", "write"];
    const REQUIREMENT: Requirement = Requirement::by_method(&["read"], &["write"]);
}

pub(super) struct Recent;

impl Scopes for Recent {
    const REQUIRED: &'static [&'static str] = &["read"];
    const STEP_UP: StepUp = StepUp::new().max_age(300);
}

pub(super) struct Strong;

impl Scopes for Strong {
    const REQUIRED: &'static [&'static str] = &["read"];
    const STEP_UP: StepUp = StepUp::new().acr_values(&["mfa", "hardware"]);
}
