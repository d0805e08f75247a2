use crate::http::{Field, is_form_type};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Method, Request};
use std::{fmt, iter};

/// What of a request to a protected resource decides whether it is let in: borrowed from the types of
/// whatever framework, so that nothing is copied to be looked at. `Debug` shows the method only.
///
/// ```
/// use oauth_core::resource::ResourceRequest;
/// let request = http::Request::post("https://api.example/notes?all").body(())?;
/// let whole = ResourceRequest::of(&request).body(b"text=hello");
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct ResourceRequest<'a> {
    pub(super) method: &'a Method,
    pub(super) authorization: Field<'a>,
    content_type: Field<'a>,
    pub(super) query: Option<&'a str>,
    body: &'a [u8],
}

impl<'a> ResourceRequest<'a> {
    /// Takes method, headers and query of a request; its body only where [`Self::body`] gives it.
    pub fn of<B>(request: &'a Request<B>) -> Self {
        Self::new(request.method(), request.headers()).query(request.uri().query())
    }

    /// Takes method and headers.
    pub fn new(method: &'a Method, headers: &'a HeaderMap) -> Self {
        let field = move |name| headers.get_all(name).iter().map(|value| value.as_bytes());
        Self::of_fields(method, field(AUTHORIZATION), iter::once_with(move || field(CONTENT_TYPE)).flatten())
    }

    /// Takes the method, and every value of the two headers that count, from other types than those of
    /// the crate `http`. The content type is looked for only where the method gives a body a meaning.
    pub fn of_fields(
        method: &'a Method,
        authorization: impl IntoIterator<Item = &'a [u8]>,
        content_type: impl IntoIterator<Item = &'a [u8]>,
    ) -> Self {
        let may_have_form = matches!(*method, Method::POST | Method::PUT | Method::PATCH);
        let content_type = if may_have_form { Field::of(content_type) } else { Field::Absent };
        Self { method, authorization: Field::of(authorization), content_type, query: None, body: &[] }
    }

    /// Adds the query, as it stands in the URI.
    #[must_use]
    pub fn query(mut self, query: Option<&'a str>) -> Self {
        self.query = query;
        self
    }

    /// Adds the whole body, of a request that [may have a token in it](super::Transports::reads_body).
    #[must_use]
    pub fn body(mut self, body: &'a [u8]) -> Self {
        self.body = body;
        self
    }

    /// Tells whether the body is a form that may carry a token: the type says so, and the method gives
    /// bodies a meaning (RFC 6750 §2.2). What is none need not be read.
    pub fn has_form(&self) -> bool {
        is_form_type(self.content_type)
    }

    /// Walks the fields of the body, read as a form.
    pub(super) fn fields(&self) -> form_urlencoded::Parse<'a> {
        form_urlencoded::parse(self.body)
    }

    /// Gives the form that may carry a token: all ASCII, as RFC 6750 §2.2 wants it.
    pub(super) fn form(&self) -> Option<&'a [u8]> {
        Some(self.body).filter(|body| self.has_form() && body.is_ascii())
    }
}

impl fmt::Debug for ResourceRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourceRequest").field("method", self.method).finish_non_exhaustive()
    }
}
