//! Settings that are there and are not read.

use std::path::Path;

/// Lists the settings of Rocket that a person may take for this program's: its file in the directory or above,
/// where Rocket would find it, and its variables.
pub(crate) fn warnings(directory: &Path, variables: impl IntoIterator<Item = String>) -> Vec<String> {
    let files = directory.ancestors().map(|above| above.join("Rocket.toml")).find(|file| file.is_file());
    let variables = variables.into_iter().filter(|name| name.starts_with("ROCKET_"));
    let names = files.into_iter().map(|file| file.display().to_string()).chain(variables);
    names.map(|name| format!("{name}: this program does not read it; {}", advice(&name))).collect()
}

/// Says what this program reads instead.
fn advice(name: &str) -> &'static str {
    match name {
        "ROCKET_ADDRESS" => "give --address or PROVIDER_ADDRESS",
        "ROCKET_PORT" => "give --port or PROVIDER_PORT",
        "ROCKET_LOG_LEVEL" => "give PROVIDER_LOG",
        name if name == "ROCKET_OAUTH" || name.ends_with("Rocket.toml") => {
            "write the settings, without [default.oauth], into another file and name it with --config \
             (docs/configuration.md)"
        }
        _ => "no option of this program takes its place: remove it",
    }
}

#[cfg(test)]
mod tests {
    use super::warnings;

    #[test]
    fn f_58_a_settings_file_that_is_not_read_is_named() {
        let directory = std::env::temp_dir().join(format!("unread-{}", std::process::id()));
        std::fs::create_dir_all(directory.join("below")).unwrap();
        assert!(warnings(&directory, ["PROVIDER_PORT".to_owned()]).is_empty());
        let file = directory.join("Rocket.toml");
        std::fs::write(&file, "[default.oauth]\nbogus_key = 1\n").unwrap();
        for place in [directory.clone(), directory.join("below")] {
            let said = warnings(&place, ["ROCKET_OAUTH".to_owned(), "PROVIDER_PORT".to_owned()]);
            assert_eq!(said.len(), 2, "{said:?}");
            assert!(said[0].starts_with(&format!("{}: ", file.display())), "{said:?}");
            assert!(said[1].starts_with("ROCKET_OAUTH: ") && said.iter().all(|line| line.contains("--config")));
            let said = warnings(&place, ["ROCKET_PORT".to_owned(), "ROCKET_LIMITS".to_owned()]);
            assert!(said[1].contains("--port") && !said[1].contains("--config"), "{said:?}");
            assert!(said[2].starts_with("ROCKET_LIMITS: ") && said[2].ends_with("remove it"), "{said:?}");
        }
        std::fs::remove_dir_all(directory).unwrap();
    }
}
