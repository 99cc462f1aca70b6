//! What the simulated world cannot ask by itself, because it does without the collector.

use siaga_tests::world::faults::{Kind, truth};
use siaga_tests::world::sim::play_to;
use siaga_tests::world::steady;
use siaga_wire::{Decoder, Encoder, Report};

/// One in so many reports is compared.
const EACH: usize = 17;

#[test]
fn the_world_tells_the_judge_what_the_collector_would() {
    let (mut encoder, mut decoder) = (Encoder::new().unwrap(), Decoder::new().unwrap());
    let mut compared = 0;
    for seed in [1, 2, 3] {
        let mut count = 0;
        let played = play_to(&truth(Kind::Day, seed), false, &mut |report, heard| {
            count += 1;
            // Reports of earlier boots are rare and odd: all of them.
            if count % EACH != 0 && report.now_ms.is_some() {
                return;
            }
            let packed = encoder.pack(report).unwrap();
            let unpacked = decoder.unpack(&packed).unwrap();
            let arrived: Report = serde_json::from_slice(unpacked).unwrap();
            let real = siaga_collector::ingest::heard(&arrived, &heard.station).unwrap();
            assert_eq!(real, *heard, "seed {seed}");
            compared += 1;
        });
        assert_eq!(steady::check(seed, &played), Vec::<String>::new(), "seed {seed}");
    }
    assert!(compared > 1_000, "only {compared} reports were compared");
}
