//! The default gateway of this PC at this moment. Only reads the system's routing table.

use std::net::Ipv4Addr;

/// What the routing table says of the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DefaultRoute {
    /// Through this router.
    Via(Ipv4Addr),
    /// Over an interface that names no router (a tunnel, a modem).
    Bare {
        /// Its name.
        interface: String,
    },
    /// There is none: cable out, no address from DHCP, or not set.
    None,
}

/// Looks at the routing table.
///
/// # Errors
/// Why it cannot be read on this system.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn default_route() -> Result<DefaultRoute, String> {
    const TABLE: &str = "/proc/net/route";
    std::fs::read_to_string(TABLE)
        .map(|text| parse(&text))
        .map_err(|error| format!("cannot read {TABLE}: {error}"))
}

/// Looks at the routing table.
///
/// # Errors
/// Always: this system's table is not read yet.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub fn default_route() -> Result<DefaultRoute, String> {
    Err("target = \"auto\" is not known on this system; write the router's address".to_owned())
}

/// The default route with the least metric. Columns are named in the first line; addresses are
/// hexadecimal in the order of this PC's bytes (Linux, `fib_route_seq_show`).
#[cfg_attr(not(any(target_os = "linux", target_os = "android")), allow(dead_code))]
fn parse(table: &str) -> DefaultRoute {
    const UP: u32 = 0x1;
    const VIA: u32 = 0x2;
    const REJECT: u32 = 0x200;
    let mut best: Option<(u32, DefaultRoute)> = None;
    for line in table.lines().skip(1) {
        let field: Vec<&str> = line.split_ascii_whitespace().collect();
        let [interface, destination, gateway, flags, _, _, metric, mask, ..] = field.as_slice()
        else {
            continue;
        };
        let hex = |text: &str| u32::from_str_radix(text, 16).ok();
        let (Some(0), Some(gateway), Some(flags), Some(0)) =
            (hex(destination), hex(gateway), hex(flags), hex(mask))
        else {
            continue;
        };
        if flags & UP == 0 || flags & REJECT != 0 {
            continue;
        }
        let metric = metric.parse().unwrap_or(u32::MAX);
        if best.as_ref().is_some_and(|(least, _)| *least <= metric) {
            continue;
        }
        let route = if flags & VIA != 0 && gateway != 0 {
            DefaultRoute::Via(Ipv4Addr::from(gateway.to_ne_bytes()))
        } else {
            DefaultRoute::Bare { interface: (*interface).to_owned() }
        };
        best = Some((metric, route));
    }
    best.map_or(DefaultRoute::None, |(_, route)| route)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str =
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";

    fn table(lines: &str) -> DefaultRoute {
        parse(&format!("{HEADER}{lines}"))
    }

    fn via(a: u8, b: u8, c: u8, d: u8) -> DefaultRoute {
        DefaultRoute::Via(Ipv4Addr::new(a, b, c, d))
    }

    #[test]
    fn the_captured_table_of_an_office_pc_names_its_router() {
        let text = include_str!("../../testdata/route/office-pc.txt");
        assert_eq!(parse(text), via(192, 168, 1, 1));
    }

    #[test]
    fn the_least_metric_wins() {
        let two = "wlan0\t00000000\t0102A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n\
                   eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n";
        assert_eq!(table(two), via(192, 168, 1, 1));
    }

    #[test]
    fn no_default_route_is_said_and_rubbish_is_skipped() {
        assert_eq!(parse(""), DefaultRoute::None);
        let lines = "eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n\
                     eth0\t00000000\tzz\t0003\t0\t0\t100\t00000000\t0\t0\t0\nshort line\n\
                     lo\t00000000\t00000000\t0201\t0\t0\t0\t00000000\t0\t0\t0\n";
        assert_eq!(table(lines), DefaultRoute::None);
        let tunnel = "ppp0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n";
        assert_eq!(table(tunnel), DefaultRoute::Bare { interface: "ppp0".into() });
    }
}
