//! How often a secret may be guessed, whatever the store keeps of the right one.

use super::{Server, encode};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Request, StatusCode};
use oauth_core::client::{Client, ClientType, SecretHash};
use oauth_core::config::Config;
use oauth_core::http::PeerAddress;
use oauth_core::provider::{AuthorizationProvider as _, Service as _};
use oauth_core::secret::ClientSecret;
use std::net::IpAddr;

const WRONG: StatusCode = StatusCode::UNAUTHORIZED;
const THROTTLED: StatusCode = StatusCode::TOO_MANY_REQUESTS;

/// Gives the status and the body of the answer.
async fn present(server: &Server, client: &str, secret: &str, network: u8) -> (StatusCode, Bytes) {
    let form = [("grant_type", "client_credentials"), ("client_id", client), ("client_secret", secret)];
    let request = Request::post("/oauth/token")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .extension(PeerAddress(IpAddr::from([192, 0, 2, network])));
    let answer = server.provider.call(request.body(Bytes::from(encode(&form))).unwrap()).await;
    (answer.status(), answer.into_body())
}

/// A server on which three failures are the limit of a network, and five that of all.
async fn server(short: &ClientSecret, generated: &ClientSecret) -> Server {
    let few = |config: &mut Config| (config.failures_per_client, config.failures_per_account) = (3, Some(5));
    let server = Server::new(few);
    let sha256 = |secret: &ClientSecret| SecretHash::Sha256(secret.digest());
    server.register("imported", |client| client.secrets = vec![sha256(short)]).await;
    server.register("generated", |client| client.secrets = vec![sha256(generated)]).await;
    server.register("both", |client| client.secrets = vec![sha256(short), sha256(generated)]).await;
    let mut chosen = Client::new("chosen".parse().unwrap(), "", ClientType::Confidential);
    chosen.set_secret(short, &server.provider.app().config().passwords).await.unwrap();
    server.register("chosen", |client| client.secrets = chosen.secrets).await;
    server
}

#[tokio::test]
async fn f_10_an_imported_hash_has_the_limits_of_a_password() {
    let (short, generated) = (ClientSecret::new("hunter22"), ClientSecret::generate());
    let server = server(&short, &generated).await;
    let guess = ClientSecret::generate();
    let mut told = Vec::new();
    for client in ["imported", "generated", "both", "chosen", "unknown"] {
        let mut answers = Vec::new();
        for wrong in ["wrong", guess.expose(), "", "wrong"] {
            answers.push(present(&server, client, wrong, 1).await);
        }
        assert_eq!(answers.iter().map(|(status, _)| *status).collect::<Vec<_>>(), [WRONG, WRONG, WRONG, THROTTLED]);
        if ["imported", "both", "chosen"].contains(&client) {
            let short = short.expose();
            answers.push(present(&server, client, short, 1).await);
            assert_eq!(present(&server, client, short, 2).await.0, 200, "{client}: nobody else is kept out");
            for _ in 0..2 {
                assert_eq!(present(&server, client, "wrong", 3).await.0, WRONG);
            }
            answers.push(present(&server, client, short, 4).await);
            assert_eq!(present(&server, client, short, 2).await.0, 200, "{client}: the network is known");
        } else {
            answers.push(present(&server, client, short.expose(), 1).await);
            for _ in 0..2 {
                assert_eq!(present(&server, client, "wrong", 3).await.0, WRONG);
            }
            answers.push(present(&server, client, short.expose(), 4).await);
        }
        assert_eq!(answers[4].0, THROTTLED, "{client}: the limit of a network");
        assert_eq!(answers[5].0, THROTTLED, "{client}: the limit of all networks");
        told.push(answers);
    }
    assert!(told.windows(2).all(|pair| pair[0] == pair[1]), "no answer tells what is stored: {told:?}");
    for (client, network) in [("generated", 1), ("generated", 4), ("both", 1), ("both", 4)] {
        assert_eq!(present(&server, client, generated.expose(), network).await.0, 200, "{client}");
    }
    server.clock.advance(std::time::Duration::from_secs(60));
    for client in ["imported", "both", "chosen"] {
        assert_eq!(present(&server, client, short.expose(), 1).await.0, 200, "{client}");
    }
}
