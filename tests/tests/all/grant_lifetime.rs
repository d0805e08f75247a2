//! How long a grant lives, and what lives under it.

use oauth_tests::{Server, on_every_server};
use std::time::Duration;

on_every_server! {
    config |config| config.refresh_token_lifetime = Duration::from_secs(600);

    // proves: R-039
    async fn a_refresh_does_not_shorten_the_life_of_an_earlier_access_token(server: &Server) {
        let app = server.confidential().await;
        let first = server.tokens(&app, "read").await;
        server.advance(100);
        server.refresh(&app, &first.refresh).await.expect(200);
        server.advance(600);
        assert!(server.is_alive(&first.access).await, "expires_in said an hour");
        server.advance(2_900);
        assert!(!server.is_alive(&first.access).await);
    }
}
