use super::{AuthorizationProvider, Provider};
use std::error::Error;

/// What can become a [`Provider`]: an application, a provider that was made of one, and the result of
/// making either. For adapters, so that an application hands over what it has.
///
/// ```
/// use oauth_core::config::InvalidSetting;
/// use oauth_core::provider::{AuthorizationProvider, IntoProvider, Provider};
///
/// fn mount(provider: impl IntoProvider) { /* ... */ }
///
/// fn each_way<P: AuthorizationProvider + Clone>(app: P) {
///     mount(app.clone());
///     mount(Provider::new(app.clone()));
///     mount(Ok::<P, InvalidSetting>(app));
/// }
/// ```
pub trait IntoProvider {
    /// The application under it.
    type App: AuthorizationProvider;

    /// Makes the provider.
    ///
    /// # Errors
    /// Its settings cannot be used, or what was to be made was not.
    fn into_provider(self) -> Result<Provider<Self::App>, Box<dyn Error + Send + Sync>>;
}

impl<P: AuthorizationProvider> IntoProvider for P {
    type App = P;

    fn into_provider(self) -> Result<Provider<P>, Box<dyn Error + Send + Sync>> {
        Ok(Provider::new(self)?)
    }
}

impl<P: AuthorizationProvider> IntoProvider for Provider<P> {
    type App = P;

    fn into_provider(self) -> Result<Self, Box<dyn Error + Send + Sync>> {
        Ok(self)
    }
}

impl<T: IntoProvider, E: Into<Box<dyn Error + Send + Sync>>> IntoProvider for Result<T, E> {
    type App = T::App;

    fn into_provider(self) -> Result<Provider<T::App>, Box<dyn Error + Send + Sync>> {
        self.map_err(Into::into)?.into_provider()
    }
}
