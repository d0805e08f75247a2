use crate::{Ask, Server};
use oauth_core::client::{Client, ClientType, Registration};
use oauth_core::store::{ClientStore as _, Created};

/// The redirect URI of clients that name no other; nothing is there, and nothing is ever sent there.
pub const CALLBACK: &str = "https://client.example/callback";

/// A registered client, with what it knows of itself.
#[derive(Clone, Debug)]
pub struct App {
    /// Its `client_id`.
    pub id: String,
    /// Its secret, where it is confidential.
    pub secret: Option<String>,
    /// The redirect URI that it sends.
    pub redirect_uri: String,
    /// Its record as it was registered.
    pub client: Client,
}

impl App {
    /// Gives its secret; panics for a public client.
    #[track_caller]
    pub fn secret(&self) -> &str {
        self.secret.as_deref().expect("a confidential client")
    }

    /// Makes an authorization request as it should be, with a new verifier.
    pub fn ask(&self, scope: &str) -> Ask {
        Ask::new(&self.id, &self.redirect_uri, scope)
    }
}

impl Server {
    /// Registers a confidential client with every grant that the settings offer.
    pub async fn confidential(&self) -> App {
        let grants = self.config().grant_types();
        self.register(ClientType::Confidential, |registration| registration.grant_types = grants).await
    }

    /// Registers a public client.
    pub async fn public(&self) -> App {
        self.register(ClientType::Public, |_| ()).await
    }

    /// Registers a resource server with an identifier (RFC 8707).
    pub async fn resource_server(&self, resource: &str) -> App {
        let resource = resource.to_owned().try_into().expect("a resource identifier");
        self.register(ClientType::Confidential, |registration| {
            registration.grant_types = Vec::new();
            registration.resources = vec![resource];
        })
        .await
    }

    /// Registers a client; unless changed it uses codes and refresh tokens, and [`CALLBACK`].
    ///
    /// ```no_run
    /// # async fn example(server: &oauth_tests::Server) {
    /// use oauth_core::client::ClientType;
    /// let app = server.register(ClientType::Confidential, |app| app.insecure_without_pkce = true).await;
    /// # }
    /// ```
    pub async fn register(&self, client_type: ClientType, change: impl FnOnce(&mut Registration)) -> App {
        let mut registration = Registration::new("An app", client_type);
        registration.redirect_uris = vec![CALLBACK.to_owned()];
        change(&mut registration);
        let registered = registration.register(self.config()).expect("it can be registered");
        let client = registered.client;
        assert_eq!(self.store().create_client(&client).await.expect("the store works"), Created::Now);
        App {
            id: client.id.as_str().to_owned(),
            secret: registered.secret.map(|secret| secret.expose().to_owned()),
            redirect_uri: client.redirect_uris.first().map(|uri| uri.as_str().to_owned()).unwrap_or_default(),
            client,
        }
    }
}
