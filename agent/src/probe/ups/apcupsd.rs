//! A UPS as apcupsd tells of it over its network information server. A connection serves one question.

use std::net::SocketAddr;
use std::time::Duration;

use siaga_wire::Reading;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout_at;

use super::nis::{Next, QUESTION, Status};
use crate::clock;
use crate::probe::lookup::Lookup;
use crate::probe::reading::unreadable;
use crate::probe::setting::Timing;
use crate::probe::target::Host;

/// Whether an apcupsd answers there, whatever it says of its UPS.
///
/// # Errors
/// Why it could not be asked, or that something else answers.
pub async fn apcupsd_answers(server: SocketAddr, patience: Duration) -> Result<(), String> {
    let mut apcupsd = Apcupsd::new(Host::Address(server.ip()), server.port());
    match timeout_at(clock::instant() + patience, apcupsd.status(patience)).await {
        Ok(Ok(status)) if status.names_a_state() => Ok(()),
        Ok(Ok(_)) => Err(format!("what answers on {server} is not apcupsd")),
        Ok(Err(why)) => Err(why),
        Err(_) => Err(format!("apcupsd on {server} did not answer within {patience:?}")),
    }
}

/// A UPS at an apcupsd.
#[derive(Debug)]
pub(super) struct Apcupsd {
    lookup: Lookup,
    port: u16,
}

impl Apcupsd {
    pub(super) fn new(host: Host, port: u16) -> Self {
        Self { lookup: Lookup::new(host), port }
    }

    pub(super) async fn query(&mut self, timing: &Timing) -> Reading<'static> {
        let deadline = clock::instant() + timing.timeout;
        match timeout_at(deadline, self.status(timing.timeout)).await {
            Ok(Ok(status)) => status.reading(&timing.name),
            Ok(Err(why)) => unreadable(&timing.name, why),
            Err(_) => {
                let (host, port, patience) = (self.lookup.host(), self.port, timing.timeout);
                let why =
                    format!("apcupsd on {host} port {port} did not answer within {patience:?}");
                unreadable(&timing.name, why)
            }
        }
    }

    async fn status(&mut self, patience: Duration) -> Result<Status, String> {
        let found = self.lookup.addresses(patience / 2).await?;
        let mut stream = Err("the name has no address".to_owned());
        for address in found.list {
            let server = SocketAddr::new(address, self.port);
            stream = TcpStream::connect(server)
                .await
                .map_err(|error| format!("no connection to apcupsd on {server}: {error}"));
            if stream.is_ok() {
                break;
            }
        }
        let mut stream = stream?;
        let broke = |error| format!("the connection to apcupsd failed: {error}");
        stream.write_all(QUESTION).await.map_err(broke)?;
        let mut status = Status::default();
        loop {
            let mut length = [0; 2];
            stream.read_exact(&mut length).await.map_err(broke)?;
            match status.next(length) {
                Next::Done => return Ok(status),
                Next::Garbage(what) => return Err(format!("what answers is not apcupsd: {what}")),
                Next::Record(length) => {
                    let mut record = vec![0; length];
                    stream.read_exact(&mut record).await.map_err(broke)?;
                    status.record(&record);
                }
            }
        }
    }
}
