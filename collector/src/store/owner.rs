//! One collector to a data directory: two would both judge, and both tell.

use std::fs::{self, File, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::Path;

use super::{Result, StoreError};

/// Holds the data directory until it is dropped, or the process ends in whatever way.
#[derive(Debug)]
pub struct Owner {
    _file: File,
}

/// Takes possession of the directory of that file, by a lock on one beside it.
///
/// # Errors
/// When another collector has it, or the file cannot be made.
pub fn own(beside: &Path) -> Result<Owner> {
    let path = beside.with_extension("lock");
    let failed = |e| StoreError::File(path.clone(), e);
    crate::private::touch(&path).map_err(failed)?;
    let mut file = fs::OpenOptions::new().read(true).write(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // The number is a courtesy: where it cannot be read the refusal stands without it.
            let known = file.read_to_string(&mut holder).is_ok() && !holder.trim().is_empty();
            let who = if known { format!(" (process {})", holder.trim()) } else { String::new() };
            return Err(StoreError::Foreign(format!(
                "another siaga-collector{who} already works in {}: stop it first, or give this one \
                 another data directory with --data",
                path.parent().unwrap_or(&path).display()
            )));
        }
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    file.set_len(0).map_err(failed)?;
    writeln!(file, "{}", std::process::id()).map_err(failed)?;
    Ok(Owner { _file: file })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_owner_is_told_who_has_it_and_gets_it_when_that_one_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join("siaga.db");
        let first = own(&database).unwrap();
        let refused = own(&database).unwrap_err().to_string();
        assert!(refused.contains(&format!("process {}", std::process::id())), "{refused}");
        assert!(refused.contains("--data"), "{refused}");
        drop(first);
        own(&database).unwrap();
    }
}
