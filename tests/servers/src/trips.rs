use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

/// Stands between a client and a server, and counts how often the client waits for the server: each
/// time that it speaks after the server has spoken, whatever it says. So it does not matter what a
/// driver does behind its interface: beginning and ending a transaction count, and so does preparing
/// a statement.
pub struct Trips {
    port: u16,
    count: Arc<AtomicUsize>,
}

impl Trips {
    /// Stands before a port of 127.0.0.1.
    pub fn to(server: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, count) = (client.unwrap(), Arc::clone(&counted));
                let server = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, server))).unwrap();
                let waits = Arc::new(AtomicBool::new(false));
                let (back, answered) = ((server.try_clone().unwrap(), client.try_clone().unwrap()), Arc::clone(&waits));
                thread::spawn(move || {
                    copy(client, server, || {
                        if !waits.swap(true, Ordering::SeqCst) {
                            count.fetch_add(1, Ordering::SeqCst);
                        }
                    });
                });
                thread::spawn(move || copy(back.0, back.1, || answered.store(false, Ordering::SeqCst)));
            }
        });
        Self { port, count }
    }

    /// Gives the port that clients connect to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Gives how many there were since the last time.
    pub fn take(&self) -> usize {
        self.count.swap(0, Ordering::SeqCst)
    }
}

/// Copies until one side hangs up, and tells of each piece before it goes on.
fn copy(mut from: TcpStream, mut to: TcpStream, tell: impl Fn()) {
    to.set_nodelay(true).unwrap();
    let mut piece = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut piece) {
        tell();
        if piece.get(..length).is_none_or(|piece| to.write_all(piece).is_err()) {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
