use super::Refusal;
use crate::http::Field;
use crate::secret::Digest;
use std::fmt;

/// The longest token that is looked at.
const LONGEST: usize = 4_096;

/// A bearer token as it came with a request: well formed, not validated. `Debug` does not show it.
#[derive(Clone, Copy)]
pub struct PresentedToken<'a>(&'a [u8]);

impl<'a> PresentedToken<'a> {
    /// Takes a token of the b64token syntax (RFC 6750 §2.1).
    ///
    /// # Errors
    /// Refuses every other text.
    ///
    /// ```
    /// use oauth_core::resource::PresentedToken;
    /// assert!(PresentedToken::new("mF_9.B5f-4.1JqM").is_ok());
    /// assert!(PresentedToken::new("two tokens").is_err());
    /// ```
    pub fn new(text: &'a str) -> Result<Self, Refusal> {
        Self::of(text.as_bytes())
    }

    fn of(text: &'a [u8]) -> Result<Self, Refusal> {
        let mut body = text;
        while let [before @ .., b'='] = body {
            body = before;
        }
        let good = |byte: u8| byte.is_ascii_alphanumeric() | matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/');
        // Every byte, good ones before or not: that way they are looked at sixteen at once.
        let all_good = || body.iter().fold(true, |all, byte| all & good(*byte));
        if body.is_empty() || text.len() > LONGEST || !all_good() {
            return Err(Refusal::InvalidRequest);
        }
        Ok(Self(text))
    }

    /// Takes a text that [`Self::new`] has taken before.
    pub(super) fn well_formed(text: &'a str) -> Self {
        Self(text.as_bytes())
    }

    /// Finds the token in the `Authorization` header; `None` where there is none or another scheme's.
    ///
    /// # Errors
    /// [`Refusal::InvalidRequest`] where the header is repeated or what follows the scheme is no token.
    pub(super) fn in_header(authorization: Field<'a>) -> Result<Option<Self>, Refusal> {
        let value = match authorization {
            Field::Absent => return Ok(None),
            Field::Once(value) => value,
            Field::Repeated => return Err(Refusal::InvalidRequest),
        };
        // What another scheme writes behind its name is its own, and not looked at.
        let Some((scheme, mut rest)) = value.split_first_chunk::<6>() else { return Ok(None) };
        if !scheme.eq_ignore_ascii_case(b"bearer") || rest.first().is_some_and(|byte| *byte != b' ') {
            return Ok(None);
        }
        while let [b' ', inner @ ..] | [inner @ .., b' '] = rest {
            rest = inner;
        }
        Self::of(rest).map(Some)
    }

    /// Shows the token itself.
    pub fn expose(&self) -> &'a str {
        // It has nothing but ASCII.
        std::str::from_utf8(self.0).unwrap_or_default()
    }

    /// Computes the digest under which a store knows it.
    pub fn digest(&self) -> Digest {
        Digest::of_bytes(self.0)
    }
}

impl fmt::Debug for PresentedToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PresentedToken(redacted)")
    }
}
