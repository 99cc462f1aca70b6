//! How many processes run a program, by sysinfo. Builds the list, counts, and lets it go: between
//! two questions nothing is held.

use std::ffi::OsStr;

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};

/// Linux cuts a process's name to this many bytes (`TASK_COMM_LEN` - 1).
const NAME_CUT_BYTES: usize = 15;

/// The number of processes whose program has that file name.
pub(super) fn count(program: &str) -> Result<u32, String> {
    let mut system = System::new().map_err(|error| format!("cannot list processes: {error}"))?;
    let nothing = ProcessRefreshKind::nothing().without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, nothing);
    if system.process(Pid::from_u32(std::process::id())).is_none() {
        return Err("cannot list processes: the list lacks this program itself".to_owned());
    }
    let mut number = 0;
    let mut cut = Vec::new();
    for (pid, process) in system.processes() {
        match named(program, process.name()) {
            Named::Yes => number += 1,
            Named::No => {}
            Named::Cut => cut.push(*pid),
        }
    }
    if !cut.is_empty() {
        let with_file = nothing.with_exe(UpdateKind::Always).with_cmd(UpdateKind::Always);
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&cut), false, with_file);
        let is = |pid: &&Pid| {
            system.process(**pid).is_some_and(|p| {
                let file = p.exe().and_then(|exe| exe.file_name());
                let first = p.cmd().first().and_then(|word| std::path::Path::new(word).file_name());
                file.or(first).is_none_or(|name| same(program, name))
            })
        };
        number += u32::try_from(cut.iter().filter(is).count()).unwrap_or(u32::MAX);
    }
    Ok(number)
}

enum Named {
    Yes,
    No,
    /// The system's name is cut and the program's begins with it.
    Cut,
}

fn named(program: &str, name: &OsStr) -> Named {
    if same(program, name) {
        return Named::Yes;
    }
    let name = name.as_encoded_bytes();
    if name.len() == NAME_CUT_BYTES && program.as_bytes().starts_with(name) {
        return Named::Cut;
    }
    Named::No
}

/// Windows says `perekaman.exe` and does not tell capitals from small letters.
fn same(program: &str, name: &OsStr) -> bool {
    if cfg!(windows) {
        let name = name.to_string_lossy().to_ascii_lowercase();
        let program = program.to_ascii_lowercase();
        let bare = |text: &str| text.strip_suffix(".exe").unwrap_or(text).to_owned();
        return bare(&name) == bare(&program);
    }
    name == OsStr::new(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_test_is_found_by_its_long_name_and_nobody_is_not() {
        let exe = std::env::current_exe().unwrap();
        let name = exe.file_name().unwrap().to_str().unwrap();
        assert!(name.len() > NAME_CUT_BYTES, "{name}");
        assert!(count(name).unwrap() >= 1);
        assert_eq!(count(&format!("{name}-of-somebody-else")).unwrap(), 0);
        assert_eq!(count("no-such-program").unwrap(), 0);
    }
}
