//! Names that people read and type: which are refused, and which are the same.
//!
//! ```
//! use oauth_core::name;
//!
//! assert!(name::is_client_name("Notes"));
//! assert!(!name::is_client_name("\u{200b}"), "nobody can see it");
//! assert_eq!(name::folded("Zoe\u{308}"), name::folded("ZOË"), "the same name from another keyboard");
//! ```

use icu_normalizer::{ComposingNormalizer, ComposingNormalizerBorrowed};
use icu_properties::props::{
    DefaultIgnorableCodePoint, ExtendedPictographic, GeneralCategory, GeneralCategoryGroup, VariationSelector,
};
use icu_properties::{CodePointMapData, CodePointMapDataBorrowed, CodePointSetData, CodePointSetDataBorrowed};

pub(crate) const COMPOSED: ComposingNormalizerBorrowed<'static> = ComposingNormalizer::new_nfc();
const COMPATIBLE: ComposingNormalizerBorrowed<'static> = ComposingNormalizer::new_nfkc();
pub(crate) const CATEGORIES: CodePointMapDataBorrowed<'static, GeneralCategory> = CodePointMapData::new();
const IGNORABLE: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<DefaultIgnorableCodePoint>();
const PICTURES: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<ExtendedPictographic>();
const VARIATIONS: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<VariationSelector>();

/// What is drawn: letters, numbers, punctuation and symbols.
const DRAWN: GeneralCategoryGroup = GeneralCategoryGroup::Letter
    .union(GeneralCategoryGroup::Number)
    .union(GeneralCategoryGroup::Punctuation)
    .union(GeneralCategoryGroup::Symbol);

const LETTER_OR_MARK: GeneralCategoryGroup = GeneralCategoryGroup::Letter.union(GeneralCategoryGroup::Mark);

/// A braille cell without dots: a symbol that shows nothing.
const BLANK: char = '\u{2800}';

/// How many passes a name takes at most until folding changes nothing more (RFC 8264 §7).
const PASSES: usize = 4;

/// Tells whether an application can be called so: 1 to 200 [legible](is_legible) characters.
pub fn is_client_name(text: &str) -> bool {
    has_up_to(200, text) && is_legible(text)
}

/// Tells whether people can be given this reason, for a block for example: 1 to 500 [legible](is_legible)
/// characters.
pub fn is_reason(text: &str) -> bool {
    has_up_to(500, text) && is_legible(text)
}

/// Tells whether a person can be called so at sign-in: 1 to 100 [legible](is_legible) characters, no spaces
/// around them, and no joiner or variation selector either, because nobody would know to type it.
pub fn is_username(text: &str) -> bool {
    let typed = |character| !is_hidden(character) && character != BLANK;
    let fits = has_up_to(100, text) && has_up_to(100, &folded(text));
    fits && text.trim() == text && is_legible(text) && text.chars().all(typed)
}

/// Tells whether an organisation can be called so: as [a person](is_username), and no character that is or
/// [folds](folded) to a slash.
pub fn is_organisation(text: &str) -> bool {
    is_username(text) && !folded(text).contains('/')
}

/// Tells whether a text is read as it is: it shows something, and hides nothing.
///
/// At least one character is drawn. Control and format characters, line breaks and whatever else is drawn as
/// nothing are refused. Joiners stay between letters and in emoji, variation selectors behind what they vary,
/// and tags in flags: without them Persian, Sinhala and families cannot be written.
///
/// ```
/// use oauth_core::name::is_legible;
/// assert!(is_legible("می\u{200c}خواهم") && is_legible("👩\u{200d}🚀"));
/// assert!(!is_legible("\u{3164}") && !is_legible("Bank\u{202e}moc.live"));
/// ```
pub fn is_legible(text: &str) -> bool {
    let mut before = None;
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        if is_hidden(character) && !is_in_place(before, character, rest.peek().copied()) {
            return false;
        }
        before = Some(character);
    }
    text.chars().any(is_drawn)
}

/// Folds a name to the form that is compared: names that fold to the same are one name.
///
/// Width, case and composition do not matter (RFC 8265 §3.3.2: width mapping, lower case, NFC). What else the
/// profile refuses, spaces and symbols, stays as it is. A folded name folds to itself.
///
/// ```
/// use oauth_core::name::folded;
/// assert_eq!(folded("ＡＤＡ"), "ada");
/// assert_eq!(folded("STRAẞE"), "straße");
/// assert_ne!(folded("straße"), folded("strasse"), "two names");
/// ```
pub fn folded(name: &str) -> String {
    let mut text = name.to_owned();
    for _ in 0..PASSES {
        let wide = COMPOSED.normalize(&text);
        let lower = wide.chars().map(of_usual_width).collect::<String>().to_lowercase();
        let pass = COMPOSED.normalize(&lower).into_owned();
        if pass == text {
            break;
        }
        text = pass;
    }
    text
}

/// Composes a name as it is shown: the spelling that was given, in NFC.
pub fn composed(name: &str) -> String {
    COMPOSED.normalize(name).into_owned()
}

fn has_up_to(longest: usize, text: &str) -> bool {
    (1..=longest).contains(&text.chars().count())
}

fn is_drawn(character: char) -> bool {
    DRAWN.contains(CATEGORIES.get(character)) && !IGNORABLE.contains(character) && character != BLANK
}

fn is_hidden(character: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator};
    let category = CATEGORIES.get(character);
    matches!(category, Control | Format | LineSeparator | ParagraphSeparator) || IGNORABLE.contains(character)
}

/// Tells whether a hidden character changes how its neighbours are drawn, as it is meant to.
fn is_in_place(before: Option<char>, character: char, after: Option<char>) -> bool {
    match character {
        '\u{200C}' | '\u{200D}' => before.is_some_and(is_joined) && after.is_some_and(is_joined),
        '\u{E0020}'..='\u{E007F}' => matches!(before, Some('🏴' | '\u{E0020}'..='\u{E007E}')),
        _ => VARIATIONS.contains(character) && before.is_some_and(is_drawn),
    }
}

/// Tells whether a joiner may stand beside it: letters with their marks, emoji with their skin tones.
fn is_joined(character: char) -> bool {
    let skin_tone = matches!(character, '\u{1F3FB}'..='\u{1F3FF}');
    let letter = LETTER_OR_MARK.contains(CATEGORIES.get(character));
    letter || PICTURES.contains(character) || skin_tone
}

/// Maps a fullwidth or halfwidth character to the usual one: one step of its decomposition, no more.
fn of_usual_width(character: char) -> char {
    let from = |first: char, usual: char| {
        let moved = u32::from(character).checked_sub(first.into()).and_then(|by| u32::from(usual).checked_add(by));
        moved.and_then(char::from_u32).unwrap_or(character)
    };
    match character {
        '\u{3000}' => ' ',
        '\u{FF01}'..='\u{FF5E}' => from('\u{FF01}', '!'),
        '\u{FFA0}' => '\u{3164}',
        '\u{FFA1}'..='\u{FFBE}' => from('\u{FFA1}', '\u{3131}'),
        '\u{FFC2}'..='\u{FFC7}' => from('\u{FFC2}', '\u{314F}'),
        '\u{FFCA}'..='\u{FFCF}' => from('\u{FFCA}', '\u{3155}'),
        '\u{FFD2}'..='\u{FFD7}' => from('\u{FFD2}', '\u{315B}'),
        '\u{FFDA}'..='\u{FFDC}' => from('\u{FFDA}', '\u{3161}'),
        '\u{FFE3}' => '¯',
        '\u{FF5F}'..='\u{FFEE}' => {
            let mut buffer = [0; 4];
            COMPATIBLE.normalize(character.encode_utf8(&mut buffer)).chars().next().unwrap_or(character)
        }
        usual => usual,
    }
}

#[cfg(test)]
mod tests;
