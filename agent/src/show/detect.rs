//! Looks at this PC and writes a configuration to begin with: what was found is set, what only a
//! person knows is left as a commented line. Asks loopback and the system, nobody else.

use std::fmt::Write as _;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::probe::gateway::{DefaultRoute, default_route};
use crate::probe::{device, host, ping, ups};

/// upsd on loopback answers at once, or it is not there.
const PATIENCE: Duration = Duration::from_secs(1);
/// A description longer than this would make an unreadable file.
const LABEL_MAX: usize = 60;

/// What was found, or why it could not be.
#[derive(Debug)]
struct Found {
    route: Result<DefaultRoute, String>,
    icmp: Result<ping::Mode, String>,
    ups: Result<Vec<(String, String)>, String>,
    apcupsd: Result<(), String>,
    usb: Result<Vec<device::UsbDevice>, String>,
    disks: Result<Vec<String>, String>,
}

/// Looks, and writes the configuration to `out`.
///
/// # Errors
/// When `out` cannot be written.
pub async fn detect(out: &mut impl io::Write) -> io::Result<()> {
    out.write_all(text(&look().await).as_bytes())
}

async fn look() -> Found {
    let ups = ups::units(SocketAddr::from((Ipv4Addr::LOCALHOST, ups::PORT)), PATIENCE).await;
    let nis = SocketAddr::from((Ipv4Addr::LOCALHOST, ups::APCUPSD_PORT));
    let apcupsd = ups::apcupsd_answers(nis, PATIENCE).await;
    let disks = host::disks().map(|disks| {
        let line = |d: &host::Disk| format!("{} {:.0} % free", d.mount, d.free_ratio() * 100.0);
        disks.iter().map(line).collect()
    });
    let (route, icmp, usb) = (default_route(), ping::mode(), device::usb_devices());
    Found { route, icmp, ups, apcupsd, usb, disks }
}

fn text(found: &Found) -> String {
    let mut text = String::from(HEAD);
    gateway(found, &mut text);
    text.push_str(LINK);
    units(found, &mut text);
    text.push_str(GENERATOR);
    usb(found, &mut text);
    let disks = found.disks.as_ref().map_or_else(|why| comment(why), |d| comment(&d.join(", ")));
    text.push_str("\n# The PC itself. Disks now: ");
    text.push_str(&disks);
    text.push_str("\n[[probe.host]]\nname = \"host\"\n");
    text
}

fn gateway(found: &Found, text: &mut String) {
    let now = match &found.route {
        Ok(DefaultRoute::Via(address)) => format!("now {address}"),
        Ok(DefaultRoute::None) => "there is none at the moment".to_owned(),
        Ok(DefaultRoute::Bare { interface }) => {
            let why = format!(
                "The default route over {interface} names no router; write its address as target."
            );
            push(text, &format!("# {}", comment(&why)));
            push(text, "# [[probe.ping]]\n# name = \"link.gateway\"\n# target = \"192.168.1.1\"");
            return;
        }
        Err(why) => comment(why),
    };
    if let Err(why) = &found.icmp {
        push(text, &format!("# {}", comment(why)));
    }
    push(text, &format!("# The office's own router: {now}."));
    push(text, "[[probe.ping]]\nname = \"link.gateway\"\ntarget = \"auto\"");
}

fn units(found: &Found, text: &mut String) {
    match &found.ups {
        Ok(units) if !units.is_empty() => {
            for (place, (name, description)) in units.iter().enumerate() {
                let more = if place == 0 { String::new() } else { format!(".{}", place + 1) };
                push(text, &format!("\n# UPS: {}", comment(description)));
                push(text, &format!("[[probe.ups]]\nname = \"power.ups{more}\""));
                push(text, &format!("nut = {:?}", format!("{name}@127.0.0.1:{}", ups::PORT)));
            }
        }
        // apcupsd and NUT exclude one another on a PC.
        Ok(_) | Err(_) if found.apcupsd.is_ok() => {
            push(text, "\n# UPS: apcupsd answers.\n[[probe.ups]]\nname = \"power.ups\"");
            push(text, &format!("apcupsd = \"127.0.0.1:{}\"", ups::APCUPSD_PORT));
        }
        Ok(_) => push(text, &format!("\n# upsd answers but knows no UPS.\n{UPS_EXAMPLE}")),
        Err(why) => push(text, &format!("\n# No UPS found: {}\n{UPS_EXAMPLE}", comment(why))),
    }
}

fn usb(found: &Found, text: &mut String) {
    push(text, "\n# Devices that the service needs: take the # away where one is.");
    match &found.usb {
        Ok(devices) if !devices.is_empty() => {
            for device in devices {
                let label = device.label.as_deref().unwrap_or("unnamed");
                push(text, &format!("# {}", comment(label)));
                push(text, "# [[probe.device]]\n# name = \"device.NAME\"");
                push(text, &format!("# usb = [\"{:04x}:{:04x}\"]", device.vendor, device.product));
            }
        }
        Ok(_) => push(text, &format!("# Nothing is on USB now.\n{DEVICE_EXAMPLE}")),
        Err(why) => push(text, &format!("# {}\n{DEVICE_EXAMPLE}", comment(why))),
    }
}

fn push(text: &mut String, line: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{line}");
}

/// What a device or a peer says, fit to stand in one comment line.
fn comment(said: &str) -> String {
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    said.chars().map(clean).take(LABEL_MAX * 3).collect::<String>().trim().to_owned()
}

const HEAD: &str = "\
# siaga-agent, for the PC on which it was written. Then:
#     siaga-agent check-config --config FILE
#     siaga-agent probe --config FILE
#     siaga-agent join CODE --config FILE     CODE from `siaga-collector enrol`
#     siaga-agent run --config FILE

# The collector's address.
collector = \"https://siaga.example:8443\"
data = \"/var/lib/siaga-agent\"

";

const LINK: &str = "
# Something beyond the provider.
[[probe.ping]]
name = \"link.outside\"
target = \"9.9.9.9\"

# The data center: its address and port are known to you alone. Without it the collector cannot
# tell whether this PC can serve.
# [[probe.tcp]]
# name = \"link.datacenter\"
# target = \"10.30.0.10:443\"

# A page of the data center says more than its port: `body` is text that only the real one has.
# [[probe.http]]
# name = \"link.datacenter.halaman\"
# url = \"https://10.30.0.10/\"

# This PC's clock against the data center's.
# [[probe.sntp]]
# name = \"clock\"
# target = \"10.30.0.10\"

# The other end of the tunnel to the data center.
# [[probe.ping]]
# name = \"link.path\"
# target = \"10.30.0.1\"
";

const UPS_EXAMPLE: &str = "\
# [[probe.ups]]
# name = \"power.ups\"
# nut = \"ups@127.0.0.1:3493\"";

const GENERATOR: &str = "
# A generator's controller on the network.
# [[probe.generator]]
# name = \"power.generator\"
# modbus = \"10.20.30.40:502\"
# map = \"dse\"
";

const DEVICE_EXAMPLE: &str = "\
# [[probe.device]]
# name = \"device.sidik-jari\"
# usb = [\"16d1:1027\"]";

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Found {
        Found {
            route: Ok(DefaultRoute::Via(Ipv4Addr::new(192, 168, 1, 1))),
            icmp: Ok(ping::Mode::Raw),
            ups: Ok(vec![
                ("kantor".into(), "Ruang\nrekam = \"x\"".into()),
                ("b".into(), String::new()),
            ]),
            apcupsd: Err("not there".into()),
            usb: Ok(vec![device::UsbDevice {
                vendor: 0x16d1,
                product: 0x1027,
                serial: None,
                label: Some("Suprema\n[[probe.host]]".into()),
            }]),
            disks: Ok(vec!["/ 40 % free".into()]),
        }
    }

    fn names(text: &str) -> Vec<String> {
        let config = crate::config::parse("found.toml", text)
            .unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
        config.probes.iter().map(|probe| probe.name().to_owned()).collect()
    }

    #[test]
    fn what_is_written_is_a_configuration_whatever_was_found() {
        let all = ["link.gateway", "link.outside", "power.ups", "power.ups.2", "host"];
        assert_eq!(names(&text(&full())), all);
        let no_upsd = "no upsd\n[[probe.host]]".to_owned();
        let no = "line one\n[[probe.host]]".to_owned();
        let nothing = Found {
            route: Err("cannot read it".into()),
            icmp: Err("no permission for ICMP".into()),
            ups: Err(no.clone()),
            apcupsd: Err(no.clone()),
            usb: Err(no.clone()),
            disks: Err(no),
        };
        assert_eq!(names(&text(&nothing)), ["link.gateway", "link.outside", "host"]);
        let apc = Found { ups: Err(no_upsd), apcupsd: Ok(()), ..full() };
        assert_eq!(names(&text(&apc)), ["link.gateway", "link.outside", "power.ups", "host"]);
        let bare = Found { route: Ok(DefaultRoute::Bare { interface: "ppp0".into() }), ..nothing };
        assert_eq!(names(&text(&bare)), ["link.outside", "host"]);
    }

    #[test]
    fn every_commented_example_is_right_too() {
        let written = text(&Found { usb: Err("none".into()), ups: Err("none".into()), ..full() });
        let examples: String = written
            .lines()
            .filter_map(|l| l.strip_prefix("# "))
            .filter(|l| l.starts_with("[[") || l.contains(" = "))
            .fold(String::new(), |text, line| text + line + "\n");
        let whole = format!("{written}\n{examples}");
        assert_eq!(names(&whole).len(), 3 + 7, "{whole}");
    }
}
