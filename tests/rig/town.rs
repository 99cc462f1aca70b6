//! The town: an agent's PC, the office's router, the provider's router, the data center's host
//! and the collector's host, each in its own namespace, and the ways to break what joins them.
//!
//! ```text
//! pc 10.1.0.2 ── 10.1.0.1 router 10.2.0.2 ── 10.2.0.1 isp 10.3.0.1 ── 10.3.0.2 dc
//!                                                     isp 10.4.0.1 ── 10.4.0.2 col
//! ```
//! The provider's router answers as 198.51.100.1 for everything beyond it.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::rig::net::Namespace;

/// Where the collector's agents reach it.
pub const COLLECTOR: &str = "10.4.0.2";
/// The data center's service.
pub const SERVICE: &str = "10.3.0.2:8080";
/// Something beyond the provider.
pub const OUTSIDE: &str = "198.51.100.1";

/// Five hosts in a line.
pub struct Town {
    /// The recording PC.
    pub pc: Arc<Namespace>,
    /// The office's router.
    pub router: Arc<Namespace>,
    /// The provider's router.
    pub isp: Arc<Namespace>,
    /// The data center.
    pub dc: Arc<Namespace>,
    /// The collector's host, the phones too.
    pub col: Arc<Namespace>,
    service: Option<Service>,
}

impl Town {
    /// Lays everything; the data center serves.
    #[must_use]
    pub fn new() -> Self {
        let pc = Arc::new(Namespace::new("pc"));
        let router = Arc::new(Namespace::new("router"));
        let isp = Arc::new(Namespace::new("isp"));
        let dc = Arc::new(Namespace::new("dc"));
        let col = Arc::new(Namespace::new("col"));
        pc.cable(("eth0", "10.1.0.2/24"), &router, ("lan", "10.1.0.1/24"));
        router.cable(("wan", "10.2.0.2/24"), &isp, ("cust", "10.2.0.1/24"));
        isp.cable(("dc", "10.3.0.1/24"), &dc, ("eth0", "10.3.0.2/24"));
        isp.cable(("col", "10.4.0.1/24"), &col, ("eth0", "10.4.0.2/24"));
        isp.ip(&format!("addr add {OUTSIDE}/32 dev lo"));
        dc.ip("route add default via 10.3.0.1");
        col.ip("route add default via 10.4.0.1");
        let mut town = Self { pc, router, isp, dc, col, service: None };
        town.route();
        town.open_service();
        town
    }

    /// Routes vanish with the links they use; lays them (again).
    fn route(&self) {
        self.pc.ip("route replace default via 10.1.0.1");
        self.router.ip("route replace default via 10.2.0.1");
        self.isp.ip("route replace 10.1.0.0/24 via 10.2.0.2");
    }

    /// Cuts the provider's line: nothing passes beyond the office's router.
    pub fn cut_line(&self) {
        self.isp.ip("link set cust down");
    }

    /// Mends the provider's line.
    pub fn mend_line(&self) {
        self.isp.ip("link set cust up");
        self.route();
    }

    /// Lets the line swallow everything while it looks alive.
    pub fn swallow_line(&self) {
        self.router.sh("nft -f - <<'E'\nadd table ip siaga\nadd chain ip siaga f { type filter hook forward priority 0; policy drop; }\nE");
    }

    /// Ends [`Self::swallow_line`].
    pub fn unswallow_line(&self) {
        self.router.sh("nft delete table ip siaga");
    }

    /// Switches the office's router off.
    pub fn router_off(&self) {
        self.router.ip("link set lan down");
        self.router.ip("link set wan down");
    }

    /// Switches the office's router on. It answers the PC last, when its way to the provider is
    /// there: a cycle that fell in between would rightly see the provider's fault.
    pub fn router_on(&self) {
        self.router.ip("link set wan up");
        self.router.ip("route replace default via 10.2.0.1");
        self.isp.ip("route replace 10.1.0.0/24 via 10.2.0.2");
        self.router.ip("link set lan up");
        self.route();
    }

    /// Takes the PC off the network, as when it loses power.
    pub fn pc_off(&self) {
        self.pc.ip("link set eth0 down");
    }

    /// Puts the PC back on the network.
    pub fn pc_on(&self) {
        self.pc.ip("link set eth0 up");
        self.route();
    }

    /// Closes the data center's port; its host still answers ping.
    pub fn close_service(&mut self) {
        if let Some(service) = self.service.take() {
            service.stop();
        }
    }

    /// Opens the data center's port.
    pub fn open_service(&mut self) {
        self.service = Some(Service::start(self.dc.listen(SERVICE)));
    }
}

impl Default for Town {
    fn default() -> Self {
        Self::new()
    }
}

/// The data center's service: takes connections and waits for the peer to hang up.
struct Service {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Service {
    fn start(listener: TcpListener) -> Self {
        listener.set_nonblocking(true).expect("a listener that does not block");
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                match listener.accept() {
                    Ok((stream, _)) => drop(thread::spawn(move || hold(stream))),
                    Err(_) => thread::sleep(Duration::from_millis(5)),
                }
            }
        });
        Self { stop, thread }
    }

    fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("the service's thread");
    }
}

fn hold(mut stream: TcpStream) {
    let _ = stream.set_nonblocking(false);
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let mut rest = [0; 512];
    while stream.read(&mut rest).is_ok_and(|n| n > 0) {}
}
