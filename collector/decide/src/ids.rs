//! Names of things. Each is its own type, so that a station is never passed for an office.

use std::fmt;
use std::sync::Arc;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Arc<str>);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    )*};
}

id! {
    /// An office, as the configuration names it.
    OfficeId,
    /// A station, unique within its office.
    StationId,
    /// A provider's line that offices share.
    LineId,
    /// A mains supply that offices share.
    MainsId,
    /// A person or group that is told.
    ContactId,
    /// A member of staff who did something.
    PersonId,
    /// One life of a PC's operating system.
    BootId,
    /// One life of an agent process.
    RunId,
    /// A probe, `link.datacenter`.
    ProbeName,
    /// An outage. Given once, when it is opened, and kept however late evidence moves its edges.
    OutageId,
}

/// A station anywhere.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StationKey {
    /// Its office.
    pub office: OfficeId,
    /// Its id there.
    pub station: StationId,
}

impl fmt::Debug for StationKey {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}/{}", self.office, self.station)
    }
}
