use super::{method, routes, settings};
use crate::resources::{finish, provide};
use oauth_core::config::{Config, InvalidSetting};
use oauth_core::provider::{AuthorizationProvider, IntoProvider, Mounts, Provider, Service};
use oauth_core::resource::{Authorization, ProtectedResource, ResourceMetadata, Transports};
use rocket::fairing::{self, Fairing, Info, Kind};
use rocket::http::uri::Origin;
use rocket::tokio::{self, select, time::sleep};
use rocket::{Build, Data, Orbit, Request, Response, Rocket};
use std::borrow::Cow;
use std::error::Error;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

type BoxError = Box<dyn Error + Send + Sync>;

/// Mounts a provider in a Rocket application: a fairing for `attach`.
///
/// At ignition it mounts the endpoints under the base path and the well-known documents at the root,
/// and puts an `Arc<dyn Service>` and a [`ProtectedResource`] into the managed state; the latter checks
/// the tokens of [`Authorized`](crate::Authorized) in the provider's own store, for the configured
/// default audience. From liftoff to shutdown it runs the sweep.
///
/// ```
/// use oauth_core::config::Config;
/// use oauth_core::provider::AuthorizationProvider;
/// use oauth_rocket::OAuth;
///
/// fn rocket<P: AuthorizationProvider>(make: fn(Config) -> Result<P, String>) -> rocket::Rocket<rocket::Build> {
///     rocket::build().attach(OAuth::new(make))
/// }
/// ```
pub struct OAuth {
    /// Taken at ignition.
    source: Mutex<Option<Source>>,
    mounting: bool,
    /// Whether another provider is the one that guards ask.
    second: bool,
    service: OnceLock<Arc<dyn Service>>,
    realm: Option<Cow<'static, str>>,
    metadata: Option<ResourceMetadata>,
    transports: Transports,
    mounts: OnceLock<Mounts>,
}

enum Source {
    Settings(Box<dyn FnOnce(Config) -> Result<Finished, BoxError> + Send>),
    Finished(Finished),
}

struct Finished {
    service: Arc<dyn Service>,
    resource: ProtectedResource,
}

impl<P: AuthorizationProvider> From<Provider<P>> for Finished {
    fn from(provider: Provider<P>) -> Self {
        let resource = provider.protected_resource();
        Self { service: Arc::new(provider), resource }
    }
}

impl OAuth {
    /// Makes the provider at ignition, of the settings under `[default.oauth]` (see
    /// [`Settings`](oauth_core::config::Settings); `ROCKET_OAUTH` in the environment works too) over the
    /// safe defaults. The issuer, where none is set, is the loopback address that Rocket listens on.
    /// What `make` gives may be the application, a [`Provider`] of it, or a `Result` of either.
    ///
    /// The launch stops, with a line that names the key, where a setting cannot be used or `make` fails.
    pub fn new<T: IntoProvider>(make: impl FnOnce(Config) -> T + Send + 'static) -> Self {
        let make = |config| make(config).into_provider().map(Finished::from);
        Self::of(Source::Settings(Box::new(make)))
    }

    /// Takes a provider that was made before. The launch stops where there are settings under
    /// `[default.oauth]`, because they would have no effect.
    pub fn with<P: AuthorizationProvider>(provider: Provider<P>) -> Self {
        Self::of(Source::Finished(provider.into()))
    }

    fn of(source: Source) -> Self {
        Self {
            source: Mutex::new(Some(source)),
            mounting: true,
            second: false,
            service: OnceLock::new(),
            realm: None,
            metadata: None,
            transports: Transports::header(),
            mounts: OnceLock::new(),
        }
    }

    /// Names the protection space in the challenges of guards: `api` unless set.
    #[must_use]
    pub fn realm(mut self, realm: impl Into<Cow<'static, str>>) -> Self {
        self.realm = Some(realm.into());
        self
    }

    /// Serves this document of the API beside the provider; see [`Resources::metadata`](crate::Resources::metadata).
    #[must_use]
    pub fn metadata(mut self, metadata: ResourceMetadata) -> Self {
        self.metadata = Some(metadata);
        self
    }

    /// Takes tokens from other places than the header too; see [`Resources::transports`](crate::Resources::transports).
    #[must_use]
    pub fn transports(mut self, transports: Transports) -> Self {
        self.transports = transports;
        self
    }

    /// Stands beside another provider in the same Rocket, such as a sandbox beside production: another
    /// issuer, with a base path and data of its own. It mounts its endpoints and runs its sweep; the
    /// managed state and the guards of [`Authorized`](crate::Authorized) stay those of the other one.
    ///
    /// ```
    /// use oauth_core::provider::{AuthorizationProvider, Provider};
    /// use oauth_rocket::OAuth;
    /// use rocket::{Build, Rocket};
    ///
    /// fn both<P: AuthorizationProvider>(production: Provider<P>, sandbox: Provider<P>) -> Rocket<Build> {
    ///     rocket::build().attach(OAuth::with(production)).attach(OAuth::with(sandbox).beside())
    /// }
    /// ```
    /// An API of the sandbox checks its tokens with
    /// [`Provider::resources`](oauth_core::provider::Provider::resources), mapped to a type of its own.
    #[must_use]
    pub fn beside(mut self) -> Self {
        self.second = true;
        self
    }

    /// Leaves the mounting to the application, which finds the `Arc<dyn Service>` in the managed state
    /// in a fairing of its own that is attached later.
    ///
    /// ```
    /// use oauth_core::provider::Service;
    /// use oauth_rocket::{OAuth, routes, well_known};
    /// use rocket::{Build, Rocket, fairing::AdHoc};
    /// use std::sync::Arc;
    ///
    /// fn mount(rocket: Rocket<Build>, oauth: OAuth) -> Rocket<Build> {
    ///     let mount = AdHoc::try_on_ignite("mount OAuth", |rocket| async {
    ///         let Some(service) = rocket.state::<Arc<dyn Service>>().cloned() else { return Err(rocket) };
    ///         Ok(rocket.mount(service.mounts().base, routes(&service)).mount("/", well_known(&service)))
    ///     });
    ///     rocket.attach(oauth.without_mounting()).attach(mount)
    /// }
    /// ```
    #[must_use]
    pub fn without_mounting(mut self) -> Self {
        self.mounting = false;
        self
    }

    fn described(&self, resource: ProtectedResource) -> ProtectedResource {
        let resource = resource.transports(self.transports);
        let resource = match self.realm.clone() {
            Some(realm) => resource.realm(realm),
            None => resource,
        };
        match self.metadata.clone() {
            Some(metadata) => resource.metadata(metadata),
            None => resource,
        }
    }

    fn provider(&self, rocket: &Rocket<Build>) -> Result<Finished, InvalidSetting> {
        let no = |reason: &str| Err(InvalidSetting::new("oauth", reason));
        if !self.second && rocket.state::<Arc<dyn Service>>().is_some() {
            return no("attach one OAuth; another provider in the same Rocket is attached with beside()");
        }
        match self.source.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(Source::Settings(make)) => make(settings::read(rocket.figment())?).map_err(named),
            Some(Source::Finished(_)) if !self.second && settings::are_present(rocket.figment()) => no(
                "these settings have no effect, since a finished provider was given: remove the table, or use OAuth::new",
            ),
            Some(Source::Finished(finished)) => Ok(finished),
            None => no("this OAuth was ignited before: make another"),
        }
    }

    fn mount(&self, rocket: Rocket<Build>, service: &Arc<dyn Service>) -> Rocket<Build> {
        let mounts = self.mounts.get_or_init(|| service.mounts());
        if !self.mounting {
            return rocket;
        }
        let base = if mounts.base.is_empty() { "/" } else { &mounts.base };
        let mut rocket = rocket.mount(base, routes::routes(service)).mount("/", routes::well_known(service));
        // At the root this catcher would be the application's own.
        let own = Some(base).filter(|_| !mounts.base.is_empty());
        for path in own.into_iter().chain(mounts.well_known.iter().map(String::as_str)) {
            if Origin::parse(path).is_ok() {
                rocket = rocket.register(path.to_owned(), vec![routes::unknown_methods(service)]);
            }
        }
        rocket
    }

    fn is_mine(&self, request: &Request<'_>) -> bool {
        let Some(mounts) = self.mounts.get() else { return false };
        let path = || request.uri().path().segments();
        let is_under = |base: &str| base.split('/').filter(|part| !part.is_empty()).eq(path().take(count(base)));
        is_under(&mounts.base) || mounts.well_known.iter().any(|path| is_under(path))
    }
}

fn count(path: &str) -> usize {
    path.split('/').filter(|part| !part.is_empty()).count()
}

/// Names the setting where the error is about one.
fn named(error: BoxError) -> InvalidSetting {
    match error.downcast::<InvalidSetting>() {
        Ok(setting) => settings::in_table(*setting),
        Err(error) => InvalidSetting::new("oauth", format!("the provider could not be made: {error}")),
    }
}

#[rocket::async_trait]
impl Fairing for OAuth {
    fn info(&self) -> Info {
        Info { name: "OAuth", kind: Kind::Ignite | Kind::Request | Kind::Response | Kind::Liftoff }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> fairing::Result {
        let Finished { service, resource } = match self.provider(&rocket) {
            Ok(finished) => finished,
            Err(setting) => {
                tracing::error!("cannot launch: {setting}");
                return Err(rocket);
            }
        };
        let service = self.service.get_or_init(|| service);
        let rocket = self.mount(rocket, service);
        if self.second {
            return Ok(rocket);
        }
        let rocket = rocket.manage(Arc::clone(service));
        if rocket.state::<ProtectedResource<Authorization>>().is_some() {
            return Ok(rocket);
        }
        provide(rocket, self.described(resource))
    }

    async fn on_liftoff(&self, rocket: &Rocket<Orbit>) {
        let Some(service) = self.service.get().cloned() else { return };
        let mut shutdown = rocket.shutdown();
        tokio::spawn(async move {
            loop {
                let pause = service.sweep().await;
                select! {
                    () = &mut shutdown => break,
                    () = sleep(pause) => {}
                }
            }
        });
    }

    async fn on_request(&self, request: &mut Request<'_>, data: &mut Data<'_>) {
        if self.is_mine(request) {
            method::restore(request, data).await;
        }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        finish(request, response);
    }
}
