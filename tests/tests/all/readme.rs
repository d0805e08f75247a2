//! What the README promises and a command can show.

use std::path::Path;

fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    std::fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn the_readme_shows_the_very_text_of_rocket_minimal() {
    let example = read("examples/rocket-minimal/src/main.rs");
    let shown = format!("```rust\n{}\n```", example.trim_end());
    assert!(read("README.md").contains(&shown), "copy examples/rocket-minimal/src/main.rs into README.md");
}

#[test]
fn rocket_minimal_has_at_most_40_lines() {
    let lines = read("examples/rocket-minimal/src/main.rs").lines().count();
    assert!(lines <= 40, "{lines} lines");
}

#[test]
fn no_source_file_is_over_500_lines() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let mut folders: Vec<_> =
        ["oauth-core", "oauth-diesel", "oauth-pages", "oauth-rocket", "oauth-tower", "oauth-warp", "examples", "tests"]
            .iter()
            .map(|folder| root.join(folder))
            .collect();
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() && !path.ends_with("node_modules") && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                seen += 1;
                let lines = std::fs::read_to_string(&path).expect("source is text").lines().count();
                assert!(lines <= 500, "{} has {lines} lines", path.display());
            }
        }
    }
    assert!(seen > 50, "the search finds the sources: {seen}");
}
