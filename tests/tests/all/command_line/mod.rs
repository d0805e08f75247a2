//! The command line of `examples/provider` and `examples/warp-provider`, as the real binaries: start,
//! options, commands.

/// Runs stories on both binaries: makes a test of each in the modules `rocket` and `warp`.
macro_rules! on_every_binary {
    ($($story:ident),+ $(,)?) => {
        mod rocket {
            $(#[test] fn $story() { super::$story(super::Binary::Rocket) })+
        }
        mod warp {
            $(#[test] fn $story() { super::$story(super::Binary::Warp) })+
        }
    };
}

mod accounts;
mod applications;
mod faults;
mod membership;
mod owner;
pub(crate) mod process;
mod registration;
mod same;
mod start;
