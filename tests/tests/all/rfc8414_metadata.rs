//! The metadata document (RFC 8414).

use oauth_core::config::Issuer;
use oauth_tests::{Server, on_every_server};

on_every_server! {
    async fn r_095_metadata_is_at_its_well_known_place(server: &Server) {
        let answer = server.get("/.well-known/oauth-authorization-server").await.expect(200);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let document = answer.json();
        assert_eq!(document["issuer"], server.issuer());
        assert_eq!(document["token_endpoint"], format!("{}/oauth/token", server.issuer()));
    }
}

on_every_server! {
    config |config| config.issuer = Issuer::new(&format!("{}/tenant", config.issuer)).unwrap();

    async fn r_096_the_issuers_path_comes_after_the_well_known_part(server: &Server) {
        let document = server.get("/.well-known/oauth-authorization-server/tenant").await.expect(200).json();
        assert_eq!(document["issuer"], server.issuer());
        server.get("/.well-known/oauth-authorization-server").await.expect(404);
    }
}
