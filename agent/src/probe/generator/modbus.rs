//! Reads registers over Modbus TCP. There is no way to write in here: [`Connection::read`] is the
//! only request. The caller holds the deadline and drops a connection that missed it.

use std::fmt;
use std::net::SocketAddr;

use tokio::net::TcpStream;
use tokio_modbus::client::{Client, Context, tcp};
use tokio_modbus::{Error, ExceptionCode, Request, Response, Slave};

use super::map::Function;
use super::plan::Block;

/// Why registers were not read.
#[derive(Debug)]
pub(super) enum Failure {
    /// The device refuses these registers; others may be read.
    Refused(ExceptionCode),
    /// The device behind a gateway, or the device itself, cannot answer now.
    Away(ExceptionCode),
    /// The other end has closed the connection.
    Closed,
    /// The connection failed, or what came back is not the answer; it cannot be trusted any more.
    Broken(String),
}

impl Failure {
    pub(super) fn explain(&self) -> String {
        match self {
            Self::Refused(code) => format!("the controller refuses to be read: {code}"),
            Self::Away(code) => format!("the gateway answers, the controller does not: {code}"),
            Self::Closed => "the controller closed the connection".to_owned(),
            Self::Broken(why) => format!("the Modbus connection failed: {why}"),
        }
    }
}

/// A connection in step: every answer asked for was read.
pub(super) struct Connection(Context);

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection")
    }
}

impl Connection {
    /// Connects; the error says why not.
    pub(super) async fn open(address: SocketAddr, unit: u8) -> Result<Self, String> {
        let stream = TcpStream::connect(address)
            .await
            .map_err(|error| format!("no connection to Modbus on {address}: {error}"))?;
        Ok(Self(tcp::attach_slave(stream, Slave(unit))))
    }

    /// Reads the registers of one block; exactly as many as asked for.
    pub(super) async fn read(
        &mut self,
        function: Function,
        block: Block,
    ) -> Result<Vec<u16>, Failure> {
        let request = match function {
            Function::Holding => Request::ReadHoldingRegisters(block.start, block.count),
            Function::Input => Request::ReadInputRegisters(block.start, block.count),
        };
        // The typed readers of the crate panic on a wrong count in debug builds, so the answer is
        // taken as it is.
        let words = match self.0.call(request).await {
            Ok(Ok(Response::ReadHoldingRegisters(words) | Response::ReadInputRegisters(words))) => {
                words
            }
            Ok(Ok(other)) => return Err(Failure::Broken(format!("unasked answer {other:?}"))),
            Ok(Err(code)) => return Err(exception(code)),
            Err(error) => return Err(broken(&error)),
        };
        if words.len() != usize::from(block.count) {
            let what = format!("{} registers instead of {}", words.len(), block.count);
            return Err(Failure::Broken(what));
        }
        Ok(words)
    }
}

/// Modbus application protocol 1.1b3, 7: which exceptions are about the registers, and which about
/// the device.
fn exception(code: ExceptionCode) -> Failure {
    match code {
        ExceptionCode::GatewayPathUnavailable
        | ExceptionCode::GatewayTargetDevice
        | ExceptionCode::ServerDeviceBusy
        | ExceptionCode::Acknowledge => Failure::Away(code),
        ExceptionCode::IllegalFunction
        | ExceptionCode::IllegalDataAddress
        | ExceptionCode::IllegalDataValue
        | ExceptionCode::ServerDeviceFailure
        | ExceptionCode::MemoryParityError
        | ExceptionCode::Custom(_) => Failure::Refused(code),
    }
}

/// An error of the system means that the connection ended: the crate reports an orderly end of
/// the stream as whatever error the system had last. All others are about what was received.
fn broken(error: &Error) -> Failure {
    match error {
        Error::Transport(io) if io.raw_os_error().is_some() => Failure::Closed,
        Error::Transport(_) | Error::Protocol(_) => Failure::Broken(error.to_string()),
    }
}
