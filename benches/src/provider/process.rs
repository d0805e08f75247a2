use crate::Error;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The provider's process; it ends when this is dropped.
pub(crate) struct Process {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    pub(crate) address: SocketAddr,
}

impl Process {
    /// Starts one on the store of a URL, whose requests are served by so many threads.
    pub(crate) fn start(url: &str, threads: usize) -> Result<Self, Error> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["provider-server", url, &threads.to_string()]);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = process.stdin.take().ok_or("its input is ours")?;
        let mut output = BufReader::new(process.stdout.take().ok_or("its output is ours")?);
        let mut address = String::new();
        output.read_line(&mut address)?;
        let address = address.trim().parse().map_err(|_| "the server did not start")?;
        Ok(Self { process, input, output, address })
    }

    /// Starts one, with one thread for requests, and stores so many live tokens.
    pub(crate) fn filled(url: &str, tokens: usize) -> Result<Self, Error> {
        let mut server = Self::start(url, 1)?;
        server.ask(&format!("fill 0 {tokens} live"))?;
        Ok(server)
    }

    /// Gives a command and waits for the answer.
    pub(crate) fn ask(&mut self, command: &str) -> Result<String, Error> {
        writeln!(self.input, "{command}")?;
        let mut answer = String::new();
        self.output.read_line(&mut answer)?;
        if answer.is_empty() {
            return Err(format!("the server ended at: {command}").into());
        }
        Ok(answer.trim().to_owned())
    }

    /// Gives a command whose answer is a number.
    pub(crate) fn number(&mut self, command: &str) -> Result<f64, Error> {
        Ok(self.ask(command)?.parse()?)
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Reads how much memory it takes, in bytes.
    pub(crate) fn memory(&self) -> Result<f64, Error> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("it says its size")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? * 1024.0)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
