//! The modules of this crate stand in one order, and each uses only what stands before it. So there is no circle
//! among them, and a reader of one need not know those that stand behind it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The modules, the ground first. A new one is entered behind all that it uses.
const ORDER: [&str; 31] = [
    "clock",
    "name",
    "scope",
    "timer",
    "error",
    "secret",
    "client_type",
    "token_format",
    "identifier",
    "act",
    "authorization",
    "pkce",
    "http",
    "redirect",
    "password",
    "client",
    "event",
    "store",
    "throttle",
    "asked",
    "issue",
    "config",
    "administration",
    "owner",
    "resource",
    "server",
    "client_auth",
    "grant",
    "installed",
    "endpoint",
    "provider",
];

/// Tests use what they like. The kit of the stores is one, and so is what only the kit's growth test looks at.
const TESTS: [&str; 3] = ["tests.rs", "conformance", "growth.rs"];

fn place(module: &str) -> Option<usize> {
    ORDER.iter().position(|known| *known == module)
}

/// Finds the arrows of a file that lead to no module before its own, each with its line. `depth` is how many modules
/// there are around the file's own, within the one that is in the order.
fn upward(module: &str, depth: usize, text: &str) -> Vec<(usize, String)> {
    let own = place(module).unwrap_or_else(|| panic!("{module} is not in ORDER: enter it behind all that it uses"));
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let mut found = Vec::new();
    for (line, number) in code.lines().zip(1..).filter(|(line, _)| !line.trim_start().starts_with("//")) {
        let mut before = "$";
        for piece in line.split("crate::") {
            let name: String = piece.chars().take_while(|sign| sign.is_alphanumeric() || *sign == '_').collect();
            // What stands behind `$` is a path of the crate that calls the macro.
            if !before.ends_with('$') && name != module && place(&name).is_none_or(|there| there >= own) {
                found.push((number, name));
            }
            before = piece;
        }
        if line.contains(&"super::".repeat(depth + 1)) {
            found.push((number, "super (write crate)".to_owned()));
        }
    }
    found
}

/// Lists the files below a folder, but for tests.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let counted = entries.filter(|path| !TESTS.iter().any(|test| path.ends_with(test)));
    counted.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn no_module_uses_one_behind_it() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut wrong, mut seen) = (Vec::new(), BTreeSet::new());
    for path in files(&source) {
        let inner = path.strip_prefix(&source).unwrap().with_extension("");
        let names: Vec<&str> = inner.iter().map(|name| name.to_str().unwrap()).filter(|name| *name != "mod").collect();
        let [module, below @ ..] = names.as_slice() else { continue };
        if *module == "lib" {
            continue;
        }
        for (line, to) in upward(module, below.len(), &fs::read_to_string(&path).unwrap()) {
            wrong.push(format!("{}:{line}: {module} uses {to}, which does not stand before it", path.display()));
        }
        seen.insert((*module).to_owned());
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
    assert!(ORDER.iter().all(|known| seen.contains(*known)), "ORDER names a module that is gone");
}

#[test]
fn an_arrow_that_goes_up_is_found() {
    let found = |text| upward("store", 1, text).into_iter().map(|(line, _)| line).collect::<Vec<_>>();
    assert_eq!(found("use crate::clock::Clock;\n/// [`crate::config`]\nuse crate::config::Config;"), [3]);
    assert_eq!(found("fn f(of: &crate::store::Grant, by: &crate::provider::Provider<()>) {}"), [1]);
    assert_eq!(found("use crate::{clock, config};"), [1], "one line for each module");
    assert_eq!(found("use super::super::config;"), [1]);
    assert!(found("$crate::config::A\nuse super::Grant;\n#[cfg(test)]\nmod tests {\nuse crate::config;").is_empty());
}
