//! What stands on the command line: options for everything, and the commands.

use crate::commands::application::properties;
use crate::commands::{application, audit, sweep, user};
use crate::options::Options;
use clap::builder::Resettable;
use clap::{CommandFactory, Parser, Subcommand};
use std::ffi::OsString;

/// A working OAuth 2.1 provider: pages, a store, a protected API.
///
/// Without a command it starts the server. Commands work on the same database, on a new one too and
/// while the server runs, which sees each change at its next request.
#[derive(Parser)]
#[command(version, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) options: Options,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Registers, lists, shows, changes, blocks and deletes applications (OAuth clients).
    #[command(subcommand)]
    Application(application::Command),
    /// Creates, lists, changes, disables, enables and deletes accounts, and sets their passwords.
    #[command(subcommand)]
    User(user::Command),
    /// Lists what was done to applications and accounts, and by whom.
    Audit(audit::Audit),
    /// Lists what weakens this server: insecure settings, and a database file that others may read. Ends with 1
    /// if there is anything.
    Check,
    /// Removes what has expired from the database, as the server does by itself every minute.
    Sweep(sweep::Sweep),
}

/// Gives the definition of the command line, as if some variables of the environment were not there.
pub(crate) fn definition(unset: &[OsString]) -> clap::Command {
    let command = Arguments::command().mut_args(|option| match option.get_env() {
        Some(name) if unset.iter().any(|unset| unset == name) => option.env(Resettable::Reset),
        _ => option,
    });
    command.mut_subcommand("application", properties::with_help)
}

#[cfg(test)]
mod tests {
    use super::{Arguments, Command, definition};
    use clap::Parser;

    #[test]
    fn the_definition_is_sound() {
        definition(&[]).debug_assert();
    }

    /// Gives the help of each option of a command for applications, in one line each.
    fn help_of(command: &str) -> Vec<(String, String)> {
        let mut all = definition(&[]);
        let applications = all.find_subcommand_mut("application").unwrap();
        let options = applications.find_subcommand(command).unwrap().get_arguments();
        options.map(|option| (option.get_id().to_string(), option.get_help().unwrap().to_string())).collect()
    }

    #[test]
    fn f_70_the_help_of_an_update_says_what_stays() {
        let (create, update) = (help_of("create"), help_of("update"));
        for (id, help) in &update {
            assert!(!help.contains("every scope on offer") && !help.contains("the server's"), "{id}: {help}");
            let is_changed = create.iter().any(|(known, _)| known == id);
            assert_eq!(help.ends_with(". Stays as it is, unless given"), is_changed, "{id}: {help}");
        }
        let said = |id: &str| create.iter().find(|(known, _)| known == id).unwrap().1.clone();
        assert!(said("scopes").ends_with(". Unless given: every scope on offer"), "{}", said("scopes"));
        assert!(said("grants").contains("Unless given: authorization_code and refresh_token"));
        for lifetime in ["code", "access_token", "refresh_token_idle", "refresh_token"] {
            assert!(said(&format!("lifetime_{lifetime}")).ends_with(". As the server's, unless given"), "{lifetime}");
        }
        assert!(create.iter().all(|(_, help)| !help.contains("Stays")), "{create:?}");
    }

    #[test]
    fn options_stand_before_or_after_a_command() {
        for line in [["provider", "--port", "9", "sweep"], ["provider", "sweep", "--port", "9"]] {
            let arguments = Arguments::try_parse_from(line).unwrap();
            assert_eq!(arguments.options.port, 9);
            assert!(matches!(arguments.command, Some(Command::Sweep(_))));
        }
    }

    #[test]
    fn an_identifier_may_start_with_a_hyphen() {
        let line = ["provider", "application", "show", "-xY_z", "--json"];
        let arguments = Arguments::try_parse_from(line).unwrap();
        assert!(arguments.options.json);
    }

    #[test]
    fn an_application_is_either_confidential_or_public() {
        let create = ["provider", "application", "create", "--name", "Notes"];
        assert!(Arguments::try_parse_from(create).is_err());
        assert!(Arguments::try_parse_from(create.into_iter().chain(["--public", "--confidential"])).is_err());
        assert!(Arguments::try_parse_from(create.into_iter().chain(["--public"])).is_ok());
    }
}
