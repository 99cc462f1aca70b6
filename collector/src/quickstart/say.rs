//! What the quickstart prints. Standard output only, a whole piece at a time, so that the lines of
//! the parts that run beside each other do not mix.

use std::io::Write as _;

use super::files::{Facts, Files, OFFICE};
use super::machine::Gateway;
use super::phone::Message;

/// Prints lines. A terminal that is gone is no reason to stop.
pub(crate) fn lines(text: &str) {
    let mut out = std::io::stdout().lock();
    let _gone = writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush());
}

/// What a newcomer needs, the address of the staff page first.
pub(crate) fn welcome(facts: &Facts, standin: bool, password: &str, files: &Files) {
    let Facts { pages, phone, .. } = facts;
    let gateway = match &facts.machine.gateway {
        Gateway::Ping(address) => format!("gateway {address} (ping)"),
        Gateway::Tcp(address, port, why) => format!("gateway {address} (TCP port {port}: {why})"),
        Gateway::None(why) => format!("tanpa gateway · no gateway ({why})"),
    };
    let ups = match &facts.machine.ups {
        Some(name) => format!("UPS {name}"),
        None => "tanpa UPS · no UPS (upsd does not answer on loopback)".into(),
    };
    let mut text = format!(
        "Halaman staf · staff page      http://{pages}/\n\
         Masuk · sign in                admin / {password}\n\
         Telepon · phone                http://{phone}/\n\
         Diawasi · watched              {gateway}; {ups}; disk\n"
    );
    if standin {
        text.push_str(&format!(
            "Pusat data tiruan · stand-in   {} (bukan yang sebenarnya · not the real one)\n\n\
             Matikan, tunggu setengah menit, lalu nyalakan lagi:\n\
             Switch it off, wait half a minute, switch it on again:\n\n    \
             curl -X POST http://{phone}/standin/off\n    \
             curl -X POST http://{phone}/standin/on\n",
            facts.datacenter
        ));
    } else {
        text.push_str(&format!("Pusat data · data center       {}\n", facts.datacenter));
    }
    // As it was called, so that the line works when it is copied.
    let program = std::env::args().next().unwrap_or_else(|| "siaga-collector".to_owned());
    text.push_str(&format!(
        "\nBerkas · files  {}\n                {}\n\
         Laporan · report  {program} report --config {} --office {OFFICE} --period YYYY-MM\n\
         Berhenti · stop: Ctrl-C\n",
        files.collector.display(),
        files.agent.display(),
        files.collector.display()
    ));
    lines(&text);
}

/// A message that a phone has received.
pub(crate) fn message(message: &Message) {
    let text = &message.text;
    let body = text.description.replace('\n', "\n  ");
    lines(&format!("\nTelepon · phone: {}\n  {body}", text.summary));
}
