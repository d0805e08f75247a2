//! A private Redis server.

use crate::Error;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// A server on a free port of 127.0.0.1, without persistence; it ends when this is dropped.
pub(crate) struct Redis {
    pub(crate) port: u16,
    process: Child,
    _directory: TempDir,
}

impl Redis {
    pub(crate) fn start() -> Result<Self, Error> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let directory = TempDir::new()?;
        // Ended by the kernel where this process is ended before it can.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "redis-server", "--bind", "127.0.0.1", "--save", "", "--port"]);
        command.arg(port.to_string()).arg("--dir").arg(directory.path()).stdout(Stdio::null());
        let server = Self { port, process: command.spawn()?, _directory: directory };
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(server)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Reads how much memory its records take, in bytes.
    pub(crate) fn memory(&self) -> Result<f64, Error> {
        let output = Command::new("redis-cli").args(["-p", &self.port.to_string(), "info", "memory"]).output()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let used = said.lines().find_map(|line| line.strip_prefix("used_memory:")).ok_or("it says its memory")?;
        Ok(used.trim().parse()?)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
