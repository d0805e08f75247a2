//! What stands on the command line: options for everything, and the commands.

use crate::commands::{application, sweep, user};
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
    /// Removes what is over from the database, as the server does by itself every minute.
    Sweep(sweep::Sweep),
}

/// Gives the definition of the command line, as if some variables of the environment were not there.
pub(crate) fn definition(unset: &[OsString]) -> clap::Command {
    Arguments::command().mut_args(|option| match option.get_env() {
        Some(name) if unset.iter().any(|unset| unset == name) => option.env(Resettable::Reset),
        _ => option,
    })
}

#[cfg(test)]
mod tests {
    use super::{Arguments, Command};
    use clap::{CommandFactory, Parser};

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
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
