//! A client that keeps its connections open: on each of them one request at a time is under way.

use crate::Error;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

/// Some connections to one server.
pub(crate) struct Load {
    connections: Vec<TcpStream>,
    /// The length of an answer, head and body: all are as long as the first.
    length: usize,
}

impl Load {
    /// Opens connections, and asks once for the length of an answer.
    pub(crate) fn connect(server: SocketAddr, connections: usize, first: &[u8]) -> Result<Self, Error> {
        let mut opened = Vec::with_capacity(connections);
        for _ in 0..connections {
            let connection = TcpStream::connect(server)?;
            connection.set_nodelay(true)?;
            opened.push(connection);
        }
        let mut load = Self { connections: opened, length: 0 };
        load.length = load.first_answer(first)?;
        Ok(load)
    }

    /// Sends a request on every connection, then reads every answer.
    pub(crate) fn batch<'a>(&mut self, mut requests: impl Iterator<Item = &'a [u8]>) -> Result<usize, Error> {
        for connection in &mut self.connections {
            connection.write_all(requests.next().ok_or("there are as many requests as connections")?)?;
        }
        let mut answer = vec![0; self.length];
        for connection in &mut self.connections {
            connection.read_exact(&mut answer)?;
            accept(&answer)?;
        }
        Ok(self.connections.len())
    }

    fn first_answer(&mut self, request: &[u8]) -> Result<usize, Error> {
        let connection = self.connections.first_mut().ok_or("at least one connection")?;
        connection.write_all(request)?;
        let (mut answer, mut byte) = (Vec::new(), [0]);
        while !answer.ends_with(b"\r\n\r\n") {
            connection.read_exact(&mut byte)?;
            answer.extend(byte);
        }
        accept(&answer)?;
        let head = String::from_utf8_lossy(&answer).to_ascii_lowercase();
        let body = head.lines().find_map(|line| line.strip_prefix("content-length:"));
        let body = body.ok_or("the answer has a length")?.trim().parse()?;
        connection.read_exact(&mut vec![0; body])?;
        Ok(answer.len() + body)
    }
}

fn accept(answer: &[u8]) -> Result<(), Error> {
    if answer.starts_with(b"HTTP/1.1 200 ") {
        return Ok(());
    }
    Err(format!("refused: {}", String::from_utf8_lossy(answer)).into())
}
