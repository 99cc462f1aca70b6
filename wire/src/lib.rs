//! What crosses the network between an agent and its collector, and nothing else.
//!
//! The JSON text is the contract: field names are stable, unknown fields are ignored, so that an
//! old agent and a new collector (or the other way round) understand each other. Nothing here
//! reads a clock, opens a file or knows what a reading means.
#![forbid(unsafe_code)]

mod code;
mod codec;
mod report;
mod row;

pub use code::{CODE_PREFIX, CodeError, JoinCode};
pub use codec::{CodecError, DECODED_MAX_BYTES, Decoder, Encoder, WIRE_MAX_BYTES};
pub use report::{Answer, EnrolRequest, Enrolled, Refusal, Report, VERSION};
pub use row::{Gap, LastWords, PreviousEnd, Reading, Row, Saw, Since, Start, Values};
