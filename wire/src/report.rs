//! A report, what the collector answers, and the enrolment exchange.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::row::{Row, maybe_text};

/// The version of the report format that this crate writes.
pub const VERSION: u32 = 1;

/// Rows of one boot and one run, oldest first, as an agent pushes them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report<'a> {
    /// Format version; a collector accepts every version up to [`VERSION`].
    pub v: u32,
    /// The operating system's own identity of the boot in which the rows were made.
    #[serde(borrow)]
    pub boot: Cow<'a, str>,
    /// The random identity of the agent process that made the rows.
    #[serde(borrow)]
    pub run: Cow<'a, str>,
    /// The newest sequence number of this run that the agent holds or has already had
    /// acknowledged; tells the collector when the evidence of a run is complete.
    pub newest: u64,
    /// Milliseconds since `boot` when the report was sent; only where `boot` is the present one.
    /// Together with the time of arrival it anchors the boot to the collector's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now_ms: Option<u64>,
    /// The PC's own clock when the report was sent, RFC 3339. A hint, never trusted.
    #[serde(
        borrow,
        default,
        deserialize_with = "maybe_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub wall: Option<Cow<'a, str>>,
    /// The newest row the agent holds over all its runs, where that is not of this run:
    /// `[run, seq]`. Absent in a report of the newest run.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub newest_of: Option<(Cow<'a, str>, u64)>,
    /// The rows.
    #[serde(borrow)]
    pub rows: Vec<Row<'a>>,
}

/// The collector's answer to a report it has committed to disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Ranges of sequence numbers of the report's run that are durable, both ends included.
    pub committed: Vec<(u64, u64)>,
    /// The collector's clock, RFC 3339 UTC.
    pub now: String,
}

/// The collector's answer when it refuses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What is wrong, in one sentence.
    pub error: String,
    /// Index of the row at fault, counted from 0, where one row is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<usize>,
}

/// `POST /api/v1/enrol`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolRequest {
    /// The secret of the one-time code as [`crate::JoinCode::secret_text`] prints it, or the code.
    pub code: String,
}

/// The answer to an enrolment: the agent's own credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolled {
    /// The agent's id.
    pub agent: String,
    /// The office it was enrolled for.
    pub office: String,
    /// The station it was enrolled for.
    pub station: String,
    /// Bearer token, 256 random bits in unpadded base64url.
    pub token: String,
}
