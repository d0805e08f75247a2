use crate::accounts::Accounts;
use crate::cookies::Cookies;
use crate::membership::is_member;
use crate::response::{self, Forms, Frame};
use crate::session::Visitor;
use askama::Template;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use oauth_core::client::Client;
use oauth_core::config::Config;
use oauth_core::error::Rejection;
use oauth_core::http::{BODY_LIMIT, Parameters, PeerAddress, is_form};
use oauth_core::identifier::Subject;
use oauth_core::owner::{AuthorizationRequest, Decided, ResourceOwner, UnsentError};
use oauth_core::store::{self, Grant, SessionStore, Store};
use oauth_core::throttle::Throttle;
use std::net::IpAddr;

/// The pages, as the resource owner's side of a provider.
///
/// [`PagesProvider`](crate::PagesProvider) makes one. An application that implements
/// [`AuthorizationProvider`](oauth_core::provider::AuthorizationProvider) itself can do so too:
///
/// ```
/// use oauth_core::config::Config;
/// use oauth_core::provider::AuthorizationProvider;
/// use oauth_core::store::MemoryStore;
/// use oauth_pages::{Pages, StoredAccounts};
///
/// struct App { config: Config, store: MemoryStore, pages: Pages<MemoryStore, StoredAccounts<MemoryStore>> }
///
/// impl AuthorizationProvider for App {
///     type Store = MemoryStore;
///     type Owner = Pages<MemoryStore, StoredAccounts<MemoryStore>>;
///     fn store(&self) -> &Self::Store { &self.store }
///     fn owner(&self) -> &Self::Owner { &self.pages }
///     fn config(&self) -> &Config { &self.config }
/// }
/// ```
pub struct Pages<S, A> {
    pub(crate) config: Config,
    pub(crate) store: S,
    pub(crate) accounts: A,
    pub(crate) throttle: Throttle,
    pub(crate) cookies: Cookies,
}

impl<S: Store + SessionStore, A: Accounts> Pages<S, A> {
    /// Makes the pages over the store that the endpoints use too.
    pub fn new(config: Config, store: S, accounts: A) -> Self {
        let throttle = config.throttle();
        if let Some(failures) = store.failures() {
            throttle.share(failures);
        }
        Self { throttle, cookies: Cookies::of(&config), config, store, accounts }
    }

    /// Gives the accounts.
    pub fn accounts(&self) -> &A {
        &self.accounts
    }

    /// Takes the form of a post, once its body is known to be one.
    pub(crate) fn form(&self, request: &Request<Bytes>) -> Result<Parameters, Rejection> {
        if request.body().len() > BODY_LIMIT {
            return Err(Rejection::BodyTooLarge);
        }
        if !is_form(request.headers()) {
            return Err(Rejection::NotAForm);
        }
        // One field may be as long as a body: a list of redirect URIs, an authorization request. And a
        // consent has a field for every scope.
        Parameters::parse_within(request.body(), 1_024, BODY_LIMIT)
    }

    /// Takes the query of one of our own links.
    pub(crate) fn query(&self, request: &Request<Bytes>) -> Result<Parameters, Rejection> {
        Parameters::parse(request.uri().query().unwrap_or_default().as_bytes())
    }

    pub(crate) fn address(&self, request: &Request<Bytes>) -> Option<IpAddr> {
        PeerAddress::of(request, &self.config.trusted_proxies)
    }

    pub(crate) fn frame(&self, title: &'static str, visitor: Option<&Visitor>) -> Frame {
        Frame::new(title, &self.config.paths, visitor)
    }

    /// Gives the address of a page of ours for one client.
    pub(crate) fn client_location(&self, page: &str, client_id: &str) -> String {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("client_id", client_id).finish();
        format!("{}?{query}", self.config.paths.link(page))
    }

    async fn home(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, Rejection> {
        let Some(visitor) = self.visitor(request).await? else {
            return Ok(self.to_sign_in(request));
        };
        let home = Home {
            frame: self.frame("Your account", Some(&visitor)),
            username: &visitor.person.username,
            offers_password_change: self.accounts.offers_password_change(),
            offers_people: visitor.person.administrator && self.accounts.offers_people(),
            administrator: visitor.person.administrator,
            has_api_access: visitor.person.may_authorize,
        };
        Ok(response::page(StatusCode::OK, &home, Forms::StayHere))
    }

    async fn answer(&self, route: Route<'_>, request: &Request<Bytes>) -> Result<Response<Bytes>, Rejection> {
        let posted = request.method() == Method::POST;
        match route {
            Route::Home => self.home(request).await,
            Route::Stylesheet => Ok(response::stylesheet()),
            Route::SignIn if posted => self.sign_in(request).await,
            Route::SignIn => self.show_sign_in(request).await,
            Route::SignOut => self.sign_out(request).await,
            Route::Consent => self.consent(request).await,
            Route::Applications => self.list_applications(request).await,
            Route::Register if posted => self.register_application(request).await,
            Route::Register => self.show_registration(request).await,
            Route::Show => self.show_application(request).await,
            Route::Edit if posted => self.edit_application(request).await,
            Route::Edit => self.show_edit(request).await,
            Route::Secret => self.change_secrets(request).await,
            Route::Change => self.change_applications(request).await,
            Route::Confirm => self.show_change(request).await,
            Route::Switch => self.switch_application(request).await,
            Route::Delete if posted => self.delete_application(request).await,
            Route::Delete => self.show_delete(request).await,
            Route::Connected => self.list_connected(request).await,
            Route::Revoke => self.revoke(request).await,
            Route::People | Route::ApiAccess if !self.accounts.offers_people() => Err(Rejection::NotFound),
            Route::People => self.list_people(request).await,
            Route::ApiAccess => self.switch_api_access(request).await,
            Route::Password if !self.accounts.offers_password_change() => Err(Rejection::NotFound),
            Route::Password if posted => self.change_password(request).await,
            Route::Password => self.show_password(request).await,
            Route::Audit => self.list_acts(request).await,
            Route::Errors => Ok(self.list_errors(request).await),
            Route::Explain(number) => self.explain(request, number).await.ok_or(Rejection::NotFound),
        }
    }
}

impl<S: Store + SessionStore, A: Accounts> ResourceOwner for Pages<S, A> {
    async fn decide(&self, request: &Request<Bytes>, ask: &AuthorizationRequest) -> store::Result<Decided> {
        self.decide_on(request, ask).await
    }

    async fn page(&self, request: &Request<Bytes>) -> Option<Response<Bytes>> {
        let route = Route::find(request.uri().path().strip_prefix(self.config.paths.base.as_str())?)?;
        let methods = route.methods();
        if !methods.contains(request.method()) {
            return Some(response::allow(self.rejected(request, Rejection::MethodNotAllowed).await, methods));
        }
        Some(match self.answer(route, request).await {
            Ok(answer) => answer,
            Err(Rejection::FormNotOurs) => match self.resume(route, request).await {
                Ok(Some(answer)) => answer,
                Ok(None) => self.rejected(request, Rejection::FormNotOurs).await,
                Err(rejection) => self.rejected(request, rejection).await,
            },
            Err(rejection) => self.rejected(request, rejection).await,
        })
    }

    async fn visitor(&self, request: &Request<Bytes>) -> store::Result<Option<Subject>> {
        Ok(Self::visitor(self, request).await?.map(|visitor| visitor.person.subject))
    }

    async fn is_administrator(&self, subject: &Subject) -> store::Result<bool> {
        Ok(self.accounts.person(subject).await?.is_some_and(|person| person.administrator))
    }

    fn unsent_page(&self, error: &UnsentError<'_>) -> Option<Response<Bytes>> {
        Some(self.unsent(error))
    }

    async fn is_active(&self, subject: &Subject) -> store::Result<bool> {
        let person = self.accounts.person(subject).await?;
        Ok(person.is_some_and(|person| self.barrier(&person).is_none()))
    }

    async fn is_entitled(&self, grant: &Grant) -> store::Result<bool> {
        let person = self.accounts.person(&grant.subject).await?;
        Ok(person.is_some_and(|person| self.barrier(&person).is_none() && is_member(&person, &grant.attributes)))
    }

    /// The session, its credential and the person as they are now: the store compares the rest.
    async fn still_holds(&self, request: &Request<Bytes>, subject: &Subject) -> store::Result<bool> {
        let person = self.visitor(request).await?.map(|visitor| visitor.person);
        Ok(person.is_some_and(|person| person.subject == *subject && self.barrier(&person).is_none()))
    }

    async fn blocked_page(&self, request: &Request<Bytes>, client: &Client) -> Option<Response<Bytes>> {
        self.blocked(request, client).await
    }

    async fn error_page(&self, request: &Request<Bytes>, rejection: Rejection) -> Option<Response<Bytes>> {
        Some(self.rejected(request, rejection).await)
    }
}

/// An address under the base path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    Home,
    Stylesheet,
    SignIn,
    SignOut,
    Consent,
    Applications,
    Register,
    Show,
    Edit,
    Secret,
    Change,
    Confirm,
    Switch,
    Delete,
    Connected,
    Revoke,
    People,
    ApiAccess,
    Password,
    Audit,
    Errors,
    Explain(&'a str),
}

impl<'a> Route<'a> {
    /// Finds a page, with and without one slash at its end.
    fn find(path: &'a str) -> Option<Self> {
        Some(match path.strip_suffix('/').unwrap_or(path) {
            "" => Self::Home,
            "/style.css" => Self::Stylesheet,
            "/sign-in" => Self::SignIn,
            "/sign-out" => Self::SignOut,
            "/consent" => Self::Consent,
            "/applications" => Self::Applications,
            "/applications/register" => Self::Register,
            "/applications/show" => Self::Show,
            "/applications/edit" => Self::Edit,
            "/applications/secret" => Self::Secret,
            "/applications/change" => Self::Change,
            "/applications/confirm" => Self::Confirm,
            "/applications/switch" => Self::Switch,
            "/applications/delete" => Self::Delete,
            "/connected" => Self::Connected,
            "/connected/revoke" => Self::Revoke,
            "/people" => Self::People,
            "/people/api-access" => Self::ApiAccess,
            "/password" => Self::Password,
            "/audit" => Self::Audit,
            "/errors" => Self::Errors,
            other => Self::Explain(other.strip_prefix("/errors/")?),
        })
    }

    /// Tells whether a sign-in may lead to a path under the base path: to each page that can be looked at.
    pub(crate) fn is_destination(path: &str) -> bool {
        let path = format!("/{path}");
        let page = Route::find(&path)
            .filter(|route| !matches!(route, Route::Home | Route::Stylesheet | Route::SignIn | Route::Explain(_)));
        page.is_some_and(|page| page.methods().contains(&Method::GET))
    }

    fn methods(self) -> &'static [Method] {
        match self {
            Self::SignOut
            | Self::Consent
            | Self::Secret
            | Self::Change
            | Self::Switch
            | Self::Revoke
            | Self::ApiAccess => &[Method::POST],
            Self::SignIn | Self::Register | Self::Edit | Self::Delete | Self::Password => {
                &[Method::GET, Method::HEAD, Method::POST]
            }
            _ => &[Method::GET, Method::HEAD],
        }
    }
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home<'a> {
    frame: Frame,
    username: &'a str,
    offers_password_change: bool,
    offers_people: bool,
    administrator: bool,
    has_api_access: bool,
}
