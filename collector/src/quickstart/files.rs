//! The two configuration files of the quickstart: real files, read by the same code as any other,
//! so that every other command works on what the quickstart has recorded.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::machine::{Gateway, Machine};

/// The office's id.
pub(crate) const OFFICE: &str = "percobaan";
/// The station's id.
pub(crate) const STATION: &str = "pc-ini";
/// Who is told: the phone of the quickstart.
pub(crate) const CONTACT: &str = "telepon";

/// What goes into the files.
#[derive(Debug)]
pub(crate) struct Facts {
    /// IANA zone.
    pub zone: String,
    /// Pages, plain HTTP on loopback.
    pub pages: SocketAddr,
    /// Agents, TLS on loopback.
    pub agents: SocketAddr,
    /// Where the phone receives.
    pub phone: SocketAddr,
    /// `host:port` of the data center's service.
    pub datacenter: String,
    /// `host:port` that tells whether the way to the data center is there.
    pub path: Option<SocketAddr>,
    /// What of this machine is watched.
    pub machine: Machine,
}

/// Where the two files are.
#[derive(Debug)]
pub(crate) struct Files {
    /// The collector's.
    pub collector: PathBuf,
    /// The agent's.
    pub agent: PathBuf,
}

/// Writes both.
///
/// # Errors
/// When one cannot be written.
pub(crate) fn write(data: &Path, facts: &Facts) -> anyhow::Result<Files> {
    let files = Files { collector: data.join("collector.toml"), agent: data.join("agent.toml") };
    for (file, text) in
        [(&files.collector, collector(data, facts)), (&files.agent, agent(data, facts))]
    {
        std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(files)
}

/// A text as a TOML basic string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn collector(data: &Path, facts: &Facts) -> String {
    let Facts { zone, pages, agents, phone, .. } = facts;
    let data = quoted(&data.join("collector").display().to_string());
    let zone = quoted(zone);
    let center = if facts.path.is_some() { "percobaan, pusat data tiruan" } else { "percobaan" };
    let name = quoted(&format!("Kantor komputer ini ({center})"));
    format!(
        "# Written by the quickstart at every start. Copy it before you change it;\n\
         # config/collector.toml in the sources explains every option.\n\
         listen = \"{agents}\"\n\
         names = [\"127.0.0.1\", \"localhost\"]\n\
         plain_listen = \"{pages}\"\n\
         data = {data}\n\
         language = \"id\"\n\
         cycle = \"5s\"\n\n\
         [[line]]\nid = \"jaringan-ini\"\nprovider = \"Jaringan komputer ini\"\n\n\
         [[office]]\nid = \"{OFFICE}\"\nname = {name}\nzone = {zone}\nhours = \"24/7\"\n\
         line = \"jaringan-ini\"\n\
         # Short, so that there is something to see within two minutes.\n\
         open_after = \"20s\"\nclose_after = \"10s\"\nmerge_within = \"30s\"\n\n\
         [[office.station]]\nid = \"{STATION}\"\n\n\
         [[channel.webhook]]\nid = \"telepon-percobaan\"\nurl = \"http://{phone}/message\"\n\n\
         [[contact]]\nid = \"{CONTACT}\"\nname = \"Telepon percobaan\"\nlanguage = \"id\"\n\
         offices = [\"*\"]\nrole = \"technician\"\n\n\
         [[contact.via]]\nchannel = \"telepon-percobaan\"\nto = \"{CONTACT}\"\n"
    )
}

fn agent(data: &Path, facts: &Facts) -> String {
    let data = quoted(&data.join("agent").display().to_string());
    let datacenter = quoted(&facts.datacenter);
    let mut text = format!(
        "# Written by the quickstart at every start. Copy it before you change it;\n\
         # config/agent.toml in the sources explains every option.\n\
         collector = \"https://{}\"\n\
         data = {data}\n\
         cycle = \"5s\"\n\
         # Stopping the quickstart does not stop this machine.\n\
         stop_means = \"agent\"\n\n",
        facts.agents
    );
    match &facts.machine.gateway {
        Gateway::Ping(_) => text.push_str(
            "[[probe.ping]]\nname = \"link.gateway\"\nrole = \"gateway\"\ntarget = \"auto\"\n\
             every = \"5s\"\n\n",
        ),
        Gateway::Tcp(address, port, why) => text.push_str(&format!(
            "# TCP, because {why}.\n\
             [[probe.tcp]]\nname = \"link.gateway\"\nrole = \"gateway\"\n\
             target = \"{address}:{port}\"\nevery = \"5s\"\ntimeout = \"2s\"\n\n"
        )),
        Gateway::None(why) => text.push_str(&format!("# No gateway is watched: {why}.\n\n")),
    }
    if let Some(host) = facts.path {
        text.push_str(&format!(
            "# The host of the stand-in data center, by TCP: it answers even while the service is\n\
             # switched off.\n\
             [[probe.tcp]]\nname = \"link.path\"\nrole = \"path\"\ntarget = \"{host}\"\n\
             every = \"5s\"\ntimeout = \"2s\"\n\n"
        ));
    }
    text.push_str(&format!(
        "[[probe.tcp]]\nname = \"link.datacenter\"\nrole = \"datacenter\"\ntarget = {datacenter}\n\
         every = \"5s\"\ntimeout = \"2s\"\n\n"
    ));
    if let Some(ups) = &facts.machine.ups {
        text.push_str(&format!(
            "[[probe.ups]]\nname = \"power.ups\"\nnut = \"{ups}@127.0.0.1\"\n\n"
        ));
    }
    text.push_str("[[probe.host]]\nname = \"host\"\nevery = \"15s\"\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(machine: Machine, path: bool) -> Facts {
        let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
        Facts {
            zone: "Asia/Makassar".into(),
            pages: at(4001),
            agents: at(4002),
            phone: at(4003),
            datacenter: "127.0.0.1:4004".into(),
            path: path.then(|| at(4005)),
            machine,
        }
    }

    #[test]
    fn both_files_are_accepted_by_the_programs_that_read_them() {
        let why = "no permission for ICMP: \"x\"".to_owned();
        let address = std::net::Ipv4Addr::new(10, 0, 0, 1);
        let gateways =
            [Gateway::Ping(address), Gateway::Tcp(address, 53, why.clone()), Gateway::None(why)];
        for gateway in gateways {
            for ups in [None, Some("kantor".to_owned())] {
                let dir = tempfile::tempdir().unwrap();
                let machine = Machine { gateway: gateway.clone(), ups };
                let files = write(dir.path(), &facts(machine, true)).unwrap();
                siaga_agent::config::load(&files.agent).unwrap();
                siaga_collector::config::load(&files.collector).unwrap();
            }
        }
    }

    #[test]
    fn a_path_with_quotes_is_written_as_one() {
        assert_eq!(
            quoted(r#"C:\a "b""#).parse::<toml::Value>().unwrap().as_str(),
            Some(r#"C:\a "b""#)
        );
    }
}
