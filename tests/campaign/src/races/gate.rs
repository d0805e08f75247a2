use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long one spins for the other before it leaves the processor to others, who may be it.
const SPIN: Duration = Duration::from_millis(2);

/// Runs something on one of two processors: two threads that the system keeps on the same one never meet.
pub(super) fn on_processor<T>(second: bool, run: impl FnOnce() -> T) -> T {
    let Ok(before) = sched_getaffinity(None) else { return run() };
    let mine = (0..CpuSet::MAX_CPU).filter(|cpu| before.is_set(*cpu)).nth(usize::from(second));
    if let Some(mine) = mine {
        let mut only = CpuSet::new();
        only.set(mine);
        let _ = sched_setaffinity(None, &only);
    }
    let outcome = run();
    let _ = sched_setaffinity(None, &before);
    outcome
}

/// Lets two threads begin at the same moment. One calls and the other answers, until an answer comes so
/// fast that both must be running: only then the signal to begin is given.
#[derive(Default)]
pub(super) struct Gate {
    called: AtomicU64,
    answered: AtomicU64,
}

const BEGIN: u64 = u32::MAX as u64;

/// How fast an answer must come, at first.
const FAST: Duration = Duration::from_micros(1);

impl Gate {
    pub(super) fn meet(&self, leads: bool, race: u64) {
        let message = |number: u64| race << 32 | number;
        if !leads {
            loop {
                let answered = self.answered.load(Ordering::SeqCst);
                let called =
                    wait(|| self.called.load(Ordering::SeqCst), |called| called >> 32 == race && called != answered);
                if called == message(BEGIN) {
                    return;
                }
                self.answered.store(called, Ordering::SeqCst);
            }
        }
        for number in 1..BEGIN {
            let sent = Instant::now();
            self.called.store(message(number), Ordering::SeqCst);
            wait(|| self.answered.load(Ordering::SeqCst), |answered| answered == message(number));
            if sent.elapsed() < patient(FAST, number) {
                break;
            }
        }
        self.called.store(message(BEGIN), Ordering::SeqCst);
    }
}

/// Allows more time after some answers that took too long.
fn patient(fast: Duration, number: u64) -> Duration {
    fast * (1 << (number / 64).min(16))
}

fn wait<T: Copy>(read: impl Fn() -> T, is_it: impl Fn(T) -> bool) -> T {
    let start = Instant::now();
    loop {
        let value = read();
        if is_it(value) {
            return value;
        }
        if start.elapsed() > SPIN {
            std::thread::yield_now();
        }
        std::hint::spin_loop();
    }
}

/// The same between two processes, over a socket.
pub(super) struct Wire {
    stream: TcpStream,
    leads: bool,
}

/// How fast an answer of another process must come, at first.
const FAST_BETWEEN_PROCESSES: Duration = Duration::from_micros(30);

impl Wire {
    /// Waits for the other process, whom somebody tells the port.
    pub(super) fn listen(tell: impl FnOnce(u16)) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        tell(listener.local_addr().unwrap().port());
        Self::over(listener.accept().unwrap().0, true)
    }

    pub(super) fn connect(port: u16) -> Self {
        Self::over(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap(), false)
    }

    fn over(stream: TcpStream, leads: bool) -> Self {
        stream.set_nodelay(true).unwrap();
        stream.set_nonblocking(true).unwrap();
        Self { stream, leads }
    }

    pub(super) fn meet(&mut self) {
        let second = !self.leads;
        on_processor(second, || self.meet_here());
    }

    fn meet_here(&mut self) {
        if !self.leads {
            while self.read() != b'b' {
                self.write(b'?');
            }
            return;
        }
        for number in 1.. {
            let sent = Instant::now();
            self.write(b'?');
            self.read();
            if sent.elapsed() < patient(FAST_BETWEEN_PROCESSES, number) {
                break;
            }
        }
        self.write(b'b');
    }

    fn write(&mut self, byte: u8) {
        self.stream.write_all(&[byte]).unwrap();
    }

    fn read(&mut self) -> u8 {
        let start = Instant::now();
        let mut byte = [0];
        loop {
            match self.stream.read(&mut byte) {
                Ok(1) => return byte[0],
                // The other one is gone, and so is this: its input ends too.
                Ok(_) => return b'b',
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}"),
            }
            if start.elapsed() > SPIN {
                std::thread::yield_now();
            }
        }
    }
}
