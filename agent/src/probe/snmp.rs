//! Questions over SNMP v2c and v3 (RFC 3416, RFC 3414), for probes of several kinds: GET and GETNEXT,
//! never SET. What a device lacks is absent, not an error. The only user of the SNMP library.

use std::net::SocketAddr;
use std::time::Duration;

use async_snmp::UsmConfig;
use async_snmp::{Auth, AuthProtocol, Client, MasterKeys, Oid, PrivProtocol, Retry, UdpHandle};
use serde::Deserialize;
use toml::Spanned;

use super::lookup::Lookup;
use super::setting::{Check, path};
use super::target::host_port;

/// The registered port of SNMP agents.
const PORT: u16 = 161;
/// A datagram may be lost: it is sent again so often within one question.
const SENT_AGAIN: u32 = 2;

/// `snmp = { … }` of a probe.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `host` or `host:port`, the port 161 if left out.
    pub target: Spanned<String>,
    /// Community of v2c; "public". It travels in the clear.
    pub community: Option<String>,
    /// User of v3; with it there is no community.
    pub user: Option<String>,
    /// How v3 signs.
    #[serde(default)]
    pub auth: Signing,
    /// File with the password that signs; only its owner may read it.
    pub auth_file: Option<Spanned<String>>,
    /// How v3 encrypts.
    #[serde(default)]
    pub privacy: Privacy,
    /// File with the password that encrypts; without it nothing is encrypted.
    pub privacy_file: Option<Spanned<String>>,
}

/// How messages of v3 are signed.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Signing {
    /// HMAC-MD5-96, for old cards.
    Md5,
    /// HMAC-SHA-96.
    Sha1,
    /// HMAC-SHA-256 (RFC 7860).
    #[default]
    Sha256,
    /// HMAC-SHA-512 (RFC 7860).
    Sha512,
}

/// How messages of v3 are encrypted.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Privacy {
    /// DES-CBC, for old cards.
    Des,
    /// AES-128-CFB (RFC 3826).
    #[default]
    Aes128,
    /// AES-256-CFB with the key extension of Blumenthal's draft.
    Aes256,
}

impl Config {
    /// A device to ask, or a problem. Reads the files that it names.
    pub(super) fn build(self, kind: &str, name: &str, check: &mut Check<'_>) -> Option<Snmp> {
        let at = self.target.span();
        let mut wrong = |what: String, hint: &str| {
            check.problem(at.clone(), path(kind, name, "snmp"), what, hint);
        };
        let Some((host, port)) = host_port(self.target.get_ref(), Some(PORT)) else {
            let what = format!("{:?} is not host or host:port", self.target.get_ref());
            wrong(what, "target = \"10.20.30.41\"");
            return None;
        };
        match self.auth() {
            Ok(auth) => Some(Snmp { lookup: Lookup::new(host), port, auth, open: None }),
            Err(what) => {
                let hint = "community = \"public\", or user, auth_file and privacy_file";
                wrong(what, hint);
                None
            }
        }
    }

    fn auth(&self) -> Result<Auth, String> {
        let Some(user) = &self.user else {
            if self.auth_file.is_some() || self.privacy_file.is_some() {
                return Err("a password needs a user".to_owned());
            }
            let community = self.community.clone().unwrap_or_else(|| "public".to_owned());
            return Ok(Auth::v2c(community));
        };
        if self.community.is_some() {
            return Err("community stands beside user".to_owned());
        }
        let usm = UsmConfig::new(user.clone());
        let Some(file) = &self.auth_file else {
            if self.privacy_file.is_some() {
                return Err("what is encrypted must be signed: auth_file is missing".to_owned());
            }
            return Ok(usm.into());
        };
        let signing = match self.auth {
            Signing::Md5 => AuthProtocol::Md5,
            Signing::Sha1 => AuthProtocol::Sha1,
            Signing::Sha256 => AuthProtocol::Sha256,
            Signing::Sha512 => AuthProtocol::Sha512,
        };
        let why = |error: async_snmp::CryptoError| error.to_string();
        // Deriving a key costs a megabyte of hashing: once here, not with every question.
        let mut keys = MasterKeys::new(signing, secret(file.get_ref())?.as_bytes()).map_err(why)?;
        if let Some(file) = &self.privacy_file {
            let privacy = match self.privacy {
                Privacy::Des => PrivProtocol::Des,
                Privacy::Aes128 => PrivProtocol::Aes128,
                Privacy::Aes256 => PrivProtocol::Aes256Blumenthal,
            };
            keys = keys.with_privacy(privacy, secret(file.get_ref())?.as_bytes()).map_err(why)?;
        }
        Ok(usm.with_master_keys(keys).map_err(why)?.into())
    }
}

/// The password in a file, without its line's end.
fn secret(file: &str) -> Result<String, String> {
    let cannot = |error: std::io::Error| format!("cannot read {file:?}: {error}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(file).map_err(cannot)?.permissions().mode();
        if mode & 0o007 != 0 {
            return Err(format!("{file:?} can be read by everybody"));
        }
    }
    let text = std::fs::read_to_string(file).map_err(cannot)?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// What a device answers for one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// An integer, counter, gauge or time.
    Number(i64),
    /// An octet string.
    Bytes(Vec<u8>),
    /// The name of another object.
    Name(Vec<u32>),
}

/// A device to ask. It keeps its socket and, with v3, what it knows of the device's engine.
pub(super) struct Snmp {
    lookup: Lookup,
    port: u16,
    auth: Auth,
    open: Option<Client<UdpHandle>>,
}

impl std::fmt::Debug for Snmp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snmp").field("host", self.lookup.host()).finish_non_exhaustive()
    }
}

impl Snmp {
    /// The values of these objects, in this order; nothing where the device has none.
    ///
    /// # Errors
    /// Why the device could not be asked; the caller holds the deadline.
    pub(super) async fn get(
        &mut self,
        names: &[Vec<u32>],
        patience: Duration,
    ) -> Result<Vec<Option<Value>>, String> {
        let client = self.client(patience).await?;
        let oids: Vec<Oid> = names.iter().map(|name| Oid::from_slice(name)).collect();
        let answer = client.get_many(&oids).await.map_err(|error| error.to_string())?;
        self.open = Some(client);
        let find = |oid: &Oid| answer.varbinds.iter().find(|b| b.oid == *oid);
        Ok(oids.iter().map(|oid| find(oid).and_then(|b| value(&b.value))).collect())
    }

    /// The values below a column, at most that many rows.
    ///
    /// # Errors
    /// As [`Snmp::get`].
    pub(super) async fn column(
        &mut self,
        column: &[u32],
        rows_max: usize,
        patience: Duration,
    ) -> Result<Vec<Value>, String> {
        let client = self.client(patience).await?;
        let column = Oid::from_slice(column);
        let (mut at, mut values) = (column.clone(), Vec::new());
        while values.len() < rows_max {
            let answer = client.get_next(&at).await.map_err(|error| error.to_string())?;
            let Some(row) = answer.varbinds.into_iter().next() else { break };
            // A device that does not go on would be asked for ever.
            let goes_on = row.oid.starts_with(&column) && row.oid.arcs() > at.arcs();
            let Some(value) = value(&row.value).filter(|_| goes_on) else { break };
            values.push(value);
            at = row.oid;
        }
        self.open = Some(client);
        Ok(values)
    }

    /// The open way to the device, taken out for the time of the question, or a new one.
    async fn client(&mut self, patience: Duration) -> Result<Client<UdpHandle>, String> {
        if let Some(client) = self.open.take() {
            return Ok(client);
        }
        let found = self.lookup.addresses(patience / 2).await?;
        let address = *found.list.first().ok_or("the name has no address")?;
        let again = Retry::fixed(SENT_AGAIN, Duration::ZERO).map_err(|error| error.to_string())?;
        Client::builder(SocketAddr::new(address, self.port), self.auth.clone())
            .request_timeout(patience / (SENT_AGAIN + 1))
            .construction_timeout(patience)
            .retry(again)
            .connect()
            .await
            .map_err(|error| error.to_string())
    }
}

/// What the library read; an exception (no such object, end of the view) is nothing.
fn value(value: &async_snmp::Value) -> Option<Value> {
    if value.is_exception() {
        return None;
    }
    let number = || value.as_i32().map(i64::from).or_else(|| value.as_u64()?.try_into().ok());
    let name = || value.as_oid().map(|oid| Value::Name(oid.arcs().to_vec()));
    let bytes = || value.as_bytes().map(|bytes| Value::Bytes(bytes.to_vec()));
    number().map(Value::Number).or_else(name).or_else(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_that_everybody_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("auth");
        std::fs::write(&file, "authpass123\r\n").unwrap();
        let name = file.display().to_string();
        let mode = |mode| std::fs::set_permissions(&file, PermissionsExt::from_mode(mode)).unwrap();
        mode(0o604);
        assert!(secret(&name).unwrap_err().contains("everybody"));
        mode(0o640);
        assert_eq!(secret(&name).unwrap(), "authpass123");
        assert!(secret("/nonexistent/file").unwrap_err().contains("cannot read"));
    }
}
