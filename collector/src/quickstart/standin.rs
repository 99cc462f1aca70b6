//! A stand-in data center on this machine's loopback, for trying Siaga out: a host that always
//! answers and a service beside it that can be switched off. It serves nobody and never leaves
//! this machine; every page and message calls it a stand-in.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::ports::bind;

/// How long a visitor may stay connected.
const VISIT: Duration = Duration::from_secs(5);

/// The stand-in while it runs.
#[derive(Debug, Clone)]
pub(crate) struct Standin {
    /// Where its service listens while it is on.
    pub service: SocketAddr,
    /// Where its host answers, on or off.
    pub host: SocketAddr,
    on: watch::Sender<bool>,
}

impl Standin {
    /// Starts it, switched on, at these ports if they are free.
    ///
    /// # Errors
    /// When loopback has no free port.
    pub(crate) async fn open(service: Option<u16>, host: Option<u16>) -> std::io::Result<Self> {
        let service = bind(service).await?;
        let host = bind(host).await?;
        let (on, switch) = watch::channel(true);
        let standin = Self { service: service.local_addr()?, host: host.local_addr()?, on };
        tokio::spawn(answer(host));
        tokio::spawn(serve(service, standin.service, switch));
        Ok(standin)
    }

    /// Switches the service on or off; the host goes on answering.
    pub(crate) fn switch(&self, on: bool) {
        self.on.send_replace(on);
    }

    /// Whether the service is on.
    pub(crate) fn is_on(&self) -> bool {
        *self.on.borrow()
    }
}

/// Listens while the switch is on. Off means that nobody listens: visitors are refused.
async fn serve(first: TcpListener, address: SocketAddr, mut switch: watch::Receiver<bool>) {
    let mut listener = Some(first);
    loop {
        let on = *switch.borrow_and_update();
        if on && listener.is_none() {
            listener = match TcpListener::bind(address).await {
                Ok(bound) => Some(bound),
                Err(error) => {
                    tracing::warn!(%address, %error, "the stand-in cannot be switched on yet");
                    sleep(Duration::from_secs(1)).await;
                    continue;
                }
            };
        }
        if !on {
            listener = None;
        }
        let changed = match &listener {
            Some(listener) => tokio::select! {
                changed = switch.changed() => changed,
                () = visits(listener) => Ok(()),
            },
            None => switch.changed().await,
        };
        if changed.is_err() {
            return;
        }
    }
}

async fn answer(listener: TcpListener) {
    visits(&listener).await;
}

async fn visits(listener: &TcpListener) {
    loop {
        match listener.accept().await {
            Ok((visitor, _)) => drop(tokio::spawn(hold(visitor))),
            // Out of descriptors, mostly: it passes.
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}

/// Waits until the visitor hangs up.
async fn hold(visitor: TcpStream) {
    let mut rest = [0; 256];
    let reading = async {
        while visitor.readable().await.is_ok() {
            match visitor.try_read(&mut rest) {
                Ok(n) if n > 0 => {}
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Ok(_) | Err(_) => break,
            }
        }
    };
    // Ending either way closes the connection.
    let _ended = timeout(VISIT, reading).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn connects(to: SocketAddr, wanted: bool) -> bool {
        for _ in 0..200 {
            if TcpStream::connect(to).await.is_ok() == wanted {
                return true;
            }
            sleep(Duration::from_millis(20)).await;
        }
        false
    }

    #[tokio::test]
    async fn off_refuses_on_answers_and_the_host_answers_always() {
        let standin = Standin::open(None, None).await.unwrap();
        assert!(connects(standin.service, true).await);
        standin.switch(false);
        assert!(connects(standin.service, false).await);
        assert!(connects(standin.host, true).await);
        assert!(!standin.is_on());
        standin.switch(true);
        assert!(connects(standin.service, true).await);
    }
}
