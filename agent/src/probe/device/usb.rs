//! What is on USB, by nusb. Lists; opens no device.

use nusb::MaybeFuture;

/// A device that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UsbId {
    vendor: u16,
    product: u16,
    serial: Option<String>,
}

impl UsbId {
    /// `16d1:1027`, `16d1:1027:SERIAL`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, ':');
        let hex = |part: Option<&str>| {
            let part = part.filter(|p| p.len() == 4 && p.bytes().all(|b| b.is_ascii_hexdigit()))?;
            u16::from_str_radix(part, 16).ok()
        };
        let (vendor, product) = (hex(parts.next())?, hex(parts.next())?);
        let serial = parts.next().map(str::to_owned);
        if serial.as_ref().is_some_and(String::is_empty) {
            return None;
        }
        Some(Self { vendor, product, serial })
    }

    pub(super) fn is(&self, found: &Found) -> bool {
        (self.vendor, self.product) == (found.vendor, found.product)
            && (self.serial.is_none() || self.serial == found.serial)
    }
}

/// A device that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Vendor number.
    pub vendor: u16,
    /// Product number.
    pub product: u16,
    /// Serial number, where it has one.
    pub serial: Option<String>,
    /// What it calls itself.
    pub label: Option<String>,
}

/// Everything on USB but the root hubs.
///
/// # Errors
/// Why this cannot be told: no USB bus, no permission.
pub fn list() -> Result<Vec<Found>, String> {
    let listed = nusb::list_devices()
        .wait()
        .map_err(|error| format!("cannot tell what is on USB: {error}"))?;
    let mut found: Vec<Found> = listed
        .map(|device| Found {
            vendor: device.vendor_id(),
            product: device.product_id(),
            serial: device.serial_number().map(str::to_owned),
            label: label(device.manufacturer_string(), device.product_string()),
        })
        .collect();
    if found.is_empty() && !has_a_bus() {
        return Err("cannot tell what is on USB: this PC shows no USB bus".to_owned());
    }
    found.sort_by(|a, b| (a.vendor, a.product, &a.serial).cmp(&(b.vendor, b.product, &b.serial)));
    Ok(found)
}

fn has_a_bus() -> bool {
    nusb::list_buses().wait().is_ok_and(|mut buses| buses.next().is_some())
}

fn label(maker: Option<&str>, product: Option<&str>) -> Option<String> {
    match (maker, product) {
        (Some(maker), Some(product)) => Some(format!("{maker} {product}")),
        (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_lsusb_prints_them() {
        let id = UsbId::parse("16D1:1027").unwrap();
        assert_eq!((id.vendor, id.product, id.serial), (0x16d1, 0x1027, None));
        assert_eq!(UsbId::parse("16d1:1027:A:1").unwrap().serial.as_deref(), Some("A:1"));
        for bad in
            ["", "16d1", "16d1:", "16d1:102", "16d1:1027:", "0x16d1:1027", "+6d1:1027", "g6d1:1027"]
        {
            assert_eq!(UsbId::parse(bad), None, "{bad}");
        }
    }
}
