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
fn no_source_file_is_over_500_lines() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let mut folders: Vec<_> =
        std::fs::read_dir(root).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    folders.retain(|folder| folder.join("Cargo.toml").exists() || folder.ends_with("examples"));
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

#[test]
fn every_example_stands_in_the_list_with_its_command() {
    let list = read("examples/README.md");
    let manifest = read("Cargo.toml");
    let members = manifest.lines().filter_map(|line| line.trim().strip_prefix("\"examples/")?.split('"').next());
    for member in members {
        assert!(list.contains(&format!("[`{member}`]({member})")), "examples/README.md does not name {member}");
        let run = if member == "provider" { "`cargo run`".to_owned() } else { format!("cargo run -p {member}") };
        let is_program = member != "provider-common";
        assert!(!is_program || list.contains(&run), "examples/README.md does not say {run}");
    }
}

#[test]
fn each_example_pulls_its_own_framework_and_no_other() {
    for (package, own, other) in [
        ("provider", "rocket", "warp"),
        ("rocket-minimal", "rocket", "warp"),
        ("warp-provider", "warp", "rocket"),
        ("warp-notes", "warp", "rocket"),
        ("warp-hello", "warp", "rocket"),
    ] {
        let tree = ["tree", "--offline", "--locked", "--edges", "normal", "--prefix", "none", "--package", package];
        let output = std::process::Command::new(env!("CARGO")).args(tree).output().expect("cargo runs");
        let tree = String::from_utf8(output.stdout).expect("text");
        let pulls = |name: &str| tree.lines().any(|line| line.starts_with(&format!("{name} v")));
        assert!(pulls(own) && !pulls(other), "{package}: {tree} {}", String::from_utf8_lossy(&output.stderr));
    }
}
