//! The private CA, the server's certificate, and what rustls makes of them.
//!
//! The CA is made once and never again: agents pin its key. The server's certificate is made
//! again whenever its names change or it grows old; agents do not notice.

use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use jiff::tz::TimeZone;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest as _, Sha256};
use siaga_decide::At;
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

/// A name every certificate carries, so that an agent can be told an address and check a name.
pub const FIXED_NAME: &str = "siaga-collector";

const DAY_MS: i64 = 86_400_000;
/// An agent's clock does not judge certificates; a browser's does, and may be a little slow.
const BACKDATE_MS: i64 = 2 * DAY_MS;
const CA_LIFE_MS: i64 = 30 * 365 * DAY_MS;
/// A little over two years; browsers refuse longer ones.
const LEAF_LIFE_MS: i64 = 800 * DAY_MS;
const LEAF_LEFT_MS: i64 = 60 * DAY_MS;

/// What the collector proves itself with.
pub struct Identity {
    /// SHA-256 of the private CA's SubjectPublicKeyInfo: what join codes pin.
    pub pin: [u8; 32],
    /// For the listener.
    pub server: Arc<ServerConfig>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("Identity(…)")
    }
}

/// The pin of the CA in that data directory.
///
/// # Errors
/// When there is none yet, or it cannot be read.
pub fn pin(data: &Path) -> anyhow::Result<[u8; 32]> {
    let path = data.join("ca.pem");
    let ca = CertificateDer::from_pem_file(&path)
        .with_context(|| format!("reading {}", path.display()))?;
    pin_of(&ca)
}

fn pin_of(certificate: &CertificateDer) -> anyhow::Result<[u8; 32]> {
    let (_, parsed) = X509Certificate::from_der(certificate).context("parsing the CA")?;
    Ok(Sha256::digest(parsed.tbs_certificate.subject_pki.raw).into())
}

/// Makes what is missing and loads it.
///
/// # Errors
/// When a file cannot be read or written, or holds something else.
pub fn prepare(data: &Path, names: &[String], now: At) -> anyhow::Result<Identity> {
    let dir = data;
    crate::private::folder(dir).with_context(|| format!("making {}", dir.display()))?;
    let (ca_pem, ca_key) = (dir.join("ca.pem"), dir.join("ca.key"));
    if !ca_pem.exists() {
        make_ca(&ca_pem, &ca_key, now)?;
    }
    let (leaf_pem, leaf_key) = (dir.join("server.pem"), dir.join("server.key"));
    let wanted = wanted_names(names);
    if !good_leaf(&leaf_pem, &leaf_key, &wanted, now) {
        make_leaf(&ca_pem, &ca_key, &leaf_pem, &leaf_key, wanted, now)?;
    }
    let read = |path: &Path| format!("reading {}", path.display());
    let ca = CertificateDer::from_pem_file(&ca_pem).with_context(|| read(&ca_pem))?;
    let leaf = CertificateDer::from_pem_file(&leaf_pem).with_context(|| read(&leaf_pem))?;
    let key = PrivateKeyDer::from_pem_file(&leaf_key).with_context(|| read(&leaf_key))?;
    let pin = pin_of(&ca)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![leaf, ca], key)?;
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Identity { pin, server: Arc::new(server) })
}

fn wanted_names(names: &[String]) -> Vec<String> {
    let fixed = [FIXED_NAME, "localhost", "127.0.0.1"].map(String::from);
    let mut all: Vec<String> = names.iter().cloned().chain(fixed).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Whether the certificate has exactly those names, and time left.
fn good_leaf(pem: &Path, key: &Path, wanted: &[String], now: At) -> bool {
    let Ok(leaf) = CertificateDer::from_pem_file(pem) else { return false };
    let Ok((_, parsed)) = X509Certificate::from_der(&leaf) else { return false };
    let ends = At(parsed.validity().not_after.timestamp().saturating_mul(1_000));
    let Ok(Some(names)) = parsed.subject_alternative_name() else { return false };
    let mut has: Vec<String> = names.value.general_names.iter().filter_map(spelled).collect();
    has.sort_unstable();
    key.exists() && has == wanted && ends - now > LEAF_LEFT_MS
}

#[expect(clippy::wildcard_enum_match_arm, reason = "not our own enum")]
fn spelled(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|b| IpAddr::from(b).to_string()),
            16 => <[u8; 16]>::try_from(*bytes).ok().map(|b| IpAddr::from(b).to_string()),
            _ => None,
        },
        _ => None,
    }
}

fn dated(params: &mut CertificateParams, now: At, life_ms: i64) -> anyhow::Result<()> {
    let day = |at: At| -> anyhow::Result<_> {
        let date = TimeZone::UTC.to_datetime(jiff::Timestamp::from_millisecond(at.0)?).date();
        Ok(rcgen::date_time_ymd(
            i32::from(date.year()),
            u8::try_from(date.month())?,
            u8::try_from(date.day())?,
        ))
    };
    params.not_before = day(now - BACKDATE_MS)?;
    params.not_after = day(now + life_ms)?;
    Ok(())
}

fn make_ca(pem: &Path, key_file: &Path, now: At) -> anyhow::Result<()> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, "Siaga private CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    dated(&mut params, now, CA_LIFE_MS)?;
    let ca = params.self_signed(&key)?;
    // The key first: a certificate whose key was lost would be pinned for nothing.
    write_private(key_file, &key.serialize_pem())?;
    write_private(pem, &ca.pem())
}

fn make_leaf(
    ca_pem: &Path,
    ca_key: &Path,
    pem: &Path,
    key_file: &Path,
    names: Vec<String>,
    now: At,
) -> anyhow::Result<()> {
    let ca_key = KeyPair::from_pem(&fs::read_to_string(ca_key).context("reading the CA's key")?)?;
    let issuer = Issuer::from_ca_cert_pem(&fs::read_to_string(ca_pem)?, ca_key)?;
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(names).context("a name of the certificate")?;
    params.distinguished_name.push(DnType::CommonName, FIXED_NAME);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    dated(&mut params, now, LEAF_LIFE_MS)?;
    let leaf = params.signed_by(&key, &issuer)?;
    write_private(key_file, &key.serialize_pem())?;
    write_private(pem, &leaf.pem())
}

fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    crate::private::write(path, text).with_context(|| format!("writing {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: At = At(1_795_000_000_000);

    #[test]
    fn the_ca_stays_while_the_certificate_follows_names_and_age() {
        let dir = tempfile::tempdir().unwrap();
        let leaf = || fs::read(dir.path().join("server.pem")).unwrap();
        let names = ["siaga.example".to_owned(), "10.0.0.5".to_owned()];
        let first = prepare(dir.path(), &names, NOW).unwrap();
        let certificate = leaf();
        assert_eq!(prepare(dir.path(), &names, NOW).unwrap().pin, first.pin);
        assert_eq!(leaf(), certificate, "nothing changed");
        prepare(dir.path(), &names[..1], NOW).unwrap();
        assert_ne!(leaf(), certificate, "a name went");
        let certificate = leaf();
        let later = prepare(dir.path(), &names[..1], NOW + 790 * DAY_MS).unwrap();
        assert_ne!(leaf(), certificate, "it grew old");
        assert_eq!(later.pin, first.pin);
        assert_eq!(pin(dir.path()).unwrap(), first.pin);
    }
}
