//! What only the operating system can tell, one file per system with the same functions.
//!
//! A new system is one more file here; nothing else moves. No other module may ask which system
//! this is.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub use linux::*;
