//! The number of processes, without reading each.

/// The numbered folders of `/proc`.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn processes() -> Option<u32> {
    let numbered = |name: &std::ffi::OsStr| {
        let name = name.as_encoded_bytes();
        !name.is_empty() && name.iter().all(u8::is_ascii_digit)
    };
    let entries = std::fs::read_dir("/proc").ok()?;
    let number = entries.filter_map(Result::ok).filter(|e| numbered(&e.file_name())).count();
    u32::try_from(number).ok().filter(|number| *number > 0)
}

/// Absent: other systems would have to list every process.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn processes() -> Option<u32> {
    None
}
