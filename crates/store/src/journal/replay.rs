//! Reading a journal again, record by record, telling a torn end from damage.
//!
//! A crash can leave one unfinished record, at the end: nobody was promised it, and it is cut off.
//! Anything else that does not open is damage: the reader looks for the next sound record behind it,
//! reports the span between, and goes on.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
};

use zeroize::Zeroizing;

use super::record::{self, ALIGNMENT, HEAD, LEAST};
use crate::sealed::Keys;

/// Reads from a place on to the end that the file had at the start.
pub(crate) struct Replay<'a> {
    keys: &'a Keys,
    file: BufReader<File>,
    id: [u8; 16],
    place: u64,
    end: u64,
}

/// What lies at a place.
pub(crate) enum Next {
    /// A record; `end` is where the following one begins.
    Record {
        payload: Zeroizing<Vec<u8>>,
        end: u64,
    },
    /// Bytes that do not open, with a sound record behind them.
    Damage { start: u64, end: u64 },
    /// Bytes at the end that are no whole record. `whole` if there are as many as a record would
    /// have: then it may have been sound once.
    Torn { start: u64, whole: bool },
    /// The end.
    End(u64),
}

impl<'a> Replay<'a> {
    /// Begins at `place`, up to `end`.
    pub(crate) fn new(
        keys: &'a Keys,
        file: File,
        id: [u8; 16],
        place: u64,
        end: u64,
    ) -> io::Result<Self> {
        let mut file = BufReader::with_capacity(256 * 1024, file);
        file.seek(SeekFrom::Start(place))?;
        Ok(Self {
            keys,
            file,
            id,
            place,
            end,
        })
    }

    pub(crate) fn next(&mut self) -> io::Result<Next> {
        let start = self.place;
        if start >= self.end {
            return Ok(Next::End(start));
        }
        if let Some(payload) = self.record()? {
            return Ok(Next::Record {
                payload,
                end: self.place,
            });
        }
        let whole = self.could_be_whole(start)?;
        let mut place = start + ALIGNMENT;
        while place + (LEAST as u64) <= self.end {
            self.go_to(place)?;
            if self.record()?.is_some() {
                self.go_to(place)?;
                return Ok(Next::Damage { start, end: place });
            }
            place += ALIGNMENT;
        }
        self.place = self.end;
        Ok(Next::Torn { start, whole })
    }

    /// The record at this place, if there is a sound one; then the place is behind it.
    fn record(&mut self) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
        let Some(length) = self.length()? else {
            return Ok(None);
        };
        let end = self.place + (HEAD + length) as u64;
        if end > self.end {
            return Ok(None);
        }
        let mut sealed = vec![0; length];
        self.file.read_exact(&mut sealed)?;
        let payload = record::open(self.keys, &self.id, self.place, &sealed);
        if payload.is_some() {
            self.place = end;
        }
        Ok(payload)
    }

    fn length(&mut self) -> io::Result<Option<usize>> {
        let mut head = [0; HEAD];
        if self.place + (HEAD as u64) > self.end {
            return Ok(None);
        }
        self.file.read_exact(&mut head)?;
        Ok(record::length(self.keys, &self.id, self.place, &head))
    }

    fn could_be_whole(&mut self, start: u64) -> io::Result<bool> {
        self.go_to(start)?;
        let left = self.end - start;
        Ok(match self.length()? {
            Some(length) => (HEAD + length) as u64 <= left,
            None => left >= LEAST as u64,
        })
    }

    fn go_to(&mut self, place: u64) -> io::Result<()> {
        let now = self.file.stream_position()?;
        self.file.seek_relative(
            i64::try_from(place).unwrap_or(i64::MAX) - i64::try_from(now).unwrap_or(0),
        )?;
        self.place = place;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;
    use crate::{
        folder::JOURNAL,
        journal::{HEADER, Header, Journal, read_header, used},
        sealed::random_secret,
    };

    fn keys() -> Keys {
        Keys::new(&random_secret())
    }

    fn id(dir: &Path, keys: &Keys) -> [u8; 16] {
        match read_header(keys, &mut File::open(dir.join(JOURNAL)).unwrap()).unwrap() {
            Header::Sound(id) => id,
            Header::Newer(_) | Header::Damaged => panic!("the header is damaged"),
        }
    }

    /// A journal of these payloads; also where each record begins, and the end.
    fn written(dir: &Path, keys: &Keys, payloads: &[&[u8]]) -> Vec<u64> {
        Journal::create(dir, JOURNAL, keys).unwrap();
        let mut journal = Journal::open(&dir.join(JOURNAL), id(dir, keys), HEADER).unwrap();
        let mut places = vec![HEADER];
        for payload in payloads {
            journal.append(keys, payload).unwrap();
            places.push(journal.tail());
        }
        places
    }

    /// Payloads; spans of damage; the torn span at the end and whether it may have been whole.
    type Found = (Vec<Vec<u8>>, Vec<(u64, u64)>, Option<(u64, bool)>);

    fn read(dir: &Path, keys: &Keys, id: [u8; 16]) -> Found {
        let mut file = File::open(dir.join(JOURNAL)).unwrap();
        let end = used(&mut file).unwrap();
        let mut replay = Replay::new(keys, file, id, HEADER, end).unwrap();
        let mut found = Found::default();
        loop {
            match replay.next().unwrap() {
                Next::Record { payload, .. } => found.0.push(payload.to_vec()),
                Next::Damage { start, end } => found.1.push((start, end)),
                Next::Torn { start, whole } => {
                    found.2 = Some((start, whole));
                    return found;
                }
                Next::End(_) => return found,
            }
        }
    }

    #[test]
    fn a_tail_torn_at_any_byte_costs_the_last_record_only() {
        let (dir, keys) = (tempfile::tempdir().unwrap(), keys());
        let long = vec![7; 1400];
        let places = written(dir.path(), &keys, &[b"one", b"two", &long]);
        let (id, whole) = (
            id(dir.path(), &keys),
            fs::read(dir.path().join(JOURNAL)).unwrap(),
        );
        assert_eq!(
            read(dir.path(), &keys, id),
            (vec![b"one".to_vec(), b"two".to_vec(), long], vec![], None)
        );

        for length in places[2] + 1..places[3] {
            for room in [0, 700] {
                let mut torn = whole[..length as usize].to_vec();
                torn.resize(torn.len() + room, 0);
                fs::write(dir.path().join(JOURNAL), torn).unwrap();

                let (payloads, damage, torn) = read(dir.path(), &keys, id);

                assert_eq!(payloads, [b"one", b"two"]);
                assert_eq!(damage, []);
                let torn = torn.unwrap();
                assert_eq!(torn.0, places[2]);
                // Of a record torn in its last 64 bytes, zeros cannot tell.
                let is_short = room == 0 || length <= places[3] - ALIGNMENT;
                assert!(!is_short || !torn.1, "a short tail is not kept ({length})");
            }
        }
    }

    #[test]
    fn a_bit_flipped_anywhere_in_the_middle_is_damage_and_the_rest_is_read() {
        let (dir, keys) = (tempfile::tempdir().unwrap(), keys());
        let places = written(dir.path(), &keys, &[b"one", b"two", b"three"]);
        let (id, whole) = (
            id(dir.path(), &keys),
            fs::read(dir.path().join(JOURNAL)).unwrap(),
        );

        for i in places[1]..places[2] {
            let mut damaged = whole.clone();
            damaged[i as usize] ^= 4;
            fs::write(dir.path().join(JOURNAL), damaged).unwrap();

            let (payloads, damage, torn) = read(dir.path(), &keys, id);

            assert_eq!(payloads, [b"one".to_vec(), b"three".to_vec()], "byte {i}");
            assert_eq!(
                (damage, torn),
                (vec![(places[1], places[2])], None),
                "byte {i}"
            );
        }
    }

    #[test]
    fn a_bit_flipped_in_the_last_record_says_that_it_may_have_been_whole() {
        let (dir, keys) = (tempfile::tempdir().unwrap(), keys());
        let places = written(dir.path(), &keys, &[b"one", b"two"]);
        let (id, whole) = (
            id(dir.path(), &keys),
            fs::read(dir.path().join(JOURNAL)).unwrap(),
        );

        for i in places[1]..places[2] {
            let mut damaged = whole.clone();
            damaged[i as usize] ^= 4;
            fs::write(dir.path().join(JOURNAL), damaged).unwrap();

            assert_eq!(
                read(dir.path(), &keys, id),
                (vec![b"one".to_vec()], vec![], Some((places[1], true)))
            );
        }
    }

    #[test]
    fn records_do_not_open_in_another_place_or_another_file() {
        let (dir, keys) = (tempfile::tempdir().unwrap(), keys());
        let places = written(dir.path(), &keys, &[b"one", b"two"]);
        let (id, mut bytes) = (
            id(dir.path(), &keys),
            fs::read(dir.path().join(JOURNAL)).unwrap(),
        );
        let one = bytes[places[0] as usize..places[1] as usize].to_vec();
        bytes[places[1] as usize..places[2] as usize].copy_from_slice(&one);
        fs::write(dir.path().join(JOURNAL), bytes).unwrap();

        assert_eq!(read(dir.path(), &keys, id).0, [b"one"]);
        assert_eq!(read(dir.path(), &keys, [9; 16]).0, Vec::<Vec<u8>>::new());
    }

    #[test]
    fn sizes_of_records_hide_the_lengths_of_short_payloads() {
        let (dir, keys) = (tempfile::tempdir().unwrap(), keys());

        let places = written(
            dir.path(),
            &keys,
            &[&[1; 1], &[1; 40], &[1; 400], &[1; 500]],
        );

        let sizes: Vec<u64> = places.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(sizes, [512, 512, 512, 768]);
    }
}
