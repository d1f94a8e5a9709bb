//! One connection between each two processes. Each calls those before it, and is called by those behind it.
//!
//! A port is open to anybody, so who calls is nobody until it has greeted: in time, with bytes that only a process of the
//! same program makes, and with an answer to a number that was drawn for this call. Whatever else comes (a port scan, a
//! health probe, silence, bytes of another protocol, half a greeting, one that was recorded) is dropped, and holds up
//! nobody. A process that greets and is asked something else is an error, and so is one that is not there in time.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::Hosts;
use super::framed::Framed;
use crate::error::Error;
use crate::interrupt;
use crate::whole::checksum;

/// From one attempt to the next.
const PAUSE: Duration = Duration::from_millis(20);
/// A greeting takes no longer, on the slowest of networks.
const GREETING: Duration = Duration::from_secs(10);
/// Callers that have not greeted yet, at most: of more the first is dropped, and calls again if it is a process.
const CALLERS: usize = 64;

/// What each side says first. The last character numbers the protocol.
const MAGIC: &[u8; 8] = b"sealchk2";
/// The caller: the magic, its number, what it is asked, and a number drawn for this call.
const HELLO: usize = 32;
/// The answer: the magic, what this process is asked, the proof of having heard, and a number drawn for this call.
const ANSWER: usize = 32;
/// The caller again: the proof of having heard.
const PROOF: usize = 8;

/// A connection to each other process, in their order, and none to this one.
pub(super) fn connect(hosts: &Hosts, question: u64) -> Result<Vec<Option<Framed>>, Error> {
    let Hosts { addresses, process, .. } = hosts;
    let mine = &addresses[*process];
    let listener = TcpListener::bind(mine).map_err(|cause| {
        Error::Engine(format!(
            "can't listen at {mine}: {cause}; line {process} of the hosts file is to be HOST:PORT of this machine, \
             with a port that is free"
        ))
    })?;
    let until = Instant::now() + hosts.patience;
    let mut sockets: Vec<Option<Framed>> = addresses.iter().map(|_| None).collect();
    for (other, socket) in sockets.iter_mut().enumerate().take(*process) {
        *socket = Some(call(hosts, other, question, until)?);
    }
    listener.set_nonblocking(true).map_err(|cause| broken(mine, cause))?;
    let mut callers: Vec<Caller> = Vec::new();
    while let Some(missing) = (process + 1..addresses.len()).find(|&other| sockets[other].is_none()) {
        interrupt::check()?;
        accept(&listener, &mut callers);
        for caller in std::mem::take(&mut callers) {
            match caller.hear(question) {
                Heard::Nothing => {}
                Heard::Less(caller) => callers.push(caller),
                Heard::Process { other, asked, stream } => {
                    if asked != question {
                        let address = addresses.get(other).map_or("an unknown address", String::as_str);
                        return Err(asked_otherwise(address));
                    }
                    if let Some(socket @ None) = sockets.get_mut(other).filter(|_| other > *process) {
                        *socket = Some(stream);
                    }
                }
            }
        }
        if sockets[missing].is_none() {
            if Instant::now() > until {
                return Err(not_there(hosts, missing));
            }
            sleep(PAUSE);
        }
    }
    Ok(sockets)
}

/// Take whoever calls. What is wrong with a call is no matter of this process.
fn accept(listener: &TcpListener, callers: &mut Vec<Caller>) {
    for _ in 0..CALLERS {
        let Ok((stream, _)) = listener.accept() else { return };
        if let Ok(caller) = Caller::new(stream) {
            callers.push(caller);
        }
        if callers.len() > CALLERS {
            callers.remove(0);
        }
    }
}

/// Somebody who called, and has not greeted yet.
struct Caller {
    stream: TcpStream,
    since: Instant,
    /// Of the hello, and of the proof behind it.
    heard: Vec<u8>,
    /// Drawn for this call.
    number: u64,
}

/// What a caller comes to.
enum Heard {
    /// It is no process of a cluster.
    Nothing,
    /// It may become one.
    Less(Caller),
    /// It is a process, and asked this.
    Process { other: usize, asked: u64, stream: Framed },
}

impl Caller {
    fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        Ok(Caller { stream, since: Instant::now(), heard: Vec::new(), number: drawn() })
    }

    /// Hear what it says, without waiting for it.
    fn hear(mut self, question: u64) -> Heard {
        loop {
            let mut bytes = [0; HELLO];
            let all = if self.heard.len() < HELLO { HELLO } else { HELLO + PROOF };
            match self.stream.read(&mut bytes[..all - self.heard.len()]) {
                Ok(0) => return Heard::Nothing,
                Ok(read) => self.heard.extend(&bytes[..read]),
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) if cause.kind() == io::ErrorKind::WouldBlock => {
                    return if self.since.elapsed() > GREETING { Heard::Nothing } else { Heard::Less(self) };
                }
                Err(_) => return Heard::Nothing,
            }
            let begun = self.heard.len().min(MAGIC.len());
            if self.heard[..begun] != MAGIC[..begun] {
                return Heard::Nothing;
            }
            match self.heard.len() {
                HELLO if self.answer(question).is_err() => return Heard::Nothing,
                length if length == HELLO + PROOF => return self.greeted(question),
                _ => {}
            }
        }
    }

    fn answer(&mut self, question: u64) -> io::Result<()> {
        let heard = proof(&[word(&self.heard, 3)]);
        let words = [question, heard, self.number].map(u64::to_le_bytes);
        self.stream.write_all(&[&MAGIC[..], &words.concat()].concat())
    }

    fn greeted(self, question: u64) -> Heard {
        let [other, asked, theirs, proven] = [1, 2, 3, 4].map(|at| word(&self.heard, at));
        let stream = Framed::new(self.stream, proof(&[question, theirs, self.number]));
        match (proven == proof(&[other, asked, self.number]), stream) {
            (true, Ok(stream)) => Heard::Process { other: other as usize, asked, stream },
            _ => Heard::Nothing,
        }
    }
}

/// Call a process until it answers, and hear what it is asked.
fn call(hosts: &Hosts, other: usize, question: u64, until: Instant) -> Result<Framed, Error> {
    let address = &hosts.addresses[other];
    let mut answers = false;
    loop {
        interrupt::check()?;
        if let Ok(stream) = reach(address, until) {
            match greet(hosts, stream, question) {
                Ok((stream, asked)) if asked == question => return Ok(stream),
                Ok(_) => return Err(asked_otherwise(address)),
                Err(_) => answers = true,
            }
        }
        if Instant::now() > until {
            return Err(if answers { stranger(hosts, other) } else { not_there(hosts, other) });
        }
        sleep(PAUSE);
    }
}

fn reach(address: &str, until: Instant) -> io::Result<TcpStream> {
    let left = until.saturating_duration_since(Instant::now()).clamp(Duration::from_secs(1), GREETING);
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, left) {
            Ok(stream) => return Ok(stream),
            Err(cause) => last = cause,
        }
    }
    Err(last)
}

/// The connection, and what the other process is asked.
fn greet(hosts: &Hosts, mut stream: TcpStream, question: u64) -> io::Result<(Framed, u64)> {
    let (process, mine) = (hosts.process as u64, drawn());
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(GREETING))?;
    let words = [process, question, mine].map(u64::to_le_bytes);
    stream.write_all(&[&MAGIC[..], &words.concat()].concat())?;
    let mut answer = [0; ANSWER];
    stream.read_exact(&mut answer)?;
    let [asked, proven, theirs] = [1, 2, 3].map(|at| word(&answer, at));
    if answer[..MAGIC.len()] != MAGIC[..] || proven != proof(&[mine]) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    stream.write_all(&proof(&[process, question, theirs]).to_le_bytes())?;
    stream.set_read_timeout(None)?;
    Ok((Framed::new(stream, proof(&[question, mine, theirs]))?, asked))
}

/// A number that nobody knows beforehand.
fn drawn() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// That some numbers were heard, in the words of this program.
fn proof(heard: &[u64]) -> u64 {
    let bytes: Vec<u8> = heard.iter().flat_map(|word| word.to_le_bytes()).collect();
    checksum(&[MAGIC, &bytes])
}

fn word(bytes: &[u8], at: usize) -> u64 {
    bytes[8 * at..8 * at + 8].try_into().map(u64::from_le_bytes).unwrap_or_default()
}

fn not_there(hosts: &Hosts, other: usize) -> Error {
    Error::Engine(format!(
        "process {other} at {} is not there after {} s: start every process of the hosts file, or wait longer with \
         --join-within",
        hosts.addresses[other],
        hosts.patience.as_secs()
    ))
}

fn stranger(hosts: &Hosts, other: usize) -> Error {
    Error::Engine(format!(
        "process {other} at {} is not there after {} s, though something answers: line {other} of the hosts file is to \
         be the port of a process of this cluster, of the same version",
        hosts.addresses[other],
        hosts.patience.as_secs()
    ))
}

fn asked_otherwise(address: &str) -> Error {
    Error::Engine(format!(
        "the process at {address} is asked something else, or is of another version: give every process the same \
         scenario, claims, --workers and hosts file"
    ))
}

fn broken(address: &str, cause: io::Error) -> Error {
    Error::Engine(format!("{address}: {cause}: start every process of the cluster again"))
}
