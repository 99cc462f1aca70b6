//! Devices: is one of these on USB, does this program run. "No USB bus" and "no process list" are
//! unreadable, never "absent".

mod process;
mod usb;

use std::time::Duration;

use serde::Deserialize;
use siaga_wire::{Reading, Saw};
use toml::Spanned;

use self::usb::UsbId;
use super::blocking::Blocking;
use super::reading::{empty, push_word, unreadable};
use super::setting::{Check, RawTiming, Timing, path};

pub use usb::{Found as UsbDevice, list as usb_devices};

/// `[[probe.device]]`: one of `usb` and `process`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The probe's name.
    pub name: Spanned<String>,
    /// Any of these: `vendor:product`, or `vendor:product:serial`, in hexadecimal as `lsusb`
    /// shows them.
    pub usb: Option<Spanned<Vec<Spanned<String>>>>,
    /// Name of a program.
    pub process: Option<Spanned<String>>,
    /// Period; 30s.
    pub every: Option<Spanned<String>>,
    /// Deadline; 5s.
    pub timeout: Option<Spanned<String>>,
}

impl Config {
    pub(super) fn build(self, check: &mut Check<'_>) -> Option<Device> {
        let timing = check.timing(&RawTiming {
            kind: "device",
            name: &self.name,
            every: self.every.as_ref(),
            timeout: self.timeout.as_ref(),
            default_every: Duration::from_secs(30),
            default_timeout: Duration::from_secs(5),
        });
        let name = self.name.get_ref();
        let what = match (&self.usb, &self.process) {
            (Some(ids), None) => usb_ids(ids, name, check).map(What::usb),
            (None, Some(process)) => program(process, name, check).map(What::process),
            (Some(_), Some(both)) => {
                check.problem(
                    both.span(),
                    path("device", name, "process"),
                    "stands beside usb",
                    "one probe watches one thing",
                );
                None
            }
            (None, None) => {
                let hint = "usb = [\"16d1:1027\"] or process = \"program\"";
                check.problem(
                    self.name.span(),
                    path("device", name, "usb"),
                    "is missing, and process too",
                    hint,
                );
                None
            }
        };
        Some(Device { timing: timing?, what: what? })
    }
}

fn usb_ids(
    written: &Spanned<Vec<Spanned<String>>>,
    name: &str,
    check: &mut Check<'_>,
) -> Option<Vec<UsbId>> {
    let hint = "vendor:product as lsusb shows them, such as 16d1:1027";
    if written.get_ref().is_empty() {
        check.problem(written.span(), path("device", name, "usb"), "names no device", hint);
        return None;
    }
    let mut ids = Vec::new();
    for text in written.get_ref() {
        match UsbId::parse(text.get_ref()) {
            Some(id) => ids.push(id),
            None => {
                let what = format!("{:?} is not vendor:product", text.get_ref());
                check.problem(text.span(), path("device", name, "usb"), what, hint);
            }
        }
    }
    (ids.len() == written.get_ref().len()).then_some(ids)
}

fn program(written: &Spanned<String>, name: &str, check: &mut Check<'_>) -> Option<String> {
    let text = written.get_ref();
    if text.is_empty() || text.contains(['/', '\\']) {
        let what = format!("{text:?} is not the name of a program");
        check.problem(
            written.span(),
            path("device", name, "process"),
            what,
            "the file's name without its folder",
        );
        return None;
    }
    Some(text.clone())
}

/// The probe.
#[derive(Debug)]
pub struct Device {
    pub(super) timing: Timing,
    what: What,
}

#[derive(Debug)]
enum What {
    Usb { any_of: Vec<UsbId>, list: Blocking<Result<Vec<UsbDevice>, String>> },
    Process { program: String, count: Blocking<Result<u32, String>> },
}

impl What {
    fn usb(any_of: Vec<UsbId>) -> Self {
        Self::Usb { any_of, list: Blocking::new() }
    }

    fn process(program: String) -> Self {
        Self::Process { program, count: Blocking::new() }
    }
}

impl Device {
    pub(super) async fn query(&mut self) -> Reading<'static> {
        let name = &self.timing.name;
        let read = match &mut self.what {
            What::Usb { any_of, list } => list
                .ask(self.timing.timeout, usb::list)
                .await
                .and_then(|listed| listed)
                .map(|found| on_usb(name, any_of, &found)),
            What::Process { program, count } => {
                let program = program.clone();
                count
                    .ask(self.timing.timeout, move || process::count(&program))
                    .await
                    .and_then(|counted| counted)
                    .map(|number| running(name, number))
            }
        };
        read.unwrap_or_else(|why| unreadable(name, why))
    }
}

/// Present if any of the wanted devices is there; which one, and its serial number, are words, so
/// that a swapped device shows.
fn on_usb(name: &str, any_of: &[UsbId], found: &[UsbDevice]) -> Reading<'static> {
    let mut reading = empty(name, Saw::Answered);
    for device in found.iter().filter(|device| any_of.iter().any(|id| id.is(device))) {
        push_word(&mut reading.words, &format!("{:04x}:{:04x}", device.vendor, device.product));
        if let Some(serial) = &device.serial {
            push_word(&mut reading.words, &format!("serial:{serial}"));
        }
    }
    let present = !reading.words.is_empty();
    reading.values.push("device_present", f64::from(u8::from(present)));
    reading
}

fn running(name: &str, number: u32) -> Reading<'static> {
    let mut reading = empty(name, Saw::Answered);
    reading.values.push("device_present", f64::from(u8::from(number > 0)));
    reading.values.push("processes", f64::from(number));
    reading
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(vendor: u16, product: u16, serial: &str) -> UsbDevice {
        UsbDevice { vendor, product, serial: Some(serial.into()), label: None }
    }

    #[test]
    fn any_of_the_wanted_devices_is_enough_and_its_serial_is_told() {
        let any_of = [UsbId::parse("1c7a:0570").unwrap(), UsbId::parse("16d1:1027:S2").unwrap()];
        let none = on_usb("device.x", &any_of, &[device(0x16d1, 0x1027, "S1")]);
        assert_eq!((none.saw, none.values.get("device_present")), (Saw::Answered, Some(0.0)));
        let one = on_usb("device.x", &any_of, &[device(1, 2, "z"), device(0x16d1, 0x1027, "S2")]);
        assert_eq!(one.values.get("device_present"), Some(1.0));
        assert_eq!(one.words, ["16d1:1027", "serial:S2"]);
    }

    #[test]
    fn a_program_is_counted() {
        assert_eq!(running("device.x", 0).values.get("device_present"), Some(0.0));
        assert_eq!(running("device.x", 2).values.get("processes"), Some(2.0));
    }
}
