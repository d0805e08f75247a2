//! How codes and tokens look.

use crate::secret::{AccessToken, AuthorizationCode, RefreshToken, random_characters, random_text};
use serde::Deserialize;
use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

/// What base64url writes: six bits a character.
const BASE64URL: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// The longest prefix, and the longest random part.
const LONGEST: usize = 512;

/// How a code or a token looks: a prefix, and as many random characters of an alphabet. Nobody can
/// choose where the randomness comes from, which is the operating system, and no format holds less
/// than 128 random bits (RFC 6749 §10.10).
///
/// ```
/// use oauth_core::config::{Config, TokenFormat};
/// let mut config = Config::new("https://id.example")?;
/// config.access_token_format = TokenFormat::new(40).with_prefix("acme_");
/// config.refresh_token_format = TokenFormat::new(32).with_alphabet("0123456789abcdef");
/// config.check()?;
/// config.refresh_token_format.length = 31;
/// assert!(config.check().is_err(), "124 random bits can be guessed");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct TokenFormat {
    /// What it begins with, so that scanners for leaked secrets know it: empty unless set.
    pub prefix: String,
    /// The characters of its random part, each once: base64url unless set.
    pub alphabet: String,
    /// How many random characters there are: 43 unless set, which are 256 bits of base64url.
    pub length: u16,
    #[serde(skip)]
    wrap: Option<Wrap>,
}

type Wrap = Arc<dyn Fn(&str) -> String + Send + Sync>;

impl Default for TokenFormat {
    fn default() -> Self {
        Self { prefix: String::new(), alphabet: BASE64URL.to_owned(), length: 43, wrap: None }
    }
}

impl TokenFormat {
    /// Takes a number of random characters, of base64url.
    pub fn new(length: u16) -> Self {
        Self { length, ..Self::default() }
    }

    /// Sets what it begins with.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Sets the characters of its random part.
    #[must_use]
    pub fn with_alphabet(mut self, alphabet: impl Into<String>) -> Self {
        self.alphabet = alphabet.into();
        self
    }

    /// Writes something around it: a check digit, a region, whatever a text can say. What `wrap` is
    /// given must stand in what it gives; where it does not, the text is used as it was, and that is
    /// logged as an error.
    ///
    /// ```
    /// use oauth_core::config::TokenFormat;
    /// let format = TokenFormat::default().wrapped(|random| format!("eu1.{random}.v2"));
    /// assert_eq!(format.check(), Ok(()));
    /// let short = TokenFormat::default().wrapped(|random| random.chars().take(8).collect());
    /// assert!(short.check().is_err(), "it drops the randomness");
    /// ```
    #[must_use]
    pub fn wrapped(mut self, wrap: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        self.wrap = Some(Arc::new(wrap));
        self
    }

    /// Counts the random bits, rounded down.
    pub fn random_bits(&self) -> u32 {
        if self.is_plain() {
            return 256;
        }
        let characters = u32::try_from(self.alphabet.chars().count()).unwrap_or_default();
        // As many whole bits as there are in the number of texts: length · log2(characters).
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a positive number below 2^20")]
        let bits = (f64::from(characters.max(1)).log2() * f64::from(self.length)).floor() as u32;
        bits
    }

    /// Checks it: called when the provider is made.
    ///
    /// # Errors
    /// Says what to give instead.
    pub fn check(&self) -> Result<(), &'static str> {
        let mut characters: Vec<char> = self.alphabet.chars().collect();
        characters.sort_unstable();
        characters.dedup();
        if characters.len() != self.alphabet.len() || !self.alphabet.bytes().all(is_token_byte) {
            return Err("alphabet: give letters, digits and - . _ ~ + /, each once (RFC 6750 section 2.1)");
        }
        if self.random_bits() < 128 {
            return Err("length: give at least 128 random bits (RFC 6749 section 10.10): 22 characters of base64url, \
                        or 32 of hexadecimal digits");
        }
        if usize::from(self.length) > LONGEST || self.prefix.len() > LONGEST {
            return Err("length: give at most 512 characters, and a prefix of at most 512");
        }
        if !self.prefix.bytes().all(is_token_byte) {
            return Err("prefix: give letters, digits and - . _ ~ + / (RFC 6750 section 2.1)");
        }
        let sample = self.random_part();
        if self.wrap.as_ref().is_some_and(|wrap| !is_wrapped(&wrap(&sample), &sample)) {
            return Err("the wrapping: it must give back the text it was given, with letters, digits and - . _ ~ + / \
                        around it, of at most 2048 characters");
        }
        Ok(())
    }

    /// Makes a secret of it.
    fn generate(&self) -> Zeroizing<String> {
        let random = self.random_part();
        let Some(wrap) = &self.wrap else { return random };
        let wrapped = Zeroizing::new(wrap(&random));
        if is_wrapped(&wrapped, &random) {
            return wrapped;
        }
        tracing::error!("a token's wrapping loses the random text it was given: the text is used without it");
        random
    }

    /// Tells whether its random part is 32 bytes in base64url, whose last character has four bits only.
    fn is_plain(&self) -> bool {
        self.prefix.is_empty() && self.length == 43 && self.alphabet == BASE64URL
    }

    fn random_part(&self) -> Zeroizing<String> {
        if self.is_plain() {
            return random_text();
        }
        let mut text = Zeroizing::new(String::with_capacity(self.prefix.len() + usize::from(self.length)));
        text.push_str(&self.prefix);
        random_characters(&mut text, self.alphabet.as_bytes(), self.length);
        text
    }
}

fn is_wrapped(wrapped: &str, random: &str) -> bool {
    wrapped.contains(random) && wrapped.len() <= 2_048 && wrapped.bytes().all(is_token_byte)
}

/// What a bearer token may consist of (RFC 6750 §2.1), and so what no client has to encode.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/')
}

macro_rules! formatted {
    ($($name:ident)*) => {
        $(impl $name {
            /// Makes a new one, as the settings say.
            pub(crate) fn of(format: &TokenFormat) -> Self {
                Self::made(format.generate())
            }
        })*
    };
}

formatted!(AuthorizationCode AccessToken RefreshToken);

impl fmt::Debug for TokenFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { prefix, alphabet, length, wrap } = self;
        let mut shown = f.debug_struct("TokenFormat");
        shown.field("prefix", prefix).field("alphabet", alphabet).field("length", length);
        shown.field("wrapped", &wrap.is_some()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn r_046_fewer_than_128_random_bits_are_refused() {
        let hexadecimal = |length| TokenFormat::new(length).with_alphabet("0123456789abcdef");
        assert_eq!(hexadecimal(32).random_bits(), 128);
        assert_eq!(hexadecimal(32).check(), Ok(()));
        assert!(hexadecimal(31).check().is_err());
        assert_eq!(TokenFormat::new(22).check(), Ok(()));
        assert!(TokenFormat::new(21).check().is_err(), "126 bits");
        assert!(TokenFormat::new(500).with_alphabet("a").check().is_err(), "no choice, no randomness");
        assert!(TokenFormat::new(500).with_alphabet("").check().is_err());
        assert!(TokenFormat::new(0).with_prefix("a".repeat(100)).check().is_err(), "a prefix is not random");
        assert!(TokenFormat::new(43).with_alphabet("aabbccdd").check().is_err(), "each character once");
    }

    #[test]
    fn only_what_a_bearer_token_may_hold_is_taken() {
        for text in ["a b", "a\"", "ä", "a=", "a\n", "a%"] {
            assert!(TokenFormat::default().with_prefix(text).check().is_err(), "{text:?}");
            assert!(TokenFormat::new(200).with_alphabet(format!("cdefghi{text}")).check().is_err(), "{text:?}");
            let text = text.to_owned();
            assert!(TokenFormat::default().wrapped(move |random| format!("{random}{text}")).check().is_err());
        }
        assert!(TokenFormat::new(513).check().is_err());
    }

    #[test]
    fn r_046_every_character_of_an_alphabet_is_as_likely() {
        let format = TokenFormat::new(500).with_alphabet("abcdefghijklmnopqrstuvwxyz").with_prefix("x_");
        let mut counts: BTreeMap<char, u32> = BTreeMap::new();
        for _ in 0..200 {
            let text = format.generate();
            let random = text.strip_prefix("x_").unwrap();
            assert_eq!(random.len(), 500);
            random.chars().for_each(|character| *counts.entry(character).or_default() += 1);
        }
        assert_eq!(counts.len(), 26);
        // 100,000 / 26 = 3,846 each; seven standard deviations are 430. A plain remainder would give the
        // first 22 letters 3,906 and the last four 3,516 each: 256 is 9 · 26 + 22.
        assert!(counts.values().all(|count| (3_416..=4_276).contains(count)), "{counts:?}");
        let last: u32 = counts.iter().filter(|(character, _)| **character > 'v').map(|(_, count)| *count).sum();
        assert!(last > 14_700, "{last}: the last letters are rarer");
    }

    #[test]
    fn r_046_no_two_are_alike_and_a_wrapping_that_forgets_is_not_used() {
        let once = std::sync::atomic::AtomicBool::new(true);
        let format = TokenFormat::new(30).wrapped(move |random| {
            // It shows itself only after the check.
            if once.swap(false, std::sync::atomic::Ordering::SeqCst) {
                format!("v1.{random}")
            } else {
                "same".to_owned()
            }
        });
        assert_eq!(format.check(), Ok(()));
        let made: BTreeSet<String> = (0..100).map(|_| format.generate().to_string()).collect();
        assert!(made.len() == 100 && made.iter().all(|text| text.len() == 30));
    }
}
