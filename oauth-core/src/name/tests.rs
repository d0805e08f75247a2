use super::*;
use proptest::prelude::*;

/// Each text, and whether an application or a reason may be called so, and a person or an organisation.
const NAMES: &[(&str, bool, bool)] = &[
    ("Notes", true, true),
    ("Zoë", true, true),
    ("سارا", true, true),
    ("הדס", true, true),
    ("渡邉", true, true),
    ("1+1", true, true),
    ("❤", true, true),
    // Joiners, selectors and tags are in place; nobody types them at sign-in.
    ("می\u{200c}خواهم", true, false),
    ("ශ්\u{200d}රී", true, false),
    ("👩\u{200d}🚀", true, false),
    ("👩🏽\u{200d}❤\u{fe0f}\u{200d}👨🏿", true, false),
    ("🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}", true, false),
    ("葛\u{e0100}城", true, false),
    // Nothing can be seen.
    ("", false, false),
    (" ", false, false),
    ("\u{a0}\u{3000}", false, false),
    ("\u{200b}", false, false),
    ("\u{feff}", false, false),
    ("\u{3164}", false, false),
    ("\u{ffa0}", false, false),
    ("\u{115f}\u{1160}", false, false),
    ("\u{2800}\u{2800}", false, false),
    ("\u{301}", false, false),
    ("\u{fe0f}", false, false),
    ("\u{200d}", false, false),
    // Something cannot be seen.
    ("a\u{200b}da", false, false),
    ("ada\u{200b}", false, false),
    ("\u{feff}ada", false, false),
    ("ada\u{3164}", false, false),
    ("ada\u{ad}", false, false),
    ("Bank\u{202e}moc.live", false, false),
    ("\u{2066}ada\u{2069}", false, false),
    ("ada\u{200d}", false, false),
    ("\u{200c}ada", false, false),
    ("ad\u{200c}\u{200c}a", false, false),
    ("a \u{200d}b", false, false),
    ("1\u{200d}2", false, false),
    ("ada\u{e0061}", false, false),
    (" \u{fe0f}ada", false, false),
    ("a\u{34f}da", false, false),
    ("ada\u{2060}", false, false),
    ("ada\nbyron", false, false),
    ("ada\u{2028}byron", false, false),
    ("ada\0", false, false),
    ("ada\u{85}", false, false),
];

#[test]
fn f_42_a_name_is_seen_as_it_is() {
    for (text, shown, typed) in NAMES {
        assert_eq!(is_client_name(text), *shown, "an application {text:?}");
        assert_eq!(is_reason(text), *shown, "a reason {text:?}");
        assert_eq!(is_username(text), *typed, "a person {text:?}");
        assert_eq!(is_organisation(text), *typed, "an organisation {text:?}");
    }
    for padded in [" ada", "ada ", "ada\u{3000}", "\u{2800}ada"] {
        assert!(!is_username(padded) && !is_organisation(padded), "{padded:?}");
    }
    for slash in ["a/b", "a\u{ff0f}b"] {
        assert!(is_username(slash) && !is_organisation(slash), "{slash:?} would part an organisation and a name");
    }
}

#[test]
fn a_name_has_as_many_characters_as_its_kind_allows() {
    type Kind = fn(&str) -> bool;
    for (kind, longest) in [(is_username as Kind, 100), (is_organisation, 100), (is_client_name, 200), (is_reason, 500)]
    {
        assert!(kind(&"ü".repeat(longest)) && !kind(&"ü".repeat(longest + 1)), "{longest}");
    }
}

#[test]
fn f_28_a_name_is_the_same_from_every_keyboard() {
    for (left, right) in [
        ("Zoë", "Zoe\u{308}"),
        ("ADA", "ada"),
        ("ＡＤＡ", "ada"),
        ("ｱﾀﾞ", "アダ"),
        ("ﾡￂ", "\u{3131}\u{314f}"),
        ("￣￦", "¯₩"),
        ("ada\u{3000}b", "ada b"),
        ("STRAẞE", "straße"),
        ("İ", "i\u{307}"),
        ("ΟΔΟΣ", "οδος"),
        ("\u{212a}", "k"),
        ("\u{1e0b}\u{323}", "d\u{323}\u{307}"),
    ] {
        assert_eq!(folded(left), folded(right), "{left:?} is {right:?}");
    }
    for (left, right) in [("straße", "strasse"), ("ı", "i"), ("İ", "i"), ("jose", "josé"), ("ﬁ", "fi"), ("²", "2")]
    {
        assert_ne!(folded(left), folded(right), "{left:?} is not {right:?}");
    }
    assert_eq!(composed("Zoe\u{308}"), "Zoë", "the case that was given is shown");
}

proptest! {
    #[test]
    fn f_28_a_folded_name_folds_to_itself(name in "\\PC{0,8}") {
        let once = folded(&name);
        prop_assert_eq!(folded(&once), once.clone());
        let apart = icu_normalizer::DecomposingNormalizer::new_nfd().normalize(&name).into_owned();
        prop_assert_eq!(folded(&apart), once);
    }
}
