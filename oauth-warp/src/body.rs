//! Reading a body, up to the limit.

use bytes::{Buf, BufMut as _, Bytes, BytesMut};
use futures_util::{Stream, TryStreamExt as _};
use oauth_core::http::BODY_LIMIT;
use std::pin::pin;

/// Why there is no body.
pub(crate) enum Unread {
    TooLarge,
    Broken,
}

/// Reads a body of at most [`BODY_LIMIT`] bytes.
pub(crate) async fn read(body: impl Stream<Item = Result<impl Buf, warp::Error>>) -> Result<Bytes, Unread> {
    let mut body = pin!(body);
    let mut whole = BytesMut::new();
    while let Some(part) = body.try_next().await.map_err(|_| Unread::Broken)? {
        if whole.len() + part.remaining() > BODY_LIMIT {
            return Err(Unread::TooLarge);
        }
        whole.put(part);
    }
    Ok(whole.freeze())
}
