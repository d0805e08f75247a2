//! The command line of `examples/provider`, as the real binary: start, options, commands.

mod accounts;
mod owner;
mod process;
mod registration;
mod start;
