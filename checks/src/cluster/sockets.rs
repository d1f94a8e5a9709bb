//! One connection between each two processes. Who is not there in time, or is asked something else, is an error.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::Hosts;
use crate::error::Error;

/// From one attempt to the next.
const PAUSE: Duration = Duration::from_millis(50);

/// A connection to each other process, in their order, and none to this one. Each process calls those before it, and
/// is called by those behind it; both say what they are asked.
pub(super) fn connect(hosts: &Hosts, question: u64) -> Result<Vec<Option<TcpStream>>, Error> {
    let Hosts { addresses, process, .. } = hosts;
    let mine = &addresses[*process];
    let listener = TcpListener::bind(mine).map_err(|cause| {
        Error::Engine(format!(
            "can't listen at {mine}: {cause}; line {process} of the hosts file is to be HOST:PORT of this machine, \
             with a port that is free"
        ))
    })?;
    let until = Instant::now() + hosts.patience;
    let mut sockets: Vec<Option<TcpStream>> = addresses.iter().map(|_| None).collect();
    for (other, socket) in sockets.iter_mut().enumerate().take(*process) {
        *socket = Some(call(hosts, other, question, until)?);
    }
    listener.set_nonblocking(true).map_err(|cause| broken(mine, cause))?;
    while let Some(missing) = (process + 1..addresses.len()).find(|&other| sockets[other].is_none()) {
        match listener.accept() {
            Ok((stream, _)) => {
                let (other, stream) = answer(hosts, stream, question).map_err(|cause| broken(mine, cause))?;
                if other <= *process || other >= sockets.len() {
                    return Err(Error::Engine(format!(
                        "{mine} was called by a process {other}, which is none"
                    )));
                }
                sockets[other] = Some(stream.ok_or_else(|| asked_otherwise(&addresses[other]))?);
            }
            Err(cause) if cause.kind() == io::ErrorKind::WouldBlock => {
                if Instant::now() > until {
                    return Err(not_there(hosts, missing));
                }
                sleep(PAUSE);
            }
            Err(cause) => return Err(broken(mine, cause)),
        }
    }
    Ok(sockets)
}

/// Call a process, and hear what it is asked.
fn call(hosts: &Hosts, other: usize, question: u64, until: Instant) -> Result<TcpStream, Error> {
    let address = &hosts.addresses[other];
    loop {
        match TcpStream::connect(address) {
            Ok(stream) => {
                let said = greet(hosts, &stream, question).map_err(|cause| broken(address, cause))?;
                return if said == question { Ok(stream) } else { Err(asked_otherwise(address)) };
            }
            Err(_) if Instant::now() > until => return Err(not_there(hosts, other)),
            Err(_) => sleep(PAUSE),
        }
    }
}

fn greet(hosts: &Hosts, mut stream: &TcpStream, question: u64) -> io::Result<u64> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(hosts.patience))?;
    stream.write_all(&(hosts.process as u64).to_le_bytes())?;
    stream.write_all(&question.to_le_bytes())?;
    let said = word(stream)?;
    stream.set_read_timeout(None)?;
    Ok(said)
}

/// Answer a call: who it is, and the connection if both are asked the same.
fn answer(hosts: &Hosts, mut stream: TcpStream, question: u64) -> io::Result<(usize, Option<TcpStream>)> {
    stream.set_nonblocking(false)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(hosts.patience))?;
    let (other, said) = (word(&stream)?, word(&stream)?);
    stream.write_all(&question.to_le_bytes())?;
    stream.set_read_timeout(None)?;
    Ok((other as usize, (said == question).then_some(stream)))
}

fn word(mut stream: &TcpStream) -> io::Result<u64> {
    let mut bytes = [0; 8];
    stream.read_exact(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

fn not_there(hosts: &Hosts, other: usize) -> Error {
    Error::Engine(format!(
        "process {other} at {} is not there after {} s: start every process of the hosts file, or wait longer with \
         --join-within",
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
