//! The packets of SNTP (RFC 4330; the format is that of NTP, RFC 5905 section 7.3), as pure functions
//! of what came over the wire. Total: any bytes yield an answer or a reason.

/// A packet without authentication.
pub(super) const BYTES: usize = 48;

/// Between the epochs of NTP (1900) and Unix (1970), in seconds.
const EPOCHS: i64 = 2_208_988_800;
/// One second of an NTP timestamp.
const SECOND: f64 = 4_294_967_296.0;

/// What a server said. Timestamps are NTP's: seconds since 1900 in the upper half, modulo 2^32.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answer {
    /// Our packet came to the server.
    pub(super) received: u64,
    /// Its answer left.
    pub(super) sent: u64,
    /// How far it is from a reference clock; 1 is beside it.
    pub(super) stratum: u8,
}

/// Why a packet is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// Not an answer to our question: a late or forged one. The real one may still come.
    Foreign,
    /// The server answers, but gives no time; or what it gives is not NTP.
    Useless(String),
}

/// The question. `cookie` comes back in the answer; it is no time, so that nobody can guess it.
pub(super) fn question(cookie: u64) -> [u8; BYTES] {
    let mut packet = [0; BYTES];
    // No warning, version 4, client.
    packet[0] = 4 << 3 | 3;
    packet[40..].copy_from_slice(&cookie.to_be_bytes());
    packet
}

/// What the server answers to the question with that cookie.
pub(super) fn answer(packet: &[u8], cookie: u64) -> Result<Answer, NoAnswer> {
    let useless = |why: &str| Err(NoAnswer::Useless(why.to_owned()));
    let Some(first) = packet.first().filter(|_| packet.len() >= BYTES) else {
        return useless("what answers is not NTP: the packet is too short");
    };
    let (leap, version, mode) = (first >> 6, first >> 3 & 7, first & 7);
    if mode != 4 || version == 0 {
        return useless("what answers is not an NTP server");
    }
    if stamp(packet, 24) != cookie {
        return Err(NoAnswer::Foreign);
    }
    let stratum = packet.get(1).copied().unwrap_or(0);
    if stratum == 0 {
        let code = String::from_utf8_lossy(packet.get(12..16).unwrap_or_default()).into_owned();
        return Err(NoAnswer::Useless(format!(
            "the server declines: {}",
            code.trim_end_matches('\0')
        )));
    }
    if leap == 3 || stratum > 15 {
        return useless("the server's own clock is not set");
    }
    let (received, sent) = (stamp(packet, 32), stamp(packet, 40));
    if received == 0 || sent == 0 {
        return useless("the server gives no time");
    }
    Ok(Answer { received, sent, stratum })
}

fn stamp(packet: &[u8], at: usize) -> u64 {
    let bytes = packet.get(at..at + 8).and_then(|bytes| bytes.try_into().ok());
    bytes.map_or(0, u64::from_be_bytes)
}

/// How far the server's clock is ahead of this PC's, and how long the way there and back took, both
/// in seconds. `sent_ns` is when the question left by this PC's clock (Unix nanoseconds),
/// `took_ns` how long the answer took. Right while the clocks are less than 68 years apart.
pub(super) fn compare(answer: Answer, sent_ns: i64, took_ns: i64) -> Result<(f64, f64), String> {
    let (asked, heard) = (from_unix(sent_ns), from_unix(sent_ns.saturating_add(took_ns)));
    let held = between(answer.received, answer.sent);
    let round_trip = between(asked, heard) - held;
    // A server that holds an answer longer than it was waited for does not know what time it is.
    if held < 0.0 || round_trip < -0.001 {
        return Err("the server's timestamps contradict one another".to_owned());
    }
    let offset = f64::midpoint(between(asked, answer.received), between(heard, answer.sent));
    Ok((offset, round_trip.max(0.0)))
}

/// A Unix instant as NTP writes it.
fn from_unix(ns: i64) -> u64 {
    let seconds = ns.div_euclid(1_000_000_000).wrapping_add(EPOCHS);
    let part = (ns.rem_euclid(1_000_000_000).cast_unsigned() << 32) / 1_000_000_000;
    seconds.cast_unsigned() << 32 | part
}

/// Seconds from one timestamp to another, the shorter way round.
#[expect(clippy::cast_precision_loss, reason = "what is far apart needs no microseconds")]
fn between(from: u64, to: u64) -> f64 {
    to.wrapping_sub(from).cast_signed() as f64 / SECOND
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A packet as a server sends it, `received` and `sent` in Unix nanoseconds.
    fn packet(first: u8, stratum: u8, cookie: u64, received: i64, sent: i64) -> Vec<u8> {
        let mut bytes = vec![0; BYTES];
        (bytes[0], bytes[1]) = (first, stratum);
        bytes[24..32].copy_from_slice(&cookie.to_be_bytes());
        bytes[32..40].copy_from_slice(&from_unix(received).to_be_bytes());
        bytes[40..48].copy_from_slice(&from_unix(sent).to_be_bytes());
        bytes
    }

    const S: i64 = 1_000_000_000;

    #[test]
    fn an_answer_as_chrony_sent_it_is_read() {
        // chronyd 4.3 with `local stratum 8`.
        let hex = "240800e700000000000000007f7f0101eeb0a4fbd1aef020\
                   0102030405060708eeb0a4fd8dfdaef9eeb0a4fd91075e3e";
        let bytes: Vec<u8> = (0..hex.len())
            .step_by(2)
            .map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap())
            .collect();
        let answer = answer(&bytes, 0x0102_0304_0506_0708).unwrap();
        assert_eq!((answer.stratum, answer.received), (8, 0xeeb0_a4fd_8dfd_aef9));
        // 2026-11-25 00:06:21.555 UTC, and held for 12 ms.
        let asked = 1_795_565_181_554_000_000;
        let (offset, trip) = compare(answer, asked, 13_000_000).unwrap();
        assert!((0.0..0.002).contains(&offset), "{offset}");
        assert!((0.0..0.002).contains(&trip), "{trip}");
    }

    #[test]
    fn a_question_is_a_client_of_version_4_and_says_no_time() {
        let question = question(0x0102_0304_0506_0708);
        assert_eq!((question[0], question[40], question[47]), (0x23, 1, 8));
        assert!(question[1..40].iter().all(|b| *b == 0));
    }

    #[test]
    fn an_offset_is_that_of_the_middle_of_the_way() {
        let at = 1_795_000_000 * S;
        // The server is 30 s ahead, each way takes 20 ms, it holds the question for 1 ms.
        let received = at + 30 * S + 20_000_000;
        let bytes = packet(0x24, 2, 7, received, received + 1_000_000);
        let (offset, trip) = compare(answer(&bytes, 7).unwrap(), at, 41_000_000).unwrap();
        assert!((offset - 30.0).abs() < 1e-6, "{offset}");
        assert!((trip - 0.040).abs() < 1e-6, "{trip}");
        // A PC whose clock fell back to 1970, and one far ahead.
        for clock in [0, 86_400 * S, 2_900_000_000 * S] {
            let (offset, _) = compare(answer(&bytes, 7).unwrap(), clock, 41_000_000).unwrap();
            #[expect(clippy::cast_precision_loss, reason = "a test")]
            let true_offset = (at - clock) as f64 / 1e9 + 30.0;
            assert!((offset - true_offset).abs() < 1e-3, "{offset} {true_offset}");
        }
    }

    #[test]
    fn timestamps_that_cannot_be_are_refused() {
        let at = 1_795_000_000 * S;
        for (received, sent) in [(at, at - S), (at, at + 10 * S)] {
            let bytes = packet(0x24, 2, 7, received, sent);
            assert!(compare(answer(&bytes, 7).unwrap(), at, 5_000_000).is_err());
        }
        let extreme = Answer { received: u64::MAX, sent: 0, stratum: 1 };
        assert!(compare(extreme, i64::MAX, i64::MAX).is_ok());
        assert!(compare(Answer { received: 1, ..extreme }, i64::MIN, 0).is_err());
    }

    #[test]
    fn what_gives_no_time_says_why() {
        let why = |bytes: &[u8]| match answer(bytes, 7) {
            Err(NoAnswer::Useless(why)) => why,
            other => panic!("{other:?}"),
        };
        let mut kiss = packet(0xe4, 0, 7, S, S);
        kiss[12..16].copy_from_slice(b"RATE");
        assert_eq!(why(&kiss), "the server declines: RATE");
        assert!(why(&packet(0xe4, 2, 7, S, S)).contains("not set"));
        assert!(why(&packet(0x24, 16, 7, S, S)).contains("not set"));
        assert!(why(&packet(0x23, 2, 7, S, S)).contains("not an NTP server"));
        assert!(why(&[0x24; 47]).contains("too short"));
        assert!(why(&[]).contains("too short"));
        let mut no_time = packet(0x24, 2, 7, S, S);
        no_time[40..].fill(0);
        assert!(why(&no_time).contains("no time"));
        assert_eq!(answer(&packet(0x24, 2, 8, S, S), 7), Err(NoAnswer::Foreign));
    }

    #[test]
    fn noise_never_panics() {
        let mut noise = 0x9e37_79b9_7f4a_7c15_u64;
        for length in 0..200 {
            let bytes: Vec<u8> = (0..length)
                .map(|_| {
                    noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    noise.to_be_bytes()[0]
                })
                .collect();
            let cookie = stamp(&bytes, 24);
            if let Ok(answer) = answer(&bytes, cookie) {
                let _ = compare(answer, i64::MAX, -1);
            }
        }
    }
}
