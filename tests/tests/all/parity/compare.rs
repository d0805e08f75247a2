//! What of an answer must be the same everywhere.

use oauth_tests::Answer;

/// The headers that say something to a client, a browser or a cache.
const HEADERS: [&str; 16] = [
    "access-control-allow-origin",
    "allow",
    "cache-control",
    "content-security-policy",
    "content-type",
    "location",
    "permissions-policy",
    "pragma",
    "referrer-policy",
    "retry-after",
    "set-cookie",
    "transfer-encoding",
    "vary",
    "www-authenticate",
    "x-content-type-options",
    "x-frame-options",
];

/// An answer without what is random in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

impl Seen {
    pub(super) fn of(answer: &Answer) -> Self {
        let headers =
            HEADERS.iter().flat_map(|name| answer.header_values(name).into_iter().map(|value| (*name, mask(value))));
        let body = mask(&without_beginnings(&answer.text()));
        Self { status: answer.status.as_u16(), headers: headers.collect(), body }
    }

    /// Gives the first value of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| *other == name).map(|(_, value)| value.as_str())
    }

    /// Stands for an answer that never came.
    pub(super) fn nothing() -> Self {
        Self { status: 0, headers: Vec::new(), body: String::new() }
    }
}

/// Writes a star for the beginnings of identifiers that the page of approvals shows: six characters.
fn without_beginnings(text: &str) -> String {
    let markers = ["authorization-", "<dd><code>"];
    markers.iter().fold(text.to_owned(), |text, marker| {
        let mut parts = text.split(marker);
        let mut masked = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let rest = part.split_at_checked(6).filter(|(_, rest)| rest.starts_with(['"', '\u{2026}']));
            masked.push_str(marker);
            match rest {
                Some((_, rest)) => masked.extend(["*", rest]),
                None => masked.push_str(part),
            }
        }
        masked
    })
}

/// Writes a star for everything that has the form of a token or of an identifier made at random: 43 or
/// 22 characters of base64url, or the first 6 of one where a page shows no more.
fn mask(text: &str) -> String {
    let is_of_it = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = if is_of_it(first) {
            rest.find(|character| !is_of_it(character)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (run, after) = rest.split_at(end);
        // No word is written like that.
        let is_random =
            matches!(run.len(), 22 | 43) && run.bytes().any(|byte| !matches!(byte, b'a'..=b'z' | b'_' | b'-'));
        let is_beginning = run.len() == 6 && after.starts_with('…')
            || run.rsplit_once("authorization-").is_some_and(|(_, id)| id.len() == 6);
        masked.push_str(if is_random || is_beginning { "*" } else { run });
        rest = after;
    }
    masked
}

impl std::fmt::Display for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.status)?;
        for (name, value) in &self.headers {
            writeln!(f, "  {name}: {value}")?;
        }
        let shown: String = self.body.chars().take(300).collect();
        writeln!(f, "  {shown:?} ({} characters)", self.body.chars().count())
    }
}
