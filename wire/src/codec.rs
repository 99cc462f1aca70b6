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
/// Trained once, then fixed: the cost is on the agent, four times an hour it is invisible.
const LEVEL: i32 = 12;

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
        let claimed = claimed.and_then(|n| usize::try_from(n).ok()).unwrap_or(DECODED_MAX_BYTES);
        if claimed > DECODED_MAX_BYTES {
            return Err(CodecError::TooLarge(DECODED_MAX_BYTES));
        }
        self.buffer.reserve(claimed);
        self.zstd.decompress_to_buffer(body, &mut self.buffer).map_err(CodecError::Frame)?;
        Ok(&self.buffer)
    }
}
