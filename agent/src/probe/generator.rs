//! Power: a generator's controller over Modbus TCP, by a register map. Only reads: a map cannot
//! say a write, and neither can the connection. A controller that is silent is unreadable: that it
//! does not answer says nothing about the engine.

mod decode;
mod map;
mod modbus;
mod plan;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use serde::Deserialize;
use siaga_wire::Reading;
use tokio::time::timeout_at;
use toml::Spanned;

use self::decode::Registers;
use self::modbus::{Connection, Failure};
use self::plan::Block;
use super::lookup::Lookup;
use super::reading::unreadable;
use super::setting::{Check, RawTiming, Timing, path};
use super::target::{Host, host_port};
use crate::clock;

pub use map::Map;

/// The registered port of Modbus TCP.
pub const PORT: u16 = 502;

/// The maps that the agent brings along.
pub const MAPS: [(&str, &str); 1] = [("dse", include_str!("../../maps/dse.toml"))];

/// `[[probe.generator]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The probe's name.
    pub name: Spanned<String>,
    /// `host:port`, the port 502 if left out.
    pub modbus: Spanned<String>,
    /// Unit number; the map's if left out.
    pub unit: Option<Spanned<i64>>,
    /// `dse`, the only one so far.
    pub map: Spanned<String>,
    /// Period; 15s.
    pub every: Option<Spanned<String>>,
    /// Deadline for all registers together; 4s.
    pub timeout: Option<Spanned<String>>,
}

impl Config {
    pub(super) fn build(self, check: &mut Check<'_>) -> Option<Generator> {
        let timing = check.timing(&RawTiming {
            kind: "generator",
            name: &self.name,
            every: self.every.as_ref(),
            timeout: self.timeout.as_ref(),
            default_every: Duration::from_secs(15),
            default_timeout: Duration::from_secs(4),
        });
        let target = host_port(self.modbus.get_ref(), Some(PORT));
        if target.is_none() {
            let path = path("generator", self.name.get_ref(), "modbus");
            let what = format!("{:?} is not host:port", self.modbus.get_ref());
            check.problem(self.modbus.span(), path, what, "such as 10.20.30.40:502");
        }
        let map = self.map(check);
        let unit = self.unit(check);
        let ((host, port), map) = (target?, map?);
        let unit = unit?.unwrap_or(map.unit);
        Some(Generator {
            timing: timing?,
            lookup: Lookup::new(host),
            port,
            unit,
            map,
            alone: BTreeSet::new(),
            connection: None,
        })
    }

    fn map(&self, check: &mut Check<'_>) -> Option<Map> {
        let wanted = self.map.get_ref();
        let path = path("generator", self.name.get_ref(), "map");
        let Some((_, text)) = MAPS.into_iter().find(|(id, _)| id == wanted) else {
            let known: Vec<&str> = MAPS.iter().map(|(id, _)| *id).collect();
            let hint = format!("maps are {}", known.join(", "));
            check.problem(self.map.span(), path, format!("{wanted:?} is not a map"), hint);
            return None;
        };
        match Map::parse(text) {
            Ok(map) => Some(map),
            Err(problems) => {
                for problem in problems {
                    let what = format!("the map is damaged: {}: {}", problem.path, problem.what);
                    check.problem(self.map.span(), path.clone(), what, "");
                }
                None
            }
        }
    }

    /// The unit as written, `Some(None)` if it is not.
    #[expect(clippy::option_option, reason = "not written and wrongly written differ")]
    fn unit(&self, check: &mut Check<'_>) -> Option<Option<u8>> {
        let Some(written) = &self.unit else { return Some(None) };
        let unit =
            u8::try_from(*written.get_ref()).ok().filter(|unit| *unit <= 247 || *unit == 255);
        if unit.is_none() {
            let path = path("generator", self.name.get_ref(), "unit");
            let what = format!("{} is out of range", written.get_ref());
            check.problem(written.span(), path, what, "between 0 and 247, or 255");
        }
        Some(Some(unit?))
    }
}

/// The probe. It keeps its connection; one that failed or was late is dropped.
#[derive(Debug)]
pub struct Generator {
    pub(super) timing: Timing,
    lookup: Lookup,
    port: u16,
    unit: u8,
    map: Map,
    /// Values that the controller refused to give together with their neighbours.
    alone: BTreeSet<Block>,
    connection: Option<Connection>,
}

impl Generator {
    /// Host and port that are asked.
    #[must_use]
    pub fn host(&self) -> (&Host, u16) {
        (self.lookup.host(), self.port)
    }

    pub(super) async fn query(&mut self) -> Reading<'static> {
        let deadline = clock::instant() + self.timing.timeout;
        // Taken out for the time of the question: whatever ends it early drops the connection.
        let kept = self.connection.take();
        match timeout_at(deadline, self.registers(kept)).await {
            Ok(Ok((connection, registers))) => {
                self.connection = Some(connection);
                decode::parse(&self.timing.name, &self.map, &registers)
            }
            Ok(Err(why)) => unreadable(&self.timing.name, why),
            Err(_) => unreadable(
                &self.timing.name,
                format!(
                    "Modbus on {} port {} did not answer within {:?}",
                    self.lookup.host(),
                    self.port,
                    self.timing.timeout
                ),
            ),
        }
    }

    /// Reads over the kept connection; over a new one if there is none, or if the controller has
    /// closed the old one since the last question.
    async fn registers(
        &mut self,
        kept: Option<Connection>,
    ) -> Result<(Connection, Registers), String> {
        if let Some(mut connection) = kept {
            match self.read(&mut connection).await {
                Ok(registers) => return Ok((connection, registers)),
                Err(Failure::Closed) => {}
                Err(failure) => return Err(failure.explain()),
            }
        }
        let found = self.lookup.addresses(self.timing.timeout / 2).await?;
        let mut connection = Err("the name has no address".to_owned());
        for address in found.list {
            connection = Connection::open(SocketAddr::new(address, self.port), self.unit).await;
            if connection.is_ok() {
                break;
            }
        }
        let mut connection = connection?;
        let registers = self.read(&mut connection).await.map_err(|failure| failure.explain())?;
        Ok((connection, registers))
    }

    /// Every block of the map. What a controller refuses is absent; a block that it refuses as a
    /// whole is asked piece by piece from then on.
    async fn read(&mut self, connection: &mut Connection) -> Result<Registers, Failure> {
        let mut registers = Registers::new();
        let mut refused = None;
        let mut waiting: Vec<Block> = plan::blocks(&self.map, &self.alone);
        waiting.reverse();
        while let Some(block) = waiting.pop() {
            match connection.read(self.map.function, block).await {
                Ok(words) => registers.extend((block.start..).zip(words)),
                Err(Failure::Refused(code)) => {
                    refused = Some(code);
                    let pieces = plan::inside(&self.map, block);
                    if pieces.len() > 1 {
                        waiting.extend(pieces.iter().rev());
                        self.alone.extend(pieces);
                    }
                }
                Err(failure) => return Err(failure),
            }
        }
        match refused {
            Some(code) if registers.is_empty() => Err(Failure::Refused(code)),
            _ => Ok(registers),
        }
    }
}
