//! An ordinary report is small, and what was packed is what comes out.

#[path = "../examples/train/sample.rs"]
mod sample;

use sample::Pc;
use siaga_wire::{Decoder, Encoder, Report, Row};

/// PCs whose reports the dictionary was not trained on.
const UNSEEN: std::ops::Range<u64> = 10_000..10_040;

#[test]
fn an_ordinary_report_of_60_values_takes_at_most_400_bytes() {
    let mut encoder = Encoder::new().unwrap();
    let mut sizes = Vec::new();
    for seed in UNSEEN {
        let mut pc = Pc::new(seed);
        for _ in 0..5 {
            let report = pc.full();
            let values = |row: &Row<'_>| {
                if let Row::Reading { reading, .. } = row { reading.values.0.len() } else { 0 }
            };
            assert_eq!(report.rows.iter().map(values).sum::<usize>(), 60);
            sizes.push(encoder.pack(&report).unwrap().len());
        }
    }
    sizes.sort_unstable();
    let (median, most) = (sizes[sizes.len() / 2], sizes[sizes.len() - 1]);
    assert!(median <= 400 && most <= 450, "median {median}, most {most} bytes");
}

#[test]
fn what_is_packed_comes_out_the_same() {
    let (mut encoder, mut decoder) = (Encoder::new().unwrap(), Decoder::new().unwrap());
    for seed in UNSEEN {
        let mut pc = Pc::new(seed);
        for _ in 0..20 {
            let report = pc.some();
            let body = encoder.pack(&report).unwrap();
            let json = decoder.unpack(&body).unwrap();
            assert_eq!(serde_json::from_slice::<Report>(json).unwrap(), report);
        }
    }
}
