//! Trains the zstd dictionary that packs reports: `cargo run -p siaga-wire --example train FILE`.
//!
//! A dictionary that was released is never changed: a new one gets the next number, and the old
//! one stays readable. The samples are made up, seeded and the same every time.

mod sample;

use std::io::{self, Write as _};

use sample::Pc;

const DICTIONARY_BYTES: usize = 16 * 1024;
const PCS: u64 = 400;
const REPORTS_PER_PC: usize = 6;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("name the file to write")?;
    let mut samples = Vec::new();
    for seed in 0..PCS {
        let mut pc = Pc::new(seed);
        for i in 0..REPORTS_PER_PC {
            let report = if i % 3 == 0 { pc.full() } else { pc.some() };
            samples.push(serde_json::to_vec(&report)?);
        }
    }
    let dictionary = zstd::dict::from_samples(&samples, DICTIONARY_BYTES)?;
    std::fs::write(&path, &dictionary)?;
    let id = zstd::zstd_safe::get_dict_id_from_dict(&dictionary);
    writeln!(
        io::stdout(),
        "{path}: {} bytes, id {id:?}, {} samples",
        dictionary.len(),
        samples.len()
    )?;
    Ok(())
}
