//! The CPU time of another process, in nanoseconds: it does not run on while the process waits for a
//! core that somebody else has.

use crate::Error;
use std::fs;
use std::time::Duration;

/// Reads the time that the threads of a process have run for, its own and the kernel's for it.
///
/// A thread that ended is not in it any more: the servers here keep theirs.
pub(crate) fn time_of(process: u32) -> Result<Duration, Error> {
    let mut nanoseconds = 0;
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        let line = fs::read_to_string(thread?.path().join("schedstat"))?;
        nanoseconds += line.split(' ').next().unwrap_or_default().parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}

/// Reads how busy the machine has been during the last minute.
pub(crate) fn load_average() -> String {
    let line = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    line.split(' ').next().unwrap_or_default().to_owned()
}
