//! JSON, plain or packed with zstd and the dictionary shipped in `dictionary/`.
//!
//! A frame names its dictionary by number. A collector that does not have that dictionary says
//! so ([`CodecError::Dictionary`], HTTP 415) and the agent sends plain JSON from then on.
//! Sizes are capped before anything is unpacked.

use zstd::bulk::{Compressor, Decompressor};

use crate::report::Report;

/// The largest body accepted from the network, packed or not.
pub const WIRE_MAX_BYTES: usize = 256 * 1024;
/// The largest body accepted after unpacking.
pub const DECODED_MAX_BYTES: usize = 2 * 1024 * 1024;

const DICTIONARY: &[u8] = include_bytes!("../dictionary/1.zdict");
/// Higher levels save nothing worth their memory: an ordinary report takes 352 bytes at level 3,
/// 313 at 6, 291 at 9 and 12, 279 at 19.
const LEVEL: i32 = 9;

/// Why a body could not be packed or unpacked.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// The frame wants a dictionary that this version does not have.
    #[error("unknown zstd dictionary {0}: send plain JSON")]
    Dictionary(u32),
    /// The body, or what it would unpack to, is too large.
    #[error("too large: at most {0} bytes")]
    TooLarge(usize),
    /// The frame is damaged or is not zstd.
    #[error("not a readable zstd frame: {0}")]
    Frame(std::io::Error),
    /// The JSON is not a report.
    #[error("not a report: {0}")]
    Json(#[from] serde_json::Error),
    /// The library refused to start.
    #[error("zstd: {0}")]
    Library(std::io::Error),
}

/// Packs reports; keeps its tables between calls.
pub struct Encoder(Compressor<'static>);

impl Encoder {
    /// Prepares the dictionary.
    ///
    /// # Errors
    /// When the library cannot allocate.
    pub fn new() -> Result<Self, CodecError> {
        let mut compressor =
            Compressor::with_dictionary(LEVEL, DICTIONARY).map_err(CodecError::Library)?;
        // TLS and the row CRCs already guard the bytes.
        compressor.include_checksum(false).map_err(CodecError::Library)?;
        Ok(Self(compressor))
    }

    /// The report as packed JSON.
    ///
    /// # Errors
    /// When the report cannot be written as JSON or packed.
    pub fn pack(&mut self, report: &Report) -> Result<Vec<u8>, CodecError> {
        let json = serde_json::to_vec(report)?;
        self.0.compress(&json).map_err(CodecError::Library)
    }
}

/// Unpacks bodies; keeps its tables and its buffer between calls.
pub struct Decoder {
    zstd: Decompressor<'static>,
    buffer: Vec<u8>,
}

impl Decoder {
    /// Prepares the dictionary.
    ///
    /// # Errors
    /// When the library cannot allocate.
    pub fn new() -> Result<Self, CodecError> {
        let zstd = Decompressor::with_dictionary(DICTIONARY).map_err(CodecError::Library)?;
        Ok(Self { zstd, buffer: Vec::new() })
    }

    /// The JSON inside a packed body.
    ///
    /// # Errors
    /// When the body is too large, damaged, or needs another dictionary.
    pub fn unpack<'a>(&'a mut self, body: &[u8]) -> Result<&'a [u8], CodecError> {
        if body.len() > WIRE_MAX_BYTES {
            return Err(CodecError::TooLarge(WIRE_MAX_BYTES));
        }
        // A frame without a dictionary number was packed without one, which is fine.
        if let Some(id) = zstd::zstd_safe::get_dict_id_from_frame(body)
            && zstd::zstd_safe::get_dict_id_from_dict(DICTIONARY) != Some(id)
        {
            return Err(CodecError::Dictionary(id.get()));
        }
        self.buffer.clear();
        // The frame header is a claim: it chooses the buffer only below the cap.
        let claimed = zstd::zstd_safe::get_frame_content_size(body).ok().flatten();
        let room = claimed.map_or(DECODED_MAX_BYTES, |n| usize::try_from(n).unwrap_or(usize::MAX));
        if room > DECODED_MAX_BYTES {
            return Err(CodecError::TooLarge(DECODED_MAX_BYTES));
        }
        self.buffer.reserve(room);
        match self.zstd.decompress_to_buffer(body, &mut self.buffer) {
            Ok(_) => Ok(&self.buffer),
            // A frame that claims nothing got all the room there is.
            Err(error) if claimed.is_none() && lacked_room(&error) => {
                Err(CodecError::TooLarge(DECODED_MAX_BYTES))
            }
            Err(error) => Err(CodecError::Frame(error)),
        }
    }
}

/// Whether zstd gave up because the buffer was full. The crate keeps the library's text alone.
fn lacked_room(error: &std::io::Error) -> bool {
    /// `ZSTD_error_dstSize_tooSmall`, negated as zstd returns it.
    const CODE: usize = 0_usize.wrapping_sub(70);
    error.to_string() == zstd::zstd_safe::get_error_name(CODE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report<'static> {
        Report {
            v: 1,
            boot: "b".into(),
            run: "r".into(),
            newest: 3,
            now_ms: Some(5),
            wall: None,
            newest_of: None,
            rows: Vec::new(),
        }
    }

    fn unpack(body: &[u8]) -> Result<Vec<u8>, CodecError> {
        Decoder::new().unwrap().unpack(body).map(<[u8]>::to_vec)
    }

    #[test]
    fn packing_is_undone_by_unpacking_also_after_a_bad_body() {
        let body = Encoder::new().unwrap().pack(&report()).unwrap();
        let mut decoder = Decoder::new().unwrap();
        let json = serde_json::to_vec(&report()).unwrap();
        for _ in 0..3 {
            assert!(decoder.unpack(b"nonsense").is_err());
            assert_eq!(decoder.unpack(&body).unwrap(), json);
        }
    }

    #[test]
    fn a_body_cut_anywhere_is_refused() {
        let body = Encoder::new().unwrap().pack(&report()).unwrap();
        for cut in 0..body.len() {
            let read = unpack(&body[..cut]);
            // An empty body is an empty text, which is no report either.
            assert!(read.is_err() || read.is_ok_and(|json| json.is_empty()), "cut at {cut}");
        }
    }

    #[test]
    fn a_bomb_is_refused_whether_its_header_admits_its_size_or_not() {
        let zeros = vec![0; 64 * 1024 * 1024];
        let honest = zstd::bulk::compress(&zeros, 3).unwrap();
        assert!(honest.len() < WIRE_MAX_BYTES);
        assert!(matches!(unpack(&honest), Err(CodecError::TooLarge(DECODED_MAX_BYTES))));
        let mut stream = zstd::stream::Encoder::new(Vec::new(), 3).unwrap();
        stream.include_contentsize(false).unwrap();
        std::io::copy(&mut zeros.as_slice(), &mut stream).unwrap();
        let silent = stream.finish().unwrap();
        assert_eq!(zstd::zstd_safe::get_frame_content_size(&silent).unwrap(), None);
        let mut decoder = Decoder::new().unwrap();
        let refused = decoder.unpack(&silent);
        assert!(matches!(refused, Err(CodecError::TooLarge(DECODED_MAX_BYTES))), "{refused:?}");
        assert!(decoder.buffer.capacity() <= 2 * DECODED_MAX_BYTES);
    }

    #[test]
    fn a_giant_is_refused_before_it_is_read() {
        let giant = vec![0; WIRE_MAX_BYTES + 1];
        assert!(matches!(unpack(&giant), Err(CodecError::TooLarge(WIRE_MAX_BYTES))));
    }

    #[test]
    fn an_unknown_dictionary_is_named_and_none_is_fine() {
        let json = serde_json::to_vec(&report()).unwrap();
        let plain = zstd::bulk::compress(&json, 3).unwrap();
        assert_eq!(unpack(&plain).unwrap(), json);
        let mut other = DICTIONARY.to_vec();
        other[4..8].copy_from_slice(&77_u32.to_le_bytes());
        let foreign = Compressor::with_dictionary(3, &other).unwrap().compress(&json).unwrap();
        assert!(matches!(unpack(&foreign), Err(CodecError::Dictionary(77))));
    }

    #[test]
    fn a_flipped_bit_never_panics() {
        let body = Encoder::new().unwrap().pack(&report()).unwrap();
        let mut decoder = Decoder::new().unwrap();
        for at in 0..body.len() * 8 {
            let mut bad = body.clone();
            bad[at / 8] ^= 1 << (at % 8);
            if let Ok(json) = decoder.unpack(&bad) {
                assert!(json.len() <= DECODED_MAX_BYTES);
            }
        }
    }
}
