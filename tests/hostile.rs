//! Hostile reports: refused with a reason, at no cost in memory, and to nobody else's harm.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use siaga_tests::rig::clock::{instant, pause, uptime_ms};
use siaga_tests::rig::collector::{Office, plain};
use siaga_tests::rig::http::{Client, Response};
use siaga_tests::rig::journal;
use siaga_tests::rig::pusher::Pusher;
use siaga_tests::rig::scene::Scene;

const MIB: u64 = 1024 * 1024;

fn report(rows: &Value) -> String {
    json!({"v":1,"boot":"b","run":"r","newest":9,"now_ms":uptime_ms(),"rows":rows}).to_string()
}

fn good_row(seq: u64) -> Value {
    json!({"seq":seq,"at_ms":uptime_ms(),"probe":"link.datacenter","saw":"answered","values":{"mark":seq}})
}

/// Posts a body; none where the collector hung up without an answer.
fn post(scene: &Scene, bearer: &str, encoding: Option<&str>, body: &[u8]) -> Option<Response> {
    let mut headers = vec![("authorization", bearer), ("content-type", "application/json")];
    headers.extend(encoding.map(|e| ("content-encoding", e)));
    let mut client = scene.collector.client().unwrap();
    client.ask("POST", "/api/v1/reports", &headers, body).ok()
}

/// Arrays in arrays where the rows should be.
fn deep(levels: usize) -> String {
    let nest = format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    report(&json!("here")).replace("\"here\"", &nest)
}

/// Arrays in arrays in a field that nobody knows, which is skipped or refused, never climbed into.
fn deep_elsewhere(levels: usize) -> String {
    let nest = format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    report(&json!([])).replace("\"newest\":9", &format!("\"newest\":9,\"x\":{nest}"))
}

/// A frame that would unpack to `bytes` zeros.
fn bomb(bytes: usize) -> Vec<u8> {
    zstd::bulk::compress(&vec![0; bytes], 19).unwrap()
}

/// What is thrown at the collector: name, encoding, body, and the statuses that refuse it.
type Shot = (&'static str, Option<&'static str>, Vec<u8>, &'static [u16]);

fn shots() -> Vec<Shot> {
    let many_keys: String = (0..60_000).map(|i| format!("\"k{i}\":1,")).collect();
    let keys = format!(
        r#"{{"v":1,"boot":"b","run":"r","newest":1,"rows":[{{"seq":1,"at_ms":1,"probe":"p","saw":"answered","values":{{{many_keys}"z":1}}}}]}}"#
    );
    let wide = report(&json!([{"gap":[1, u64::MAX],"why":"all of it"}]));
    let huge = report(&json!([{"seq":u64::MAX,"at_ms":u64::MAX,"probe":"p","saw":"timeout"}]));
    let name = report(&json!([{"seq":1,"at_ms":1,"probe":"p".repeat(100_000),"saw":"timeout"}]));
    let packed = zstd::bulk::compress(report(&json!([good_row(1)])).as_bytes(), 3).unwrap();
    let half = packed[..packed.len() / 2].to_vec();
    let mut other = packed.clone();
    other.truncate(4);
    // A frame header that names dictionary 0xDEADBEEF.
    other.extend_from_slice(&[0x23, 0xEF, 0xBE, 0xAD, 0xDE, 0x10, 0x01, 0x00, 0x00]);
    vec![
        ("nothing", None, Vec::new(), &[400]),
        ("no JSON", None, b"\x00\xff\xfe{{{".to_vec(), &[400]),
        ("no report", None, b"[1,2,3]".to_vec(), &[400]),
        ("giant", None, vec![b' '; 4 * 1024 * 1024], &[413]),
        ("deep", None, deep(50_000).into_bytes(), &[400]),
        ("deep elsewhere", None, deep_elsewhere(50_000).into_bytes(), &[200, 400]),
        (
            "deep, packed",
            Some("zstd"),
            zstd::bulk::compress(deep(900_000).as_bytes(), 3).unwrap(),
            &[400, 413],
        ),
        ("cut-off JSON", None, report(&json!([good_row(1)])).into_bytes()[..60].to_vec(), &[400]),
        ("cut-off frame", Some("zstd"), half, &[400]),
        ("no frame", Some("zstd"), b"hello".to_vec(), &[400]),
        ("unknown dictionary", Some("zstd"), other, &[415]),
        ("unknown encoding", Some("br"), b"hello".to_vec(), &[415]),
        ("bomb", Some("zstd"), bomb(256 * 1024 * 1024), &[413]),
        ("small bomb", Some("zstd"), bomb(2 * 1024 * 1024 + 1), &[413]),
        ("many keys", Some("zstd"), zstd::bulk::compress(keys.as_bytes(), 3).unwrap(), &[400, 413]),
        ("gap of everything", None, wide.into_bytes(), &[400]),
        ("number of all numbers", None, huge.into_bytes(), &[400]),
        ("name without end", None, name.into_bytes(), &[400]),
        (
            "newer version",
            None,
            report(&json!([])).replace("\"v\":1", "\"v\":99").into_bytes(),
            &[400],
        ),
    ]
}

#[test]
fn hostile_reports_are_refused_with_a_reason_and_leave_memory_flat_and_others_unharmed() {
    let mut scene =
        Scene::new(&[Office::always_open("o1", &["pc1"]), Office::always_open("o2", &["pc1"])]);
    let mut good = Pusher::enrol(&scene.town.col, &scene.collector.enrol("o1", "pc1"));
    let evil = Pusher::enrol(&scene.town.col, &scene.collector.enrol("o2", "pc1"));
    let shots = shots();
    let fire = |scene: &Scene, good: &mut Pusher| {
        for (name, encoding, body, wanted) in &shots {
            match post(scene, evil.bearer(), *encoding, body) {
                Some(answer) => {
                    // Who sends so much may also be told that it is too much.
                    assert!(
                        wanted.contains(&answer.status) || answer.status == 429,
                        "{name}: {} {}",
                        answer.status,
                        answer.text()
                    );
                    assert!(!answer.body.is_empty(), "{name}: refused without a reason");
                }
                // Hanging up on somebody who sends far too much is an answer as well.
                None => assert_eq!(*wanted, [413], "{name}: hung up"),
            }
            good.see_datacenter(true);
            assert!(good.push(), "{name} kept a good report away");
        }
    };
    fire(&scene, &mut good);
    let before = scene.collector.running().memory("VmRSS");
    for _ in 0..15 {
        fire(&scene, &mut good);
    }
    let after = scene.collector.running().memory("VmRSS");
    assert!(after < before + 12 * MIB, "memory went from {} to {} MiB", before / MIB, after / MIB);
    let peak = scene.collector.running().memory("VmHWM");
    assert!(peak < before + 40 * MIB, "the peak was {} MiB over {}", peak / MIB, before / MIB);

    let kept = journal::read(&scene.collector.database());
    assert!(kept.rows.keys().all(|(agent, _, _)| *agent == good.agent), "an evil row was kept");
    assert!(kept.gaps.is_empty(), "{:?}", kept.gaps);
    scene.finish();
}

#[test]
fn who_may_not_report_is_refused_and_nobody_reports_for_another() {
    let scene =
        Scene::new(&[Office::always_open("o1", &["pc1"]), Office::always_open("o2", &["pc1"])]);
    let one = Pusher::enrol(&scene.town.col, &scene.collector.enrol("o1", "pc1"));
    let two = Pusher::enrol(&scene.town.col, &scene.collector.enrol("o2", "pc1"));
    let body = report(&json!([good_row(1)]));
    let status = |bearer: &str| post(&scene, bearer, None, body.as_bytes()).unwrap().status;
    for bearer in
        ["", "Bearer ", "Bearer wrong", "Basic YTpi", &one.bearer()[..20], &"x".repeat(7_000)]
    {
        assert_eq!(status(bearer), 401, "{bearer:?}");
    }
    assert_eq!(status(&format!("Bearer {}", scene.token)), 401, "a staff token is no agent's");

    // The id in the body is nobody's word: the credential says whose rows these are.
    let claim = body.replacen('{', &format!("{{\"agent\":\"{}\",\"office\":\"o1\",", one.agent), 1);
    assert_eq!(post(&scene, two.bearer(), None, claim.as_bytes()).unwrap().status, 200);
    let kept = journal::read(&scene.collector.database());
    let owners: Vec<&String> = kept.rows.keys().map(|(agent, _, _)| agent).collect();
    assert_eq!(owners, [&two.agent]);

    // A replay changes nothing and is acknowledged all the same.
    assert_eq!(post(&scene, two.bearer(), None, claim.as_bytes()).unwrap().status, 200);
    let kept = journal::read(&scene.collector.database());
    assert!(kept.rows.values().all(|rows| rows.len() == 1), "{kept:?}");

    // An agent's credential opens no staff route.
    let token = two.bearer().trim_start_matches("Bearer ");
    let answer = scene.collector.ask("GET", "/api/v1/offices", token, b"");
    assert!([401, 403].contains(&answer.status), "{}", answer.status);

    // Revoked is revoked at once.
    let words = ["revoke", "--office", "o2", "--station", "pc1"];
    assert!(scene.collector.outcome(&words).status.success());
    let start = instant();
    while status(two.bearer()) != 401 {
        assert!(
            start.elapsed() < Duration::from_secs(2),
            "still accepted after {:?}",
            start.elapsed()
        );
        pause(Duration::from_millis(50));
    }
    scene.finish();
}

#[test]
fn a_join_code_is_good_once_even_when_many_use_it_at_once() {
    let scene = Scene::of_one_office();
    let code = scene.collector.enrol("o1", "pc1");
    let secret = code.parse::<siaga_wire::JoinCode>().unwrap().secret_text();
    let body = json!({ "code": secret }).to_string();
    let use_it = || {
        let mut client = scene.collector.client().unwrap();
        let headers = [("content-type", "application/json")];
        client.ask("POST", "/api/v1/enrol", &headers, body.as_bytes()).unwrap().status
    };
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let uses: Vec<_> = (0..20).map(|_| scope.spawn(use_it)).collect();
        uses.into_iter().map(|u| u.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|s| **s == 201).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|s| [201, 403, 429].contains(s)), "{statuses:?}");
    assert!([403, 429].contains(&use_it()));
}

#[test]
fn slow_and_silent_connections_are_closed_and_hold_up_nobody() {
    let mut scene = Scene::of_one_office();
    let mut good = Pusher::enrol(&scene.town.col, &scene.collector.enrol("o1", "pc1"));
    let before = scene.collector.running().memory("VmRSS");
    let tls: SocketAddr = "127.0.0.1:8443".parse().unwrap();
    let open = |to: SocketAddr, first: &[u8]| {
        let mut client = Client::connect(&scene.town.col, to).unwrap();
        // A collector that sheds load may have closed it already.
        let _ = client.send(first);
        client
    };
    let head = b"POST /api/v1/reports HTTP/1.1\r\nhost: x\r\n";
    let body = b"POST /api/v1/reports HTTP/1.1\r\nhost: x\r\ncontent-length: 50000\r\n\r\n{";
    let mut slow = Vec::new();
    for _ in 0..60 {
        slow.push(open(plain(), b""));
        slow.push(open(plain(), head));
        slow.push(open(plain(), body));
        slow.push(open(tls, b""));
        slow.push(open(tls, b"\x16\x03\x01\x02"));
    }
    for _ in 0..20 {
        let start = instant();
        good.see_datacenter(true);
        assert!(good.push(), "a good report was kept waiting");
        assert!(
            start.elapsed() < Duration::from_secs(3),
            "a good report took {:?}",
            start.elapsed()
        );
    }
    // Each was closed by the collector: reading ends, with or without a last answer.
    let start = instant();
    for client in &mut slow {
        let _ = client.answer();
    }
    assert!(start.elapsed() < Duration::from_secs(60), "closing took {:?}", start.elapsed());
    let after = scene.collector.running().memory("VmRSS");
    assert!(after < before + 24 * MIB, "memory went from {} to {} MiB", before / MIB, after / MIB);
    scene.finish();
}
