//! Reading the journal back into inputs.

use std::collections::HashMap;

use siaga_decide::{Input, StationKey};

use super::keep::Codec;
use super::start::input_of;
use crate::store::journal::Entry;

/// Reads journal rows.
pub(crate) struct Reader(Codec);

impl Reader {
    /// # Errors
    /// When zstd cannot start.
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self(Codec::new()?))
    }

    /// The input that a row holds.
    ///
    /// # Errors
    /// When the row cannot be read.
    pub(crate) fn input(
        &mut self,
        entry: &Entry,
        stations: &HashMap<i64, StationKey>,
    ) -> anyhow::Result<Input> {
        input_of(entry, stations, &mut self.0)
    }
}
