//! Peers that hang, babble, flood and lie: every answer is unreadable, in time, in bounded memory.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::clock::Stopwatch;
use super::{probe, text, unreadable};

/// A server on loopback that treats each connection so; counts them.
pub(crate) struct Peer {
    pub(crate) port: u16,
    connections: Arc<AtomicUsize>,
}

impl Peer {
    pub(crate) fn new(treat: impl Fn(usize, TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a listener");
        let port = listener.local_addr().expect("its address").port();
        let connections = Arc::new(AtomicUsize::new(0));
        let (count, treat) = (Arc::clone(&connections), Arc::new(treat));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let number = count.fetch_add(1, Ordering::SeqCst);
                let treat = Arc::clone(&treat);
                std::thread::spawn(move || treat(number, stream));
            }
        });
        Self { port, connections }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    fn ups(&self) -> String {
        format!(
            "[[probe.ups]]\nname = \"power.ups\"\nnut = \"ups@127.0.0.1:{}\"\ntimeout = \"500ms\"\n",
            self.port
        )
    }

    fn generator(&self) -> String {
        format!(
            "[[probe.generator]]\nname = \"power.generator\"\nmodbus = \"127.0.0.1:{}\"\n\
             map = \"dse\"\ntimeout = \"500ms\"\n",
            self.port
        )
    }
}

/// Reads one request; nothing if the client has gone.
pub(crate) fn request(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut piece = [0; 256];
    match stream.read(&mut piece) {
        Ok(0) | Err(_) => None,
        Ok(n) => Some(piece[..n].to_vec()),
    }
}

/// Answers every request with the same bytes.
pub(crate) fn say(bytes: Vec<u8>) -> impl Fn(usize, TcpStream) + Send + Sync {
    move |_, mut stream| {
        while request(&mut stream).is_some() {
            if stream.write_all(&bytes).is_err() {
                return;
            }
        }
    }
}

/// Sends the same bytes for ever.
pub(crate) fn flood(bytes: &'static [u8]) -> impl Fn(usize, TcpStream) + Send + Sync {
    move |_, mut stream| {
        let many = bytes.repeat(64 * 1024 / bytes.len());
        while stream.write_all(&many).is_ok() {}
    }
}

pub(crate) fn hang(_: usize, mut stream: TcpStream) {
    while request(&mut stream).is_some() {}
}

pub(crate) fn hang_up(_: usize, stream: TcpStream) {
    drop(stream);
}

/// One byte at a time, so that something always arrives and nothing ever ends.
pub(crate) fn drip(_: usize, mut stream: TcpStream) {
    while stream.write_all(b"B").is_ok() {
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Asks twice; both times the reason is short and the answer comes within the deadline.
pub(crate) async fn refuses(what: &str, table: &str) {
    let mut probe = probe(table);
    for _ in 0..2 {
        let started = Stopwatch::start();
        let reading = probe.ask().await;
        let why = unreadable(&reading);
        assert!(why.chars().count() <= 200 && !why.contains(char::is_control), "{what}: {why:?}");
        let took = started.took();
        assert!(took < probe.timeout() + Duration::from_secs(5), "{what}: {took:?}");
    }
}

#[tokio::test]
async fn a_ups_server_that_lies_is_never_believed() {
    let begin = "BEGIN LIST VAR ups\n";
    let peers: Vec<(&str, Peer)> = vec![
        ("hangs", Peer::new(hang)),
        ("hangs up", Peer::new(hang_up)),
        ("drips", Peer::new(drip)),
        ("another protocol", Peer::new(say(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()))),
        ("noise", Peer::new(say((0..=255).collect()))),
        ("empty lines", Peer::new(say(b"\n\n\n".to_vec()))),
        (
            "half an answer",
            Peer::new(say(format!("{begin}VAR ups ups.status \"OL\"\n").into_bytes())),
        ),
        ("a line without end", Peer::new(flood(b"x"))),
        ("an answer without end", Peer::new(flood(b"BEGIN LIST VAR ups\n"))),
        (
            "another UPS",
            Peer::new(say(b"BEGIN LIST VAR b\nVAR b ups.status \"OL\"\nEND LIST VAR b\n".to_vec())),
        ),
        ("no status", Peer::new(say(format!("{begin}END LIST VAR ups\n").into_bytes()))),
        (
            "a long error",
            Peer::new(say([b"ERR ".to_vec(), vec![b'A'; 3000], b"\x07\n".to_vec()].concat())),
        ),
    ];
    for (what, peer) in peers {
        refuses(what, &peer.ups()).await;
    }
}

#[tokio::test]
async fn variables_without_end_are_cut() {
    let peer = Peer::new(|_, mut stream| {
        let _ = stream.write_all(b"BEGIN LIST VAR ups\n");
        let line = b"VAR ups ups.status \"OL\"\n".repeat(100);
        while stream.write_all(&line).is_ok() {}
    });
    let mut probe = probe(&peer.ups());
    let reading = probe.ask().await;
    assert!(unreadable(&reading).contains("more than 512 entries"), "{}", text(&reading));
}

/// The first connection answers only after the deadline, and says "on mains". Its answer must not
/// be taken for that to the second question.
#[tokio::test]
async fn a_late_answer_is_not_taken_for_the_next() {
    let answer = |status: &str| {
        format!("BEGIN LIST VAR ups\nVAR ups ups.status \"{status}\"\nEND LIST VAR ups\n")
    };
    let peer = Peer::new(move |number, mut stream| {
        while request(&mut stream).is_some() {
            let status = if number == 0 { "OL" } else { "OB" };
            if number == 0 {
                std::thread::sleep(Duration::from_millis(900));
            }
            if stream.write_all(answer(status).as_bytes()).is_err() {
                return;
            }
        }
    });
    let mut probe = probe(&peer.ups());
    let late = probe.ask().await;
    assert!(unreadable(&late).contains("did not answer within"), "{}", text(&late));
    for _ in 0..3 {
        assert_eq!(probe.ask().await.words, ["OB"]);
    }
    assert_eq!(peer.connections(), 2, "the good connection is kept, the late one is not");
}

/// A Modbus answer to this request with this unit, function and data.
fn modbus(request: &[u8], unit: u8, function: u8, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(2 + data.len()).expect("a short answer").to_be_bytes();
    let mut answer = vec![request[0], request[1], 0, 0, length[0], length[1], unit, function];
    answer.extend_from_slice(data);
    answer
}

/// Answers every Modbus request by rule.
fn controller(
    rule: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static,
) -> impl Fn(usize, TcpStream) + Send + Sync {
    move |_, mut stream| {
        while let Some(request) = request(&mut stream) {
            if request.len() < 12 || stream.write_all(&rule(&request)).is_err() {
                return;
            }
        }
    }
}

#[tokio::test]
async fn a_controller_that_lies_is_never_believed() {
    let peers: Vec<(&str, Peer)> = vec![
        ("hangs", Peer::new(hang)),
        ("hangs up", Peer::new(hang_up)),
        ("drips", Peer::new(drip)),
        ("floods", Peer::new(flood(b"\xff"))),
        ("zeros", Peer::new(flood(b"\0"))),
        ("another protocol", Peer::new(say(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()))),
        ("too few registers", Peer::new(controller(|r| modbus(r, 10, 3, &[2, 0, 1])))),
        (
            "too many registers",
            Peer::new(controller(|r| modbus(r, 10, 3, &[&[250][..], &[0; 250]].concat()))),
        ),
        ("an odd count", Peer::new(controller(|r| modbus(r, 10, 3, &[3, 0, 1, 2])))),
        ("no data", Peer::new(controller(|r| modbus(r, 10, 3, &[])))),
        ("another unit", Peer::new(controller(|r| modbus(r, 11, 3, &[2, 0, 1])))),
        ("another function", Peer::new(controller(|r| modbus(r, 10, 4, &[2, 0, 1])))),
        ("coils instead", Peer::new(controller(|r| modbus(r, 10, 1, &[200])))),
        ("a server id", Peer::new(controller(|r| modbus(r, 10, 0x11, &[1, 2, 3])))),
        ("everything refused", Peer::new(controller(|r| modbus(r, 10, 0x83, &[2])))),
        ("a strange exception", Peer::new(controller(|r| modbus(r, 10, 0x83, &[99])))),
        ("nobody behind the gateway", Peer::new(controller(|r| modbus(r, 10, 0x83, &[11])))),
        (
            "another make",
            Peer::new(controller(|r| {
                let count = r[11];
                modbus(r, 10, 3, &[&[count * 2][..], &vec![0x22; usize::from(count) * 2]].concat())
            })),
        ),
    ];
    for (what, peer) in peers {
        refuses(what, &peer.generator()).await;
    }
}

#[tokio::test]
async fn a_gateway_without_its_controller_says_so() {
    let peer = Peer::new(controller(|r| modbus(r, 10, 0x83, &[11])));
    let reading = probe(&peer.generator()).ask().await;
    assert!(
        unreadable(&reading).contains("the gateway answers, the controller does not"),
        "{}",
        text(&reading)
    );
}
