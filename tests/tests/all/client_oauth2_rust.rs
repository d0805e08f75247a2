//! The `oauth2` crate 5.0 as a client: authorize, exchange, call, refresh, introspect, revoke.

use oauth_tests::{App, Form, Server, on_every_server};
use oauth2::basic::{
    BasicClient, BasicErrorResponseType, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse,
    BasicTokenResponse,
};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointSet, HttpRequest, HttpResponse,
    IntrospectionUrl, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, RevocationUrl,
    Scope, StandardRevocableToken, TokenIntrospectionResponse as _, TokenResponse as _, TokenUrl,
};
use std::convert::Infallible;
use url::Url;

type Client = oauth2::Client<
    oauth2::basic::BasicErrorResponse,
    BasicTokenResponse,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    oauth2::EndpointNotSet,
    EndpointSet,
    EndpointSet,
    EndpointSet,
>;

/// Sets the library up for an application, as its users do.
fn client(server: &Server, app: &App) -> Client {
    let at = |endpoint: String| format!("{}{endpoint}", server.issuer());
    let paths = &server.config().paths;
    let client = BasicClient::new(ClientId::new(app.id.clone()))
        .set_auth_uri(AuthUrl::new(at(paths.authorization_path())).unwrap())
        .set_token_uri(TokenUrl::new(at(paths.token_path())).unwrap())
        .set_introspection_url(IntrospectionUrl::new(at(paths.introspection_path())).unwrap())
        // The library revokes over https only; what carries its requests here looks at the path.
        .set_revocation_url(RevocationUrl::new(at(paths.revocation_path()).replace("http:", "https:")).unwrap())
        .set_redirect_uri(RedirectUrl::new(app.redirect_uri.clone()).unwrap());
    match &app.secret {
        Some(secret) => client.set_client_secret(ClientSecret::new(secret.clone())),
        None => client.set_auth_type(AuthType::RequestBody),
    }
}

/// Carries the library's requests to the server over plain HTTP.
async fn carry(server: &Server, request: HttpRequest) -> Result<HttpResponse, Infallible> {
    let (parts, body) = request.into_parts();
    let mut call = server.call(parts.method.as_str(), parts.uri.path());
    let content_type = parts.headers.get("content-type").expect("it posts forms").to_str().unwrap();
    call = call.body(content_type, body);
    for (name, value) in parts.headers.iter().filter(|(name, _)| *name != "content-type") {
        call = call.header(name.as_str(), value);
    }
    let answer = call.await;
    let mut response = http::Response::new(answer.body.to_vec());
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    Ok(response)
}

/// Has Ada open the URL that the library made and decide; gives the callback's URL and the verifier.
async fn decided(server: &Server, client: &Client, button: &str) -> (Url, PkceCodeVerifier) {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state) = client
        .authorize_url(CsrfToken::new_random)
        .add_scopes(["read", "write"].map(|scope| Scope::new(scope.to_owned())))
        .set_pkce_challenge(challenge)
        .url();
    let page = server.ada().await.visit(&format!("{}?{}", url.path(), url.query().unwrap())).await.expect(200);
    let answer = server.ada().await.submit(&Form::with(&page.text(), button).press(button)).await;
    assert_eq!(answer.parameter("state").as_deref(), Some(state.secret().as_str()));
    assert_eq!(answer.parameter("iss").as_deref(), Some(server.issuer()));
    (Url::parse(answer.location().unwrap()).unwrap(), verifier)
}

/// Goes the whole way to tokens.
async fn authorized(server: &Server, client: &Client) -> BasicTokenResponse {
    let (callback, verifier) = decided(server, client, "allow").await;
    let code = callback.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
    let exchange = client.exchange_code(AuthorizationCode::new(code)).set_pkce_verifier(verifier);
    exchange.request_async(&|request| carry(server, request)).await.unwrap()
}

async fn refreshed(server: &Server, client: &Client, token: &RefreshToken) -> Result<BasicTokenResponse, String> {
    match client.exchange_refresh_token(token).request_async(&|request| carry(server, request)).await {
        Ok(tokens) => Ok(tokens),
        Err(RequestTokenError::ServerResponse(refused)) => Err(refused.error().as_ref().to_owned()),
        Err(other) => panic!("{other}"),
    }
}

on_every_server! {
    // proves
    async fn confidential_client_authorizes_calls_refreshes_and_revokes(server: &Server) {
        let client = client(server, &server.confidential().await);
        let first = authorized(server, &client).await;
        assert_eq!(first.expires_in().unwrap().as_secs(), 3600);
        assert_eq!(first.scopes().unwrap().len(), 2);
        assert!(server.is_alive(first.access_token().secret()).await);

        let second = refreshed(server, &client, first.refresh_token().unwrap()).await.unwrap();
        assert_ne!(second.access_token().secret(), first.access_token().secret());
        assert!(server.is_alive(second.access_token().secret()).await);

        let introspect = client.introspect(second.access_token());
        let described = introspect.request_async(&|request| carry(server, request)).await.unwrap();
        assert!(described.active());
        assert_eq!(described.client_id().unwrap(), client.client_id());

        let revoke = client.revoke_token(second.access_token().into()).unwrap();
        revoke.request_async(&|request| carry(server, request)).await.unwrap();
        assert!(!server.is_alive(second.access_token().secret()).await);
        let described = client.introspect(second.access_token());
        assert!(!described.request_async(&|request| carry(server, request)).await.unwrap().active());
    }

    // proves
    async fn public_client_has_no_secret_and_revokes_its_refresh_token(server: &Server) {
        let client = client(server, &server.public().await);
        let tokens = authorized(server, &client).await;
        let tokens = refreshed(server, &client, tokens.refresh_token().unwrap()).await.unwrap();
        assert!(server.is_alive(tokens.access_token().secret()).await);
        let revoke = client.revoke_token(tokens.refresh_token().unwrap().into()).unwrap();
        revoke.request_async(&|request| carry(server, request)).await.unwrap();
        assert!(!server.is_alive(tokens.access_token().secret()).await);
        assert_eq!(refreshed(server, &client, tokens.refresh_token().unwrap()).await.unwrap_err(), "invalid_grant");
    }

    // proves: R-031
    async fn owner_who_denies_is_access_denied(server: &Server) {
        let client = client(server, &server.confidential().await);
        let (callback, _) = decided(server, &client, "deny").await;
        let error = callback.query_pairs().find(|(name, _)| name == "error").unwrap().1.into_owned();
        assert_eq!(error, "access_denied");
    }

    // proves: R-089
    async fn wrong_verifier_is_invalid_grant(server: &Server) {
        let client = client(server, &server.confidential().await);
        let (callback, _) = decided(server, &client, "allow").await;
        let code = callback.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        let other = PkceCodeChallenge::new_random_sha256().1;
        let exchange = client.exchange_code(AuthorizationCode::new(code)).set_pkce_verifier(other);
        match exchange.request_async(&|request| carry(server, request)).await.unwrap_err() {
            RequestTokenError::ServerResponse(refused) => assert_eq!(*refused.error(), BasicErrorResponseType::InvalidGrant),
            other => panic!("{other}"),
        }
    }

    async fn client_credentials(server: &Server) {
        let client = client(server, &server.confidential().await);
        let ask = client.exchange_client_credentials().add_scope(Scope::new("read".to_owned()));
        let tokens = ask.request_async(&|request| carry(server, request)).await.unwrap();
        assert!(tokens.refresh_token().is_none());
    }
}
