//! Pure: the records of `utmp` and `wtmp`, glibc's `struct utmp` of 384 bytes (utmp(5)).

/// Size of a record, the same on 32- and 64-bit systems that Debian has.
pub(super) const RECORD_BYTES: usize = 384;
const RUN_LEVEL: i16 = 1;
const BOOT: i16 = 2;

struct Record<'a> {
    kind: i16,
    pid: i32,
    user: &'a [u8],
    at_ms: i64,
}

fn records(bytes: &[u8]) -> impl DoubleEndedIterator<Item = Record<'_>> {
    bytes.chunks_exact(RECORD_BYTES).filter_map(|r| {
        let word = |at: usize| r.get(at..at + 4)?.try_into().ok().map(i32::from_le_bytes);
        let user = r.get(44..76)?;
        let end = user.iter().position(|b| *b == 0).unwrap_or(user.len());
        Some(Record {
            kind: i16::from_le_bytes(r.get(..2)?.try_into().ok()?),
            pid: word(4)?,
            user: user.get(..end)?,
            // Seconds are 32 bits wide and unsigned by now.
            at_ms: i64::from(word(340)?.cast_unsigned()) * 1_000 + i64::from(word(344)?) / 1_000,
        })
    })
}

/// The run level that the system is going to or in: `0` halt, `6` restart.
pub(super) fn run_level(bytes: &[u8]) -> Option<char> {
    let record = records(bytes).rev().find(|r| r.kind == RUN_LEVEL)?;
    char::from_u32(record.pid.cast_unsigned() & 0xff).filter(char::is_ascii_graphic)
}

/// Unix milliseconds of the shutdown between the newest boot and the one before it, if it was
/// recorded. A PC that lost power has none.
pub(super) fn shutdown_before_boot(bytes: &[u8]) -> Option<i64> {
    let mut newest_first = records(bytes).rev();
    newest_first.find(|r| r.kind == BOOT)?;
    newest_first
        .take_while(|r| r.kind != BOOT)
        .find(|r| r.kind == RUN_LEVEL && r.user == b"shutdown")
        .map(|r| r.at_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: i16, pid: i32, user: &str, seconds: u32) -> Vec<u8> {
        let mut r = vec![0; RECORD_BYTES];
        r[..2].copy_from_slice(&kind.to_le_bytes());
        r[4..8].copy_from_slice(&pid.to_le_bytes());
        r[44..44 + user.len()].copy_from_slice(user.as_bytes());
        r[340..344].copy_from_slice(&seconds.to_le_bytes());
        r
    }

    #[test]
    fn a_recorded_shutdown_is_found_and_a_power_cut_has_none() {
        let orderly = [
            record(BOOT, 0, "reboot", 100),
            record(7, 900, "siti", 150),
            record(RUN_LEVEL, 0, "shutdown", 200),
            record(BOOT, 0, "reboot", 300),
            record(RUN_LEVEL, i32::from(b'5'), "runlevel", 310),
        ]
        .concat();
        assert_eq!(shutdown_before_boot(&orderly), Some(200_000));
        let cut = [
            record(RUN_LEVEL, 0, "shutdown", 50),
            record(BOOT, 0, "reboot", 100),
            record(BOOT, 0, "reboot", 300),
        ]
        .concat();
        assert_eq!(shutdown_before_boot(&cut), None);
        assert_eq!(shutdown_before_boot(&[]), None);
        assert_eq!(shutdown_before_boot(&orderly[..400]), None);
    }

    #[test]
    fn the_run_level_is_the_newest() {
        let bytes = [
            record(RUN_LEVEL, i32::from(b'2'), "runlevel", 1),
            record(RUN_LEVEL, 0x3530, "runlevel", 2),
        ]
        .concat();
        assert_eq!(run_level(&bytes), Some('0'));
        assert_eq!(run_level(&[0; 384]), None);
    }
}
