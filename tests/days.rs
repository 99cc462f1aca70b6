//! What the simulated world cannot ask by itself, because it does without the collector.

use std::time::Duration;

use siaga_agent::spool::Pending;
use siaga_agent::uplink::{Next, Outcome, Uplink};
use siaga_tests::world::faults::{Kind, truth};
use siaga_tests::world::sim::play_to;
use siaga_tests::world::steady;
use siaga_wire::{Decoder, Encoder, Report};

/// One in so many reports is compared.
const EACH: usize = 17;

/// How long after a failure of that length an agent tries again, milliseconds, where a try fails
/// after `fails_ms`.
fn comes_back(seed: u64, failure_ms: u64, fails_ms: u64) -> u64 {
    let mut uplink = Uplink::new(Duration::from_secs(15), seed);
    let numbers = "1-9".parse().unwrap();
    let spool = [Pending { run: "run".into(), boot: "boot".into(), newest: 9, numbers }];
    let mut now = 0;
    loop {
        match uplink.next(now, &spool) {
            Next::Send(_) if now >= failure_ms => return now - failure_ms,
            Next::Send(send) => {
                now += fails_ms;
                uplink.answered(now, &send, 9, &Outcome::Failed);
            }
            Next::Wait(until_ms) => now = until_ms,
            Next::Nothing => panic!("there is something to send"),
        }
    }
}

#[test]
fn no_agent_is_out_for_longer_than_the_judge_waits_for_it() {
    // As `collector/decide/README.md` says under Blind; what the judge waits is tested there.
    let waits = |failure_ms: u64| (16 * (failure_ms + 15_000)).min(1_800_000);
    let mut longest = 0.0_f64;
    for seconds in [1, 5, 10, 30, 60, 120, 600, 10_800] {
        for fails_ms in [0, 5_000, 20_000] {
            for seed in 0..20_000 {
                let out = comes_back(seed, seconds * 1000, fails_ms);
                // A try that was under way at the end may hang until its deadline.
                let most = waits(seconds * 1000) + fails_ms;
                assert!(out <= most, "{out} ms after {seconds} s, at most {most}: seed {seed}");
                longest = longest.max(out as f64 / most as f64);
            }
        }
    }
    assert!(longest > 0.9, "the judge waits for nothing: {longest}");
}

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
