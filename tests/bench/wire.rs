//! How many bytes an ordinary report takes on the wire.

use siaga_wire::{Encoder, Row};

use crate::figure::{Bar, Figures};
use crate::program::quantile;
use crate::traffic::Station;

/// Packs an hour of reports.
pub(crate) fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    let mut encoder = Encoder::new()?;
    let mut station = Station::new(17);
    let mut sizes = Vec::new();
    let mut values = 0;
    for _ in 0..240 {
        let report = station.next(15_000);
        values = report.rows.iter().map(count).sum();
        #[expect(clippy::cast_precision_loss, reason = "a few hundred bytes")]
        sizes.push(encoder.pack(&report)?.len() as f64);
    }
    sizes.sort_by(f64::total_cmp);
    anyhow::ensure!(values == 60, "an ordinary report has 60 values, this one {values}");
    figures.add("wire.report", quantile(&sizes, 0.5), "bytes", Bar::AtMost(400.0))
}

fn count(row: &Row<'_>) -> usize {
    if let Row::Reading { reading, .. } = row { reading.values.0.len() } else { 0 }
}
