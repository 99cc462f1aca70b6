//! Pure: finds spool rows in the raw bytes of a damaged SQLite file or of its log.
//!
//! Neither the tree nor the page headers are trusted: every offset is tried as the beginning of a
//! cell, and a row counts only if its CRC holds. So damage costs the rows that it hit, not those
//! beside or below it. File format: <https://sqlite.org/fileformat2.html>.

use super::record::{Kind, Record, Run};

/// Size of a page; fixed when the file is made.
pub const PAGE_BYTES: usize = 4096;
const WAL_HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;
/// Size of a frame of the log.
pub const FRAME_BYTES: usize = FRAME_HEADER_BYTES + PAGE_BYTES;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carved {
    /// A row.
    Row(Record),
    /// A run.
    Run(Run),
}

impl Carved {
    /// The row, if it is one.
    #[must_use]
    pub fn row(self) -> Option<Record> {
        match self {
            Self::Row(row) => Some(row),
            Self::Run(_) => None,
        }
    }

    /// The run, if it is one.
    #[must_use]
    pub fn run(self) -> Option<Run> {
        match self {
            Self::Row(_) => None,
            Self::Run(run) => Some(run),
        }
    }
}

/// Everything in the bytes of one page whose CRC holds.
pub fn page(bytes: &[u8], found: &mut Vec<Carved>) {
    for (at, byte) in bytes.iter().enumerate() {
        // A cell begins with the length of its payload; most of a page that is not full is zero.
        if *byte != 0
            && let Some(carved) = bytes.get(at..).and_then(cell)
        {
            found.push(carved);
        }
    }
}

/// The part of a log that SQLite will ignore although it belongs to it: what follows the last
/// commit before the first broken frame. Nothing if the log is whole.
///
/// SQLite stops at the first frame whose checksum fails and drops every later commit without a
/// word.
#[must_use]
pub fn ignored_frames(wal: &[u8]) -> Vec<&[u8]> {
    let frames: Vec<&[u8]> =
        wal.get(WAL_HEADER_BYTES..).map_or(Vec::new(), |f| f.chunks(FRAME_BYTES).collect());
    let Some(header) = WalHeader::read(wal) else {
        return frames.iter().filter_map(|f| f.get(FRAME_HEADER_BYTES..)).collect();
    };
    let mut sum = header.sum;
    let mut committed = 0;
    for (i, frame) in frames.iter().enumerate() {
        let Some(next) = header.check(frame, sum) else { break };
        sum = next;
        if word(frame, 4) != Some(0) {
            committed = i + 1;
        }
    }
    // Frames of an earlier filling lie behind, with another salt in both halves; damage hits one.
    let belongs = |f: &&&[u8]| {
        f.get(8..12) == Some(&header.salt[..4]) || f.get(12..16) == Some(&header.salt[4..])
    };
    frames
        .get(committed..)
        .unwrap_or_default()
        .iter()
        .filter(belongs)
        .filter_map(|f| f.get(FRAME_HEADER_BYTES..))
        .collect()
}

/// Every page image in a log, whatever its checksums say.
pub fn frames(wal: &[u8]) -> impl Iterator<Item = &[u8]> {
    wal.get(WAL_HEADER_BYTES..)
        .unwrap_or_default()
        .chunks(FRAME_BYTES)
        .filter_map(|f| f.get(FRAME_HEADER_BYTES..))
}

struct WalHeader {
    big_endian: bool,
    salt: [u8; 8],
    sum: (u32, u32),
}

impl WalHeader {
    fn read(wal: &[u8]) -> Option<Self> {
        let big_endian = match word(wal, 0)? {
            0x377f_0682 => false,
            0x377f_0683 => true,
            _ => return None,
        };
        let sum = checksum(wal.get(..24)?, big_endian, (0, 0));
        let salt = wal.get(16..24)?.try_into().ok()?;
        ((word(wal, 24)?, word(wal, 28)?) == sum).then_some(Self { big_endian, salt, sum })
    }

    /// The running checksum after that frame, if the frame is whole.
    fn check(&self, frame: &[u8], sum: (u32, u32)) -> Option<(u32, u32)> {
        if frame.len() != FRAME_BYTES || frame.get(8..16)? != self.salt {
            return None;
        }
        let sum = checksum(frame.get(..8)?, self.big_endian, sum);
        let sum = checksum(frame.get(FRAME_HEADER_BYTES..)?, self.big_endian, sum);
        ((word(frame, 16)?, word(frame, 20)?) == sum).then_some(sum)
    }
}

/// The log's checksum, section 4.2 of the file format.
fn checksum(bytes: &[u8], big_endian: bool, sum: (u32, u32)) -> (u32, u32) {
    let read = |b: &[u8]| {
        let b: [u8; 4] = b.try_into().unwrap_or_default();
        if big_endian { u32::from_be_bytes(b) } else { u32::from_le_bytes(b) }
    };
    bytes.chunks_exact(8).fold(sum, |(a, b), pair| {
        let a = a.wrapping_add(read(&pair[..4])).wrapping_add(b);
        (a, b.wrapping_add(read(&pair[4..])).wrapping_add(a))
    })
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes)
}

/// A table cell at the beginning of `bytes`, if it is one of ours and its CRC holds.
fn cell(bytes: &[u8]) -> Option<Carved> {
    let mut read = Reader { bytes, at: 0 };
    let payload = read.varint()?;
    let id = read.varint()?.cast_signed();
    let header_at = read.at;
    let header_bytes = usize::try_from(read.varint()?).ok()?;
    // 7 or 11 columns; the first is the row id, which is stored as NULL. This refuses nearly
    // every wrong offset before any work is done.
    if !(8..=32).contains(&header_bytes) || bytes.get(read.at) != Some(&0) {
        return None;
    }
    let header_end = header_at + header_bytes;
    let mut types = [0_u64; 11];
    let mut columns = 0;
    while read.at < header_end {
        *types.get_mut(columns)? = read.varint()?;
        columns += 1;
    }
    if read.at != header_end {
        return None;
    }
    let types = types.get(..columns)?;
    let carved = match columns {
        11 => Carved::Row(row(id, types, &mut read)?),
        7 => Carved::Run(run(id, types, &mut read)?),
        _ => return None,
    };
    (u64::try_from(read.at - header_at).ok()? == payload).then_some(carved)
}

fn row(id: i64, types: &[u64], read: &mut Reader<'_>) -> Option<Record> {
    let [_, run, boot, kind, first, seq, at_ms, wall_ms, before, crc, body] = *types else {
        return None;
    };
    let record = Record {
        id,
        run: read.text(run)?,
        boot: read.text(boot)?,
        kind: Kind::of(read.integer(kind)?)?,
        first: read.integer(first)?.cast_unsigned(),
        seq: read.integer(seq)?.cast_unsigned(),
        at_ms: read.integer(at_ms)?.cast_unsigned(),
        wall_ms: read.integer(wall_ms)?,
        before: read.integer(before)?,
        body: Vec::new(),
    };
    let crc = read.integer(crc)?;
    let record = Record { body: read.blob(body)?.to_vec(), ..record };
    (i64::from(record.crc()) == crc).then_some(record)
}

fn run(base: i64, types: &[u64], read: &mut Reader<'_>) -> Option<Run> {
    let [_, run, boot, newest, ended, gone, crc] = *types else { return None };
    let run = Run {
        base,
        run: read.text(run)?,
        boot: read.text(boot)?,
        newest: read.integer(newest)?.cast_unsigned(),
        ended: read.integer(ended)? != 0,
        gone: read.text(gone)?,
    };
    (i64::from(run.crc()) == read.integer(crc)?).then_some(run)
}

/// Reads varints and values one after the other.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(length)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    /// One to nine bytes, seven bits each, the ninth with eight.
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for i in 0..9 {
            let byte = u64::from(*self.take(1)?.first()?);
            if i == 8 {
                return Some((value << 8) | byte);
            }
            value = (value << 7) | (byte & 0x7f);
            if byte < 0x80 {
                break;
            }
        }
        Some(value)
    }

    /// An integer of that serial type.
    fn integer(&mut self, serial: u64) -> Option<i64> {
        let length = match serial {
            8 => return Some(0),
            9 => return Some(1),
            1..=4 => usize::try_from(serial).ok()?,
            5 => 6,
            6 => 8,
            _ => return None,
        };
        let bytes = self.take(length)?;
        let sign = if bytes.first()? & 0x80 == 0 { 0 } else { -1 };
        Some(bytes.iter().fold(sign, |value, byte| (value << 8) | i64::from(*byte)))
    }

    fn text(&mut self, serial: u64) -> Option<String> {
        if serial < 13 || serial.is_multiple_of(2) {
            return None;
        }
        let bytes = self.take(usize::try_from((serial - 13) / 2).ok()?)?;
        std::str::from_utf8(bytes).ok().map(str::to_owned)
    }

    fn blob(&mut self, serial: u64) -> Option<&'a [u8]> {
        if serial < 12 || !serial.is_multiple_of(2) {
            return None;
        }
        self.take(usize::try_from((serial - 12) / 2).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arbitrary_bytes_are_refused_without_a_panic() {
        let mut state = 1_u64;
        let mut found = Vec::new();
        for length in [0, 1, 31, 32, 33, 56, 4096, 5000, 9000] {
            let bytes: Vec<u8> = (0..length)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    (state >> 56) as u8
                })
                .collect();
            page(&bytes, &mut found);
            assert!(ignored_frames(&bytes).len() <= 3);
            assert!(frames(&bytes).all(|f| f.len() <= PAGE_BYTES));
        }
        page(&[0; PAGE_BYTES], &mut found);
        page(&[0xff; PAGE_BYTES], &mut found);
        assert_eq!(found, []);
    }
}
