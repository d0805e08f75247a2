//! The commands, each on the store that the server uses, by the rules that the pages use.

pub(crate) mod application;
pub(crate) mod audit;
pub(crate) mod check;
pub(crate) mod sweep;
pub(crate) mod user;

use crate::output::{Refused, warn};
use std::io::{IsTerminal, Read};
use zeroize::Zeroizing;

/// The most that is read from standard input.
const LONGEST: u64 = 64 * 1024;

/// How many entries of a list are read at a time.
pub(crate) const PAGE: u32 = 500;

/// Reads a secret from standard input: one line, with or without a line break at its end.
pub(crate) fn secret_from_stdin(what: &str) -> Result<Zeroizing<String>, Refused> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        warn(&format!("reading the {what} from standard input; Ctrl-D on a new line ends it"));
    }
    let mut text = Zeroizing::new(String::new());
    let read = stdin.lock().take(LONGEST).read_to_string(&mut text);
    read.map_err(|_| Refused::new("invalid_input", format!("{what}: standard input is not readable as UTF-8 text")))?;
    one_line(&text, what)
}

/// Reads `NAME=VALUE`.
pub(crate) fn attribute(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("give a name, = and a value".to_owned()),
    }
}

/// Takes a secret, whichever way it entered: without the line break at its end, which files and shells put
/// there, and only if a person can type it.
pub(crate) fn one_line(text: &str, what: &str) -> Result<Zeroizing<String>, Refused> {
    let line = text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text));
    if line.is_empty() || line.contains(['\n', '\r']) {
        return Err(Refused::new("invalid_input", format!("{what}: give exactly one line")));
    }
    if line.contains(nobody_types) {
        let reason = "it has a control character or a byte order mark, which nobody can type; remove it";
        return Err(Refused::new("invalid_input", format!("{what}: {reason}")));
    }
    Ok(Zeroizing::new(line.to_owned()))
}

/// Tells control characters, the separators of lines and paragraphs, and the byte order mark.
fn nobody_types(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod lines {
    use super::one_line;

    #[test]
    fn only_the_line_break_at_the_end_is_not_part_of_a_secret() {
        for (text, expected) in [("a b ", "a b "), ("ab\n", "ab"), ("ab\r\n", "ab")] {
            assert_eq!(one_line(text, "secret").unwrap().as_str(), expected);
        }
        for text in ["", "\n", "ab\ncd", "ab\n\n"] {
            assert!(one_line(text, "secret").is_err(), "{text:?}");
        }
    }

    #[test]
    fn f_27_what_nobody_types_never_enters_in_silence() {
        for odd in ["\r", "\t", "\0", "\u{1b}", "\u{7f}", "\u{85}", "\u{2028}", "\u{feff}"] {
            for text in [format!("{odd}correct horse"), format!("correct{odd}horse"), format!("correct horse{odd}")] {
                assert!(one_line(&text, "secret").is_err(), "{text:?}");
            }
        }
        for good in ["pässwörd 12345", " correct horse ", "日本語のパスワード", "\u{1f511}\u{200d}\u{1f511}"]
        {
            assert_eq!(one_line(good, "secret").unwrap().as_str(), good);
        }
    }
}
