//! The messages of libp2p's rendezvous protocol, one question and its answer on a stream, each with its
//! length in front as a varint.
//!
//! Source: libp2p specifications, "Rendezvous Protocol", version 1.0.0.

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use libp2p::StreamProtocol;
use prost::Message as _;
use std::io;

pub(crate) const PROTOCOL: StreamProtocol = StreamProtocol::new("/rendezvous/1.0.0");
/// The longest record that is taken, in bytes: 16 addresses have room in less than half.
pub(crate) const MAX_RECORD: usize = 4 * 1024;
/// The longest name, in bytes; ours have 43.
pub(crate) const MAX_NAME: usize = 64;
/// The longest question and answer, in bytes.
pub(crate) const MAX_REQUEST: usize = MAX_RECORD + 1024;
pub(crate) const MAX_ANSWER: usize = MAX_FOUND * MAX_REQUEST;
/// Records handed out under one name; ours have one.
pub(crate) const MAX_FOUND: usize = 8;
/// How long a registration stands, in seconds, unless said, and at most.
pub(crate) const TTL: u64 = 2 * 60 * 60;

/// What is asked of a rendezvous point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// To be found under this name, by this record, for so many seconds.
    Register {
        name: String,
        record: Vec<u8>,
        ttl: Option<u64>,
    },
    /// To be found there no more.
    Unregister { name: String },
    /// Who is found under this name; without one, all that are there.
    Discover { name: Option<String> },
}

/// What it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// For so many seconds.
    Registered {
        ttl: u64,
    },
    /// Nothing at all is said to this.
    Unregistered,
    /// The records.
    Found {
        records: Vec<Found>,
    },
    /// The one question, or the other, is refused.
    NotRegistered(Refusal),
    NotFound(Refusal),
}

/// One who was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) name: String,
    pub(crate) record: Vec<u8>,
    /// For how many more seconds.
    pub(crate) ttl: u64,
}

/// Why not, by its number on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub(crate) enum Refusal {
    Name = 100,
    Record = 101,
    Ttl = 102,
    NotAuthorised = 200,
    Unavailable = 400,
}

/// The kinds of messages.
const REGISTER: i32 = 0;
const REGISTERED: i32 = 1;
const UNREGISTER: i32 = 2;
const DISCOVER: i32 = 3;
const FOUND: i32 = 4;
/// The status of what was granted.
const OK: i32 = 0;
/// Who asks again is told everything again; libp2p's client wants one all the same.
const COOKIE: [u8; 8] = [0; 8];

#[derive(Clone, PartialEq, prost::Message)]
struct Wire {
    #[prost(int32, optional, tag = "1")]
    kind: Option<i32>,
    #[prost(message, optional, tag = "2")]
    register: Option<Registration>,
    #[prost(message, optional, tag = "3")]
    registered: Option<Registered>,
    #[prost(message, optional, tag = "4")]
    unregister: Option<Unregister>,
    #[prost(message, optional, tag = "5")]
    discover: Option<Discover>,
    #[prost(message, optional, tag = "6")]
    found: Option<Discovered>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Registration {
    #[prost(string, optional, tag = "1")]
    name: Option<String>,
    #[prost(bytes = "vec", optional, tag = "2")]
    record: Option<Vec<u8>>,
    #[prost(uint64, optional, tag = "3")]
    ttl: Option<u64>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Registered {
    #[prost(int32, optional, tag = "1")]
    status: Option<i32>,
    #[prost(uint64, optional, tag = "3")]
    ttl: Option<u64>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Unregister {
    #[prost(string, optional, tag = "1")]
    name: Option<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Discover {
    #[prost(string, optional, tag = "1")]
    name: Option<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Discovered {
    #[prost(message, repeated, tag = "1")]
    registrations: Vec<Registration>,
    #[prost(bytes = "vec", optional, tag = "2")]
    cookie: Option<Vec<u8>>,
    #[prost(int32, optional, tag = "3")]
    status: Option<i32>,
}

impl Request {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut wire = Wire::default();
        match self.clone() {
            Self::Register { name, record, ttl } => {
                wire.kind = Some(REGISTER);
                let (name, record) = (Some(name), Some(record));
                wire.register = Some(Registration { name, record, ttl });
            }
            Self::Unregister { name } => {
                wire.kind = Some(UNREGISTER);
                wire.unregister = Some(Unregister { name: Some(name) });
            }
            Self::Discover { name } => {
                wire.kind = Some(DISCOVER);
                wire.discover = Some(Discover { name });
            }
        }
        wire.encode_to_vec()
    }

    /// `None` if it is none.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let wire = Wire::decode(bytes).ok()?;
        match wire.kind? {
            REGISTER => {
                let Registration { name, record, ttl } = wire.register?;
                Some(Self::Register {
                    name: name.unwrap_or_default(),
                    record: record?,
                    ttl,
                })
            }
            UNREGISTER => {
                let name = wire.unregister?.name.unwrap_or_default();
                Some(Self::Unregister { name })
            }
            DISCOVER => {
                let name = wire.discover?.name;
                Some(Self::Discover { name })
            }
            _ => None,
        }
    }
}

impl Answer {
    /// Nothing where nothing is answered.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut wire = Wire::default();
        match self {
            Self::Unregistered => return Vec::new(),
            Self::Registered { ttl } => {
                wire.kind = Some(REGISTERED);
                wire.registered = Some(Registered {
                    status: Some(OK),
                    ttl: Some(*ttl),
                });
            }
            Self::NotRegistered(refusal) => {
                wire.kind = Some(REGISTERED);
                wire.registered = Some(Registered {
                    status: Some(*refusal as i32),
                    ttl: None,
                });
            }
            Self::Found { records } => {
                wire.kind = Some(FOUND);
                let found = records.iter().map(|found| Registration {
                    name: Some(found.name.clone()),
                    record: Some(found.record.clone()),
                    ttl: Some(found.ttl),
                });
                wire.found = Some(Discovered {
                    registrations: found.collect(),
                    cookie: Some(COOKIE.to_vec()),
                    status: Some(OK),
                });
            }
            Self::NotFound(refusal) => {
                wire.kind = Some(FOUND);
                wire.found = Some(Discovered {
                    registrations: Vec::new(),
                    cookie: None,
                    status: Some(*refusal as i32),
                });
            }
        }
        wire.encode_to_vec()
    }

    /// `None` if it is none. What is refused for a reason that we do not know is not available.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let wire = Wire::decode(bytes).ok()?;
        match wire.kind? {
            REGISTERED => {
                let Registered { status, ttl } = wire.registered?;
                Some(match status.unwrap_or(OK) {
                    OK => Self::Registered {
                        ttl: ttl.unwrap_or(TTL),
                    },
                    other => Self::NotRegistered(Refusal::of(other)),
                })
            }
            FOUND => {
                let found = wire.found?;
                let records = found.registrations.into_iter().take(MAX_FOUND);
                let records = records.filter_map(|found| {
                    Some(Found {
                        name: found.name?,
                        record: found.record?,
                        ttl: found.ttl.unwrap_or_default(),
                    })
                });
                Some(match found.status.unwrap_or(OK) {
                    OK => Self::Found {
                        records: records.collect(),
                    },
                    other => Self::NotFound(Refusal::of(other)),
                })
            }
            _ => None,
        }
    }
}

impl Refusal {
    fn of(status: i32) -> Self {
        let known = [Self::Name, Self::Record, Self::Ttl, Self::NotAuthorised];
        let known = known.into_iter().find(|refusal| *refusal as i32 == status);
        known.unwrap_or(Self::Unavailable)
    }
}

/// Reads one message of at most so many bytes.
pub(crate) async fn read(stream: &mut (impl AsyncRead + Unpin), max: usize) -> io::Result<Vec<u8>> {
    let (mut length, mut shift) = (0_usize, 0);
    loop {
        let mut byte = [0];
        stream.read_exact(&mut byte).await?;
        let [byte] = byte;
        length |= usize::from(byte & 0x7f) << shift;
        if length > max || shift > 14 {
            return Err(io::ErrorKind::InvalidData.into());
        }
        if byte & 0x80 == 0 {
            break;
        }
        shift += 7;
    }
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}

/// Writes one message.
pub(crate) async fn write(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    let mut framed = Vec::with_capacity(bytes.len() + 3);
    crate::frame::put_varint(bytes.len() as u64, &mut framed);
    framed.extend_from_slice(bytes);
    stream.write_all(&framed).await?;
    stream.flush().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::{executor::block_on, io::Cursor};

    #[test]
    fn each_message_reads_as_it_was_written() {
        let (name, record) = ("name".to_owned(), vec![1, 2, 3]);
        for request in [
            Request::Register {
                name: name.clone(),
                record: record.clone(),
                ttl: Some(7),
            },
            Request::Unregister { name: name.clone() },
            Request::Discover {
                name: Some(name.clone()),
            },
            Request::Discover { name: None },
        ] {
            assert_eq!(Request::from_bytes(&request.to_bytes()), Some(request));
        }
        let found = Found {
            name,
            record,
            ttl: 9,
        };
        for answer in [
            Answer::Registered { ttl: 5 },
            Answer::Found {
                records: vec![found],
            },
            Answer::NotRegistered(Refusal::Ttl),
            Answer::NotFound(Refusal::Name),
        ] {
            assert_eq!(Answer::from_bytes(&answer.to_bytes()), Some(answer));
        }
    }

    #[test]
    fn what_is_no_message_is_none() {
        for bytes in [&[][..], &[0xff; 9], b"plain words", &[0x08, 0x09]] {
            assert_eq!(Request::from_bytes(bytes), None);
            assert_eq!(Answer::from_bytes(bytes), None);
        }
    }

    #[test]
    fn a_frame_is_read_up_to_its_bound() {
        let framed = |length: usize| {
            let mut bytes = Cursor::new(Vec::new());
            block_on(write(&mut bytes, &vec![7; length])).unwrap();
            Cursor::new(bytes.into_inner())
        };

        for length in [0, 1, 127, 128, MAX_REQUEST] {
            let read = block_on(read(&mut framed(length), MAX_REQUEST)).unwrap();
            assert_eq!(read, vec![7; length]);
        }
        assert!(block_on(read(&mut framed(MAX_REQUEST + 1), MAX_REQUEST)).is_err());
        for odd in [&[0xff; 10][..], &[0x80, 0x80, 0x80, 0x80, 1], &[5, 1]] {
            assert!(block_on(read(&mut Cursor::new(odd), MAX_ANSWER)).is_err());
        }
    }
}
