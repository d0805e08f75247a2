use super::transport::PARAMETER;
use super::{
    Access, Authorization, Challenge, Refusal, ResourceAuthorization, ResourceMetadata, ResourceProvider,
    ResourceRequest, Transports, Validate,
};
use crate::clock::{Clock, SystemClock};
use bytes::Bytes;
use http::{Method, Response};
use std::borrow::Cow;
use std::sync::Arc;

/// A protected resource: what stands behind the guards and filters of every framework. It has the
/// whole check of a request, and the whole answer where that fails; an adapter converts, no more.
///
/// ```
/// use oauth_core::resource::{Access, ProtectedResource, Refusal, Requirement, ResourceProvider, ResourceRequest};
///
/// /// Requires the scope `write`, in a framework that has no adapter yet.
/// async fn check<P: ResourceProvider>(
///     resource: &ProtectedResource<P::Authorization>,
///     request: &http::Request<bytes::Bytes>,
/// ) -> Result<P::Authorization, http::Response<bytes::Bytes>> {
///     let access = Access::from(Requirement::all_of(&["write"]));
///     let asked = ResourceRequest::of(request).body(request.body());
///     let found = resource.require(&asked, &access).await;
///     found.map_err(|refusal| resource.answer(refusal, request.method(), &access))
/// }
/// ```
///
/// A clone shares the resource provider, and is cheap.
pub struct ProtectedResource<A = Authorization> {
    validate: Arc<dyn Validate<A>>,
    realm: Cow<'static, str>,
    metadata: Option<Arc<ResourceMetadata>>,
    transports: Transports,
    clock: Arc<dyn Clock>,
}

impl<A: ResourceAuthorization + 'static> ProtectedResource<A> {
    /// Takes the resource provider. The realm is `api` until it is named, because RFC 6750 §3 wants at
    /// least one parameter in a challenge; tokens are taken from the header alone.
    pub fn new(provider: impl ResourceProvider<Authorization = A>) -> Self {
        Self {
            validate: Arc::new(provider),
            realm: Cow::Borrowed("api"),
            metadata: None,
            transports: Transports::header(),
            clock: Arc::new(SystemClock),
        }
    }

    /// Names the protection space in challenges (RFC 6750 §3).
    #[must_use]
    pub fn realm(mut self, realm: impl Into<Cow<'static, str>>) -> Self {
        self.realm = realm.into();
        self
    }

    /// Points to this document in every challenge (RFC 9728 §5.1); adapters serve it at its path.
    #[must_use]
    pub fn metadata(mut self, metadata: ResourceMetadata) -> Self {
        self.metadata = Some(Arc::new(metadata.transports(self.transports)));
        self
    }

    /// Takes tokens from other places than the header too; the metadata says so.
    #[must_use]
    pub fn transports(mut self, transports: Transports) -> Self {
        self.transports = transports;
        self.metadata = self.metadata.map(|metadata| Arc::new((*metadata).clone().transports(transports)));
        self
    }

    /// Takes the time, which tells how long ago a person signed in, from elsewhere than the operating
    /// system.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Gives the document that describes it, where it has one.
    pub fn described(&self) -> Option<&ResourceMetadata> {
        self.metadata.as_deref()
    }

    /// Tells whether a request's body has to be read before it can be checked: where it is a form, and
    /// forms may carry tokens here.
    pub fn reads_body(&self, request: &ResourceRequest<'_>) -> bool {
        self.transports.reads_body() && request.has_form()
    }

    /// Walks the fields of a request's form, without the token where forms may carry one: what the
    /// application gets to see.
    pub fn form_fields<'a>(&self, request: &ResourceRequest<'a>) -> impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)> {
        let hides_token = self.reads_body(request);
        request.fields().filter(move |(name, _)| !hides_token || name != PARAMETER)
    }

    /// Writes a request's form anew, of its [fields](Self::form_fields) without the token: for frameworks
    /// that read forms from bytes.
    pub fn form_without_token(&self, request: &ResourceRequest<'_>) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(self.form_fields(request)).finish()
    }

    /// Tells whether a token in the query counts.
    pub fn reads_query(&self) -> bool {
        self.transports.reads_query()
    }

    /// Authorizes a request: finds its token, has it validated, and checks scope and sign-in. `None`
    /// only where no token was sent.
    ///
    /// # Errors
    /// Says what to [answer](Self::answer).
    pub async fn authorize(&self, request: &ResourceRequest<'_>, access: &Access) -> Result<Option<A>, Refusal> {
        self.allow(request.method, self.validate(request).await, access)
    }

    /// Authorizes a request as [`Self::authorize`] does, where nothing has to be waited for; `None` where
    /// something has to, and then that is to be asked. It spares what a future costs, which is as much as the
    /// check of a token in memory.
    pub fn authorize_at_once(
        &self,
        request: &ResourceRequest<'_>,
        access: &Access,
    ) -> Option<Result<Option<A>, Refusal>> {
        let found = match self.transports.find(request) {
            Ok(Some(token)) => self.validate.validate_at_once(&token.presented())?.map(Some),
            Ok(None) => Ok(None),
            Err(refusal) => Err(refusal),
        };
        Some(self.allow(request.method, found, access))
    }

    /// Authorizes a request as [`Self::authorize`] does, and requires a token.
    ///
    /// # Errors
    /// As there, and [`Refusal::NoToken`].
    pub async fn require(&self, request: &ResourceRequest<'_>, access: &Access) -> Result<A, Refusal> {
        self.authorize(request, access).await?.ok_or(Refusal::NoToken)
    }

    /// The first half of [`Self::authorize`]: for frameworks that ask several times about one request.
    ///
    /// # Errors
    /// As there.
    pub async fn validate(&self, request: &ResourceRequest<'_>) -> Result<Option<A>, Refusal> {
        let Some(token) = self.transports.find(request)? else { return Ok(None) };
        self.validate.validate(&token.presented()).await.map(Some)
    }

    fn allow(&self, method: &Method, found: Result<Option<A>, Refusal>, access: &Access) -> Result<Option<A>, Refusal> {
        let Some(authorization) = found? else { return Ok(None) };
        self.check(method, &authorization, access)?;
        Ok(Some(authorization))
    }

    /// The second half of [`Self::authorize`].
    ///
    /// # Errors
    /// As there.
    pub fn check(&self, method: &Method, authorization: &A, access: &Access) -> Result<(), Refusal> {
        access.check_at(method, authorization, || self.clock.now())
    }

    /// Makes the whole answer to a request that is refused: status, challenge and a JSON body.
    pub fn answer(&self, refusal: Refusal, method: &Method, access: &Access) -> Response<Bytes> {
        let url = self.metadata.as_ref().map(|metadata| metadata.url());
        refusal.answer(&Challenge {
            realm: &self.realm,
            scope: &access.requirement.named(method).collect::<Vec<_>>(),
            step_up: Some(&access.step_up),
            resource_metadata: url.as_deref(),
        })
    }
}

impl<A> Clone for ProtectedResource<A> {
    fn clone(&self) -> Self {
        Self {
            validate: Arc::clone(&self.validate),
            realm: self.realm.clone(),
            metadata: self.metadata.clone(),
            transports: self.transports,
            clock: Arc::clone(&self.clock),
        }
    }
}

#[cfg(test)]
mod tests;
