//! Which servers a page may come from, and what their certificates say of their own time.
//!
//! The chain is checked at an instant inside the server's own validity: a PC whose clock is years
//! off must not report a good data center as a bad one. What the dates are worth is said beside it.
//! A certificate that stands itself in the named file is trusted as it is.

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use x509_parser::prelude::{FromDer, X509Certificate};

/// What a server's certificates say of time. Unix seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dates {
    /// The server's own certificate is valid from here …
    pub(super) not_before: i64,
    /// … to here.
    pub(super) not_after: i64,
    /// The earliest end of all certificates that the server sent.
    pub(super) earliest: i64,
    /// This PC's clock, as the certificate was checked.
    pub(super) now: i64,
}

/// Certificates that are trusted: those of a file, or of the system.
#[derive(Debug)]
pub(super) struct Trust {
    roots: Arc<RootCertStore>,
    /// The file's certificates themselves: a server may show one of them.
    pinned: Vec<CertificateDer<'static>>,
}

impl Trust {
    /// The certificates of a file in PEM.
    pub(super) fn file(path: &Path) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        let mut pinned = Vec::new();
        let read = CertificateDer::pem_file_iter(path).map_err(|error| error.to_string())?;
        for certificate in read {
            let certificate = certificate.map_err(|error| error.to_string())?;
            roots.add(certificate.clone()).map_err(|error| error.to_string())?;
            pinned.push(certificate);
        }
        if pinned.is_empty() {
            return Err("it holds no certificate".to_owned());
        }
        Ok(Self { roots: Arc::new(roots), pinned })
    }

    /// Those that the system trusts, read from disk once in the life of the program.
    pub(super) fn system() -> Result<Self, String> {
        static SYSTEM: OnceLock<Arc<RootCertStore>> = OnceLock::new();
        if let Some(roots) = SYSTEM.get() {
            return Ok(Self { roots: Arc::clone(roots), pinned: Vec::new() });
        }
        let found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        let (good, _) = roots.add_parsable_certificates(found.certs);
        if good == 0 {
            let why = found.errors.first().map(ToString::to_string).unwrap_or_default();
            return Err(format!("this PC trusts no certificate authority {why}"));
        }
        Ok(Self { roots: Arc::clone(SYSTEM.get_or_init(|| Arc::new(roots))), pinned: Vec::new() })
    }

    /// A client that trusts these, and the place where it leaves the dates of whom it met.
    pub(super) fn client(self) -> Result<(Arc<ClientConfig>, Arc<Witness>), String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let inner = WebPkiServerVerifier::builder_with_provider(self.roots, Arc::clone(&provider))
            .build()
            .map_err(|error| error.to_string())?;
        let witness = Arc::new(Witness { inner, pinned: self.pinned, seen: Mutex::new(None) });
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(Arc::<Witness>::clone(&witness))
            .with_no_client_auth();
        // A resumed session shows no certificate.
        config.resumption = Resumption::disabled();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok((Arc::new(config), witness))
    }
}

/// Checks a server and remembers its dates.
#[derive(Debug)]
pub(super) struct Witness {
    inner: Arc<WebPkiServerVerifier>,
    pinned: Vec<CertificateDer<'static>>,
    seen: Mutex<Option<Dates>>,
}

impl Witness {
    /// The dates of the server last met, once.
    pub(super) fn take(&self) -> Option<Dates> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn remember(&self, dates: Dates) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(dates);
    }
}

/// From when to when a certificate is valid.
fn validity(certificate: &CertificateDer<'_>) -> Option<(i64, i64)> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let validity = parsed.validity();
    Some((validity.not_before.timestamp(), validity.not_after.timestamp()))
}

/// What a chain says of time; nothing where its first certificate cannot be read.
fn dates(server: &CertificateDer<'_>, others: &[CertificateDer<'_>], now: i64) -> Option<Dates> {
    let (not_before, not_after) = validity(server)?;
    let ends = others.iter().filter_map(validity).map(|(_, to)| to);
    Some(Dates { not_before, not_after, earliest: ends.fold(not_after, i64::min), now })
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let dates = dates(end_entity, intermediates, now)
            .ok_or(Error::InvalidCertificate(CertificateError::BadEncoding))?;
        self.remember(dates);
        if self.pinned.iter().any(|known| known == end_entity) {
            return Ok(ServerCertVerified::assertion());
        }
        let inside = now.max(dates.not_before).min(dates.not_after).max(0).cast_unsigned();
        let inside = UnixTime::since_unix_epoch(Duration::from_secs(inside));
        self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, inside)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// The word for a handshake that failed: whose fault it looks like.
pub(super) fn word(error: &std::io::Error) -> &'static str {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match inner {
        Some(Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        )) => "certificate_wrong_name",
        Some(Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        )) => "certificate_expired",
        Some(Error::InvalidCertificate(_)) => "certificate_untrusted",
        Some(_) | None => "no_tls",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(from: i32, to: i32) -> CertificateDer<'static> {
        let mut params = rcgen::CertificateParams::new(vec!["dc.example".to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(from, 1, 1);
        params.not_after = rcgen::date_time_ymd(to, 1, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().clone()
    }

    #[test]
    fn the_earliest_end_of_a_chain_is_its_end() {
        let (server, issuer) = (made(2024, 2030), made(2020, 2028));
        let dates = dates(&server, &[issuer], 5).unwrap();
        let day = |y: i64| (y - 1970) * 31_556_952;
        assert!((dates.not_after - day(2030)).abs() < 2 * 86_400, "{dates:?}");
        assert!((dates.earliest - day(2028)).abs() < 2 * 86_400, "{dates:?}");
        assert!((dates.not_before - day(2024)).abs() < 2 * 86_400 && dates.now == 5, "{dates:?}");
    }

    #[test]
    fn what_is_no_certificate_has_no_dates() {
        let junk = CertificateDer::from(vec![0x30, 0x82, 0xff, 0xff, 1]);
        assert_eq!(dates(&junk, &[], 0), None);
        let server = made(2024, 2030);
        assert_eq!(dates(&server, &[junk], 0).map(|d| d.earliest == d.not_after), Some(true));
    }

    #[test]
    fn a_file_without_certificates_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        assert!(Trust::file(&file).is_err());
        std::fs::write(&file, "hello\n").unwrap();
        assert_eq!(Trust::file(&file).unwrap_err(), "it holds no certificate");
    }
}
