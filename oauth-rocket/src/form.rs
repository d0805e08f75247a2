//! The data guard for tokens in forms.

use crate::convert;
use crate::guard::{Authorized, Refused, is_unprovided, refuse};
use oauth_core::resource::{AnyScope, Authorization, ProtectedResource, Refusal, ResourceAuthorization, Scopes};
use rocket::data::{Data, FromData, Limits, Outcome};
use rocket::form::{Error, Errors, Form, FromForm, ValueField};
use rocket::http::Status;
use rocket::{Ignite, Request, Rocket, Sentinel};
use std::fmt;

/// Requires an access token that allows what `S` requires, in the header or in the form itself
/// (RFC 6750 §2.2), and parses the rest of the form as `T`: a data guard, because a request guard does
/// not see the body.
///
/// The form counts only where [`Transports::with_form_body`](oauth_core::resource::Transports) is set on
/// [`Resources`](crate::Resources::transports) or [`OAuth`](crate::OAuth::transports); elsewhere this
/// takes tokens from the header, and `access_token` is a field like others. A token in both is refused.
/// A form is read up to Rocket's own limit, `limits.form`.
///
/// ```
/// use oauth_rocket::{AuthorizedForm, scopes};
/// use rocket::FromForm;
/// scopes! { pub Write = "write"; }
///
/// #[derive(FromForm)]
/// struct Note<'r> {
///     text: &'r str,
/// }
///
/// #[rocket::post("/notes", data = "<sent>")]
/// fn add(sent: AuthorizedForm<Note<'_>, Write>) -> String {
///     format!("{} writes {}", sent.token.client_id, sent.form.text)
/// }
/// ```
pub struct AuthorizedForm<T, S = AnyScope, A = Authorization> {
    /// What the token says.
    pub token: Authorized<S, A>,
    /// The form, without the token.
    pub form: T,
}

/// Why there is no [`AuthorizedForm`]: the token, or else the form.
#[derive(Debug)]
#[non_exhaustive]
pub enum UnauthorizedForm<'r> {
    /// The token was refused.
    Refused(Refused),
    /// It is not the form that the route takes.
    Form(Errors<'r>),
}

impl<T: fmt::Debug, S, A: fmt::Debug> fmt::Debug for AuthorizedForm<T, S, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizedForm").field("token", &self.token).field("form", &self.form).finish()
    }
}

impl<T, S, A: 'static> Sentinel for AuthorizedForm<T, S, A> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_unprovided::<A>(rocket)
    }
}

#[rocket::async_trait]
impl<'r, T, S, A> FromData<'r> for AuthorizedForm<T, S, A>
where
    T: FromForm<'r>,
    S: Scopes,
    A: ResourceAuthorization + 'static,
{
    type Error = UnauthorizedForm<'r>;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        let refused = |refusal| {
            let (status, refused) = refuse::<A>(request, refusal, const { &S::ACCESS });
            Outcome::Error((status, UnauthorizedForm::Refused(refused)))
        };
        let Some(resource) = request.rocket().state::<ProtectedResource<A>>() else {
            return refused(Refusal::Unavailable);
        };
        let method = convert::method(request.method());
        let asked = convert::resource_request(request, &method);
        if !resource.reads_body(&asked) {
            let token = match Authorized::find(request).await {
                Ok(token) => token,
                Err(refusal) => return refused(refusal),
            };
            return match Form::<T>::from_data(request, data).await {
                Outcome::Success(form) => Outcome::Success(Self { token, form: form.into_inner() }),
                Outcome::Error((status, errors)) => Outcome::Error((status, UnauthorizedForm::Form(errors))),
                Outcome::Forward(forward) => Outcome::Forward(forward),
            };
        }
        let body = match read(request, data).await {
            Ok(body) => body,
            Err(errors) => return not_this_form(errors),
        };
        let asked = asked.body(&body);
        let token = match resource.require(&asked, const { &S::ACCESS }).await {
            Ok(authorization) => Authorized::new(authorization),
            Err(refusal) => return refused(refusal),
        };
        let fields = resource.form_fields(&asked);
        let Fields(fields) = request.local_cache(|| Fields(fields.map(|(n, v)| (n.into(), v.into())).collect()));
        match Form::<T>::parse_iter(fields.iter().map(|(name, value)| ValueField::from((&**name, &**value)))) {
            Ok(form) => Outcome::Success(Self { token, form }),
            Err(errors) => not_this_form(errors),
        }
    }
}

/// The decoded fields, kept as long as the request, because the form may borrow from them.
struct Fields(Vec<(String, String)>);

async fn read<'r>(request: &Request<'_>, data: Data<'_>) -> Result<Vec<u8>, Errors<'r>> {
    let limit = request.limits().get("form").unwrap_or(Limits::FORM);
    let body = data.open(limit).into_bytes().await.map_err(Error::from)?;
    if body.is_complete() { Ok(body.into_inner()) } else { Err(Error::from((None, Some(limit.as_u64()))).into()) }
}

fn not_this_form<'r, T>(errors: Errors<'r>) -> Outcome<'r, T>
where
    T: FromData<'r, Error = UnauthorizedForm<'r>>,
{
    let status: Status = errors.status();
    Outcome::Error((status, UnauthorizedForm::Form(errors)))
}
