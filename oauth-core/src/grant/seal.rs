//! Sealing an answer under the token that it answers: who does not hold the token cannot read it.

use super::TokenResponse;
use crate::clock::Timestamp;
use crate::secret::{AccessToken, Digest, RefreshToken, random_bytes};
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

const NONCE: usize = 12;

#[derive(Serialize, Deserialize)]
struct Contents<'a> {
    access_token: &'a str,
    refresh_token: Option<&'a str>,
    scope: &'a str,
    expires_at: Timestamp,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    extra: Map<String, Value>,
}

/// Seals an answer under the presented refresh token, for the store to keep.
pub(super) fn seal(presented: &RefreshToken, answer: &TokenResponse) -> Vec<u8> {
    let contents = Contents {
        access_token: answer.access_token.expose(),
        refresh_token: answer.refresh_token.as_ref().map(RefreshToken::expose),
        scope: &answer.scope,
        expires_at: answer.expires_at,
        extra: answer.extra.clone(),
    };
    let plain = Zeroizing::new(serde_json::to_vec(&contents).unwrap_or_default());
    let nonce: [u8; NONCE] = random_bytes();
    let sealed = cipher(presented).encrypt(&Nonce::from(nonce), plain.as_slice()).unwrap_or_default();
    [nonce.as_slice(), &sealed].concat()
}

/// Opens an answer with the presented refresh token; `None` where it is not the one it was sealed
/// under, or what the store kept was changed.
pub(super) fn open(presented: &RefreshToken, sealed: &[u8]) -> Option<TokenResponse> {
    let (nonce, sealed) = sealed.split_at_checked(NONCE)?;
    let nonce: [u8; NONCE] = nonce.try_into().ok()?;
    let plain = Zeroizing::new(cipher(presented).decrypt(&Nonce::from(nonce), sealed).ok()?);
    let contents: Contents<'_> = serde_json::from_slice(&plain).ok()?;
    Some(TokenResponse {
        access_token: AccessToken::new(contents.access_token),
        refresh_token: contents.refresh_token.map(RefreshToken::new),
        scope: contents.scope.to_owned(),
        expires_at: contents.expires_at,
        extra: contents.extra,
    })
}

/// The key is used for one answer only: a token is rotated once.
fn cipher(presented: &RefreshToken) -> ChaCha20Poly1305 {
    let label = Zeroizing::new(format!("oauth-core: answer of a rotation\n{}", presented.expose()));
    ChaCha20Poly1305::new(&Key::from(*Digest::of(&label).as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> TokenResponse {
        TokenResponse {
            access_token: AccessToken::generate(),
            refresh_token: Some(RefreshToken::generate()),
            scope: "read write".to_owned(),
            expires_at: Timestamp::from_unix_seconds(1_000),
            extra: Map::from_iter([("region".to_owned(), Value::from("eu"))]),
        }
    }

    #[test]
    fn opens_with_the_token_it_was_sealed_under_only() {
        let (presented, answer) = (RefreshToken::generate(), answer());
        let sealed = seal(&presented, &answer);
        let opened = open(&presented, &sealed).expect("the right token opens it");
        assert_eq!(opened.access_token, answer.access_token);
        assert_eq!(opened.refresh_token, answer.refresh_token);
        assert_eq!((opened.scope, opened.extra), (answer.scope, answer.extra));
        assert!(open(&RefreshToken::generate(), &sealed).is_none());
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let presented = RefreshToken::generate();
        let sealed = seal(&presented, &answer());
        for position in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[position] ^= 1;
            assert!(open(&presented, &changed).is_none(), "byte {position}");
        }
        assert!(open(&presented, &sealed[..5]).is_none());
    }

    #[test]
    fn nothing_readable_is_stored() {
        let (presented, answer) = (RefreshToken::generate(), answer());
        let sealed = String::from_utf8_lossy(&seal(&presented, &answer)).into_owned();
        assert!(!sealed.contains(answer.access_token.expose()));
        assert!(!sealed.contains("access_token"));
    }
}
