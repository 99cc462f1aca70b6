//! Whatever the order, the number of times and the parcels in which rows arrive, and wherever the
//! judge is stopped and started again: the same ledger, the same decisions.

use siaga_decide::*;

use crate::world::*;

/// A small generator of numbers; the same seed, the same day.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// A day of trouble.
fn day(seed: u64, reload: bool) -> World {
    day_with(seed, |w| w.reload = reload)
}

fn day_with(seed: u64, how: impl Fn(&mut World)) -> World {
    let mut dice = Dice(seed);
    let mut w = match dice.roll(3) {
        0 => World::one(),
        1 => World::with(&[("palaran", &["pc1", "pc2"])]),
        _ => World::with(&[("palaran", &["pc1"]), ("sungai", &["pc1"])]),
    };
    how(&mut w);
    for (i, office) in w.setup.offices.values_mut().enumerate() {
        office.line = Some(LineId::from(format!("line{i}").as_str()));
        office.mains = seed.is_multiple_of(2).then(|| "gardu".into());
        office.stations_needed = 1 + usize::try_from(seed % 2).unwrap();
    }
    w.judge = Judge::new(std::sync::Arc::new(w.setup.clone()));
    let names: Vec<&'static str> = w.pcs.keys().copied().collect();
    let mut now = w.now;
    let mut died = now;
    while now < t(34, 0, 0) {
        let steps = [20, 45, 60, 75, 130, 400, 1_500, 9_000];
        let step = steps[usize::try_from(dice.roll(8)).unwrap()];
        now = now + step * 1_000 + i64::try_from(dice.roll(15_000)).unwrap();
        w.to(now);
        let name = names[usize::try_from(dice.roll(names.len() as u64)).unwrap()];
        let on = w.pc(name).boot.is_some();
        match dice.roll(16) {
            0 => w.pc(name).cut(),
            1 => w.pc(name).datacenter = Saw::Refused,
            2 => w.pc(name).gateway = Saw::Timeout,
            3 if on => w.die(name),
            4 if on => w.stop(name, LastWords::System),
            5 if on && w.pc(name).agent => w.stop(name, LastWords::Agent),
            6 if on => w.crash_agent(name),
            7 => w.pc(name).ups = Some(("OB DISCHRG", 0.7)),
            8 => w.pc(name).connected = false,
            9 if w.up => {
                died = now;
                w.collector_dies();
            }
            10 => w.pc(name).path = Saw::Timeout,
            _ => {
                if !w.up {
                    w.collector_starts(died);
                }
                w.pc(name).repair();
                w.pc(name).ups = Some(("OL", 1.0));
                match (w.pc(name).boot.is_some(), w.pc(name).agent) {
                    (false, _) => w.boot(name),
                    (true, false) => w.start_agent(name),
                    (true, true) => {}
                }
            }
        }
    }
    if !w.up {
        w.collector_starts(died);
    }
    for name in names {
        w.pc(name).repair();
        if w.pc(name).boot.is_none() {
            w.boot(name);
        } else if !w.pc(name).agent {
            w.start_agent(name);
        }
    }
    w.to(now + 1_200_000);
    w
}

#[test]
fn what_is_stored_equals_what_was_true() {
    for seed in 0..9 {
        let w = day(seed, false);
        let ledger = w.ledger();
        for pair in ledger.entries.windows(2) {
            let [a, b] = pair else { continue };
            let same = a.office == b.office;
            assert!(!same || a.to.is_none_or(|to| to.lo <= b.from.hi), "seed {seed}: {a:?} {b:?}");
        }
        let told = w.told();
        for (id, change) in once(&w) {
            assert_eq!(change, 1, "seed {seed}: {id} {told:#?}");
        }
    }
}

/// How often each change of each outage was told; a second opening after an end is news.
fn once(w: &World) -> std::collections::BTreeMap<String, usize> {
    let mut out = std::collections::BTreeMap::new();
    for (_, decision) in &w.decisions {
        if let Decision::Tell(Notice::Outage { change, outage }) = decision {
            let key = format!("{} {} {:?}", outage.id, change.word(), outage.told.opened);
            *out.entry(key).or_insert(0) += 1;
        }
    }
    out
}

#[test]
fn a_judge_that_is_stored_and_loaded_after_every_input_goes_on_the_same() {
    for seed in 0..3 {
        let (a, b) = (day(seed, false), day(seed, true));
        assert_eq!(a.decisions.len(), b.decisions.len(), "seed {seed}");
        for (x, y) in a.decisions.iter().zip(&b.decisions) {
            assert_eq!(x, y, "seed {seed}");
        }
        assert_eq!(a.judge.memory(), b.judge.memory(), "seed {seed}");
        assert_eq!(a.judge.next_deadline(), b.judge.next_deadline(), "seed {seed}");
        assert_eq!(a.judge.view(a.now), b.judge.view(b.now), "seed {seed}");
    }
}

#[test]
fn a_judge_that_is_asked_all_the_time_says_the_same_at_the_same_instants() {
    for seed in 0..3 {
        let (a, b) = (day(seed, false), day_with(seed, |w| w.asked_each_ms = Some(61_000)));
        assert_eq!(a.told(), b.told(), "seed {seed}");
        assert_eq!(a.ledger(), b.ledger(), "seed {seed}");
    }
}

#[test]
fn any_order_any_number_of_times_and_any_parcels_give_the_same_ledger() {
    for seed in 0..3 {
        let w = day(seed, false);
        let straight = w.ledger();
        let mut dice = Dice(seed ^ 0x5eed);
        let mut parcels: Vec<(At, Heard)> = Vec::new();
        for (at, heard) in &w.heard {
            let split = usize::try_from(dice.roll(heard.rows.len() as u64 + 1)).unwrap();
            for rows in [&heard.rows[..split], &heard.rows[split..]] {
                parcels.push((*at, Heard { rows: rows.to_vec(), ..heard.clone() }));
            }
            if dice.roll(4) == 0 {
                parcels.push((*at, heard.clone()));
            }
        }
        // So far apart that rows wait by the thousand, not so far that they are given up.
        for block in parcels.chunks_mut(1_500) {
            for i in (1..block.len()).rev() {
                block.swap(i, usize::try_from(dice.roll(i as u64 + 1)).unwrap());
            }
        }
        let mut inputs = w.inputs();
        inputs.stations.clear();
        for (at, heard) in parcels {
            inputs.hear(at, heard);
        }
        let shuffled = ledger(&inputs, w.now);
        for (a, b) in straight.entries.iter().zip(&shuffled.entries) {
            if a != b {
                panic!(
                    "seed {seed}\n{:#?}\n{:#?}\n{:?} {:?}\n{:?} {:?}",
                    lines(a),
                    lines(b),
                    a.from,
                    a.to,
                    b.from,
                    b.to
                );
            }
        }
        assert_eq!(straight.entries, shuffled.entries, "seed {seed}");
        assert_eq!(straight.offices, shuffled.offices, "seed {seed}");
    }
}
