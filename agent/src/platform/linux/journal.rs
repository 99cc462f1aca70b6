//! Pure: what `journalctl --list-boots --output=json` prints.

use serde::Deserialize;

#[derive(Deserialize)]
struct Boot {
    boot_id: String,
    /// Microseconds since 1970, by the PC's own clock.
    last_entry: i64,
}

/// Unix milliseconds of the last entry of that boot. The journal writes boot identities without
/// the dashes that the kernel has.
pub(super) fn last_entry_ms(json: &str, boot: &str) -> Option<i64> {
    let boots: Vec<Boot> = serde_json::from_str(json).ok()?;
    let plain = boot.replace('-', "");
    boots.into_iter().find(|b| b.boot_id == plain).map(|b| b.last_entry / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_right_boot_is_found() {
        let json = r#"[{"index":-1,"boot_id":"0b6ac2d48f1e4b7c9d3e5f60718293a4","first_entry":1790000000000000,"last_entry":1790003600123456},{"index":0,"boot_id":"ffffffffffffffffffffffffffffffff","first_entry":1,"last_entry":2}]"#;
        let found = last_entry_ms(json, "0b6ac2d4-8f1e-4b7c-9d3e-5f60718293a4");
        assert_eq!(found, Some(1_790_003_600_123));
        assert_eq!(last_entry_ms(json, "another"), None);
        assert_eq!(last_entry_ms("No journal files were found.", "x"), None);
    }
}
