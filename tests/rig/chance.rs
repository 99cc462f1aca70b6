//! Chance that can be had again: one seed, printed by whoever uses it.

/// A small generator (xorshift64*); never for secrets.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// From `SEED` in the environment, else from the clock; says which.
    #[must_use]
    pub fn from_environment() -> Self {
        let given = std::env::var("SEED").ok().and_then(|s| s.parse().ok());
        let seed = given.unwrap_or_else(|| crate::rig::clock::now_ms().unsigned_abs());
        crate::rig::process::show(&format!("SEED={seed} plays this again"));
        Self(seed | 1)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number in `[least, most)`.
    pub fn between(&mut self, least: u64, most: u64) -> u64 {
        least + (self.number() >> 11) % (most - least)
    }
}
