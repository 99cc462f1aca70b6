//! A small disk under a folder, to be filled to the last byte.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::rig::process::run;

/// A disk of its own in memory, mounted over a folder until it is dropped.
pub struct Volume {
    dir: PathBuf,
}

impl Volume {
    /// Mounts a disk of so many MiB over `dir`, with what the folder held. Whoever is to see it
    /// must be started afterwards.
    ///
    /// # Panics
    /// When it cannot be mounted: it takes root.
    #[must_use]
    pub fn over(dir: &Path, mebibytes: u32) -> Self {
        let before = dir.with_extension("before");
        fs::create_dir_all(dir).expect("the folder");
        let mode = {
            use std::os::unix::fs::PermissionsExt;
            fs::metadata(dir).expect("the folder").permissions().mode() & 0o7777
        };
        fs::rename(dir, &before).expect("setting the folder aside");
        fs::create_dir(dir).expect("a place to mount on");
        let options = format!("size={mebibytes}m,mode={mode:o}");
        run(Command::new("mount").args(["-t", "tmpfs", "-o", &options, "siaga-test"]).arg(dir));
        run(Command::new("cp").arg("-a").arg(before.join(".")).arg(dir));
        Self { dir: dir.to_owned() }
    }

    fn filler(&self) -> PathBuf {
        self.dir.join("filler")
    }

    /// Fills it to the last byte.
    ///
    /// # Panics
    /// When the filling cannot be begun.
    pub fn fill(&self) {
        let mut file =
            File::options().create(true).append(true).open(self.filler()).expect("filler");
        for size in [1 << 16, 1 << 12, 1 << 8, 1] {
            let block = vec![b'x'; size];
            while file.write_all(&block).is_ok() {}
        }
    }

    /// Makes room again.
    ///
    /// # Panics
    /// When it was not filled.
    pub fn clear(&self) {
        fs::remove_file(self.filler()).expect("the filler");
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.dir).output();
    }
}
