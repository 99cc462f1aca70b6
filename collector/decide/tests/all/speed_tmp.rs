use crate::world::*;
#[test]
fn speed() {
    let mut w = World::one();
    w.pc("pc1").ups = Some(("OL", 1.0));
    w.to(t(8, 0, 0));
    w.to(t(24+8, 0, 0));
    let heard = w.heard.clone();
    let mut j = siaga_decide::Judge::new(std::sync::Arc::new(w.setup.clone()));
    let n = heard.len();
    let start = std::time::Instant::now();
    let mut ticks = 0;
    for (at, h) in heard {
        while let Some(d) = j.next_deadline().filter(|d| *d <= at) { ticks += 1; j.handle(d, siaga_decide::Input::Tick); }
        j.handle(at, siaga_decide::Input::Heard(h));
    }
    println!("normal {} reports {ticks} ticks {:?} each", n, start.elapsed() / n as u32);
    // outage with refused
    w.pc("pc1").datacenter = siaga_decide::Saw::Refused;
    w.heard.clear();
    w.to(t(24+12, 0, 0));
    let heard = w.heard.clone();
    let n = heard.len();
    let start = std::time::Instant::now();
    let mut ticks = 0;
    for (at, h) in heard {
        while let Some(d) = j.next_deadline().filter(|d| *d <= at) { ticks += 1; j.handle(d, siaga_decide::Input::Tick); }
        j.handle(at, siaga_decide::Input::Heard(h));
    }
    println!("outage {} reports {ticks} ticks {:?} each", n, start.elapsed() / n as u32);
    let start = std::time::Instant::now();
    for _ in 0..100 { std::hint::black_box(j.view(w.now)); }
    println!("view {:?}", start.elapsed() / 100);
    let start = std::time::Instant::now();
    std::hint::black_box(j.memory());
    println!("memory {:?}", start.elapsed());
}
