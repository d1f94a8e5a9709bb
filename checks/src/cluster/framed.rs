//! A connection of which every byte is checked before anybody reads it: what was damaged, or came from somebody else, is
//! an error of the connection, and nothing that timely would have to make sense of.
//!
//! A frame is its length, its number, a checksum of both sides' numbers and of all of it, and its bytes.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};

use timely::communication::allocator::zero_copy::stream::Stream;

use crate::whole::checksum;

/// Bytes of a frame, at most: no length that is read makes room for more.
const MOST: usize = 1 << 16;
/// What comes before them: four bytes of length, four of its number, eight of the checksum.
const HEAD: usize = 16;

/// One side of it. Copies are of the connection: one is to write, and one to read.
pub(super) struct Framed {
    stream: TcpStream,
    /// What both sides drew when they greeted: frames of another connection do not fit.
    key: u64,
    written: u32,
    read: u32,
    /// Bytes that were checked and not read yet, from there on.
    checked: Vec<u8>,
    from: usize,
}

impl Framed {
    pub(super) fn new(stream: TcpStream, key: u64) -> io::Result<Self> {
        stream.set_nonblocking(false)?;
        Ok(Framed { stream, key, written: 0, read: 0, checked: Vec::new(), from: 0 })
    }

    /// Read the next frame: whether there is one.
    fn next(&mut self) -> io::Result<bool> {
        let mut head = [0; HEAD];
        let first = self.stream.read(&mut head)?;
        if first == 0 {
            return Ok(false);
        }
        self.stream.read_exact(&mut head[first..])?;
        let (length, number, sum) = parts(&head);
        if !(1..=MOST).contains(&(length as usize)) || number != self.read {
            return Err(no_message());
        }
        self.checked.resize(length as usize, 0);
        self.from = 0;
        self.stream.read_exact(&mut self.checked)?;
        if sum != sum_of(self.key, number, &self.checked) {
            self.checked.clear();
            return Err(no_message());
        }
        self.read = self.read.wrapping_add(1);
        Ok(true)
    }
}

impl Read for Framed {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.from == self.checked.len() && !self.next()? {
            return Ok(0);
        }
        let rest = &self.checked[self.from..];
        let count = rest.len().min(bytes.len());
        bytes[..count].copy_from_slice(&rest[..count]);
        self.from += count;
        Ok(count)
    }
}

impl Write for Framed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let body = &bytes[..bytes.len().min(MOST)];
        if body.is_empty() {
            return Ok(0);
        }
        let head = (body.len() as u32).to_le_bytes().into_iter().chain(self.written.to_le_bytes());
        let sum = sum_of(self.key, self.written, body).to_le_bytes();
        let frame: Vec<u8> = head.chain(sum).chain(body.iter().copied()).collect();
        self.stream.write_all(&frame)?;
        self.written = self.written.wrapping_add(1);
        Ok(body.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl Stream for Framed {
    fn try_clone(&self) -> io::Result<Self> {
        Framed::new(self.stream.try_clone()?, self.key)
    }

    fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        self.stream.set_nonblocking(nonblocking)
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.stream.shutdown(how)
    }
}

fn parts(head: &[u8; HEAD]) -> (u32, u32, u64) {
    let [a, b, c, d, e, f, g, h, sum @ ..] = *head;
    (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]), u64::from_le_bytes(sum))
}

fn sum_of(key: u64, number: u32, bytes: &[u8]) -> u64 {
    checksum(&[&key.to_le_bytes(), &number.to_le_bytes(), bytes])
}

fn no_message() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "what came is no message of a cluster")
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    const KEY: u64 = 7;

    /// Both ends of a connection.
    fn connected() -> (Framed, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let one = TcpStream::connect(listener.local_addr().expect("it has one")).expect("it listens");
        let (other, _) = listener.accept().expect("it was called");
        (Framed::new(one, KEY).expect("a connection"), other)
    }

    /// All that can be read of these bytes.
    fn read(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let (mut framed, mut other) = connected();
        other.write_all(bytes).expect("it is read");
        drop(other);
        let mut all = Vec::new();
        framed.read_to_end(&mut all).map(|_| all)
    }

    fn frames(of: &[&[u8]]) -> Vec<u8> {
        let (mut framed, mut other) = connected();
        of.iter().for_each(|bytes| framed.write_all(bytes).expect("it is read"));
        drop(framed);
        let mut all = Vec::new();
        other.read_to_end(&mut all).expect("it was written");
        all
    }

    #[test]
    fn what_was_written_is_read() {
        let long: Vec<u8> = (0..3 * MOST / 2).map(|at| at as u8).collect();
        assert_eq!(read(&frames(&[b"one", b"", b"other"])).expect("whole"), b"oneother");
        // no more than a connection takes before it is read
        assert_eq!(read(&frames(&[&long[..MOST / 2]])).expect("whole"), &long[..MOST / 2]);
        assert_eq!(read(&[]).expect("nothing"), b"");
    }

    #[test]
    fn whatever_else_comes_is_an_error() {
        let whole = frames(&[b"one", b"other"]);
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut bytes = whole.clone();
                bytes[at] ^= 1 << bit;
                assert!(read(&bytes).is_err(), "byte {at}, bit {bit}");
            }
        }
        let first = HEAD + 3;
        for length in (1..whole.len()).filter(|length| *length != first) {
            assert!(read(&whole[..length]).is_err(), "{length}");
        }
        assert!(read(&[&whole[..], &whole[..first]].concat()).is_err(), "a frame that was recorded");
        assert!(read(&whole[first..]).is_err(), "a frame that comes too early");
        assert!(read(b"GET / HTTP/1.0\r\n\r\n").is_err());
        assert!(read(&[u8::MAX; 100]).is_err());
    }
}
