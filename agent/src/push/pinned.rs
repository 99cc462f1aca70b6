//! Trust in one private CA, by the SHA-256 of its public key, whatever this PC's clock says.
//!
//! The chain and the name are checked as usual, but at an instant moved into the certificates'
//! validity: a PC whose clock is years off is not locked out from the only one who knows the
//! time. Revocation is the collector's, by row. No other CA is ever trusted.

use std::sync::{Arc, OnceLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
};
use sha2::{Digest, Sha256};
use x509_parser::prelude::{FromDer, X509Certificate};

/// Checks servers against the pinned CA.
#[derive(Debug)]
pub struct PinnedCa {
    pin: [u8; 32],
    /// The CA's own certificate from the enrolment, for a server that does not send it.
    known: OnceLock<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
}

/// Why a server is not the one that was pinned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    /// No certificate in the chain has the pinned key.
    #[error("the server does not present the CA that the join code pins")]
    OtherCa,
    /// No instant lies in the validity of all its certificates.
    #[error("the server's certificates are never valid at the same time")]
    NeverValid,
}

impl PinnedCa {
    /// Trusts the CA with that key.
    #[must_use]
    pub fn new(
        pin: [u8; 32],
        known: Option<CertificateDer<'static>>,
        provider: Arc<CryptoProvider>,
    ) -> Self {
        let known = known.map_or_else(OnceLock::new, OnceLock::from);
        Self { pin, known, provider }
    }

    /// The CA's certificate, once it was seen.
    #[must_use]
    pub fn certificate(&self) -> Option<&CertificateDer<'static>> {
        self.known.get()
    }

    /// A chain that brings another CA fails on its signature, which would not say why.
    fn plainly(&self, error: Error, presented: &[CertificateDer<'_>]) -> Error {
        let pinned = presented.iter().any(|c| spki_pin(c) == Some(self.pin));
        let signature = matches!(
            error,
            Error::InvalidCertificate(
                CertificateError::BadSignature | CertificateError::UnknownIssuer
            )
        );
        if signature && !pinned && !presented.is_empty() {
            untrusted(Untrusted::OtherCa)
        } else {
            error
        }
    }

    fn anchor<'a>(&'a self, presented: &'a [CertificateDer<'a>]) -> Option<&'a CertificateDer<'a>> {
        presented.iter().chain(self.known.get()).find(|c| spki_pin(c) == Some(self.pin))
    }
}

/// The SHA-256 of a certificate's SubjectPublicKeyInfo.
#[must_use]
pub fn spki_pin(certificate: &CertificateDer<'_>) -> Option<[u8; 32]> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    Some(Sha256::digest(parsed.tbs_certificate.subject_pki.raw).into())
}

/// `now`, or the nearest instant at which all of them are valid. Seconds since 1970.
fn moved_into_validity(certificates: &[&CertificateDer<'_>], now: u64) -> Option<u64> {
    let (mut from, mut to) = (i64::MIN, i64::MAX);
    for certificate in certificates {
        let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
        from = from.max(parsed.validity().not_before.timestamp());
        to = to.min(parsed.validity().not_after.timestamp());
    }
    if from > to {
        return None;
    }
    let now = i64::try_from(now).unwrap_or(i64::MAX);
    Some(now.clamp(from, to).max(0).cast_unsigned())
}

fn untrusted(why: Untrusted) -> Error {
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(why))))
}

impl ServerCertVerifier for PinnedCa {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let anchor = self.anchor(intermediates).ok_or_else(|| untrusted(Untrusted::OtherCa))?;
        let dated: Vec<&CertificateDer<'_>> = std::iter::once(end_entity)
            .chain(intermediates.iter().filter(|c| *c != anchor))
            .collect();
        let instant = moved_into_validity(&dated, now.as_secs())
            .ok_or_else(|| untrusted(Untrusted::NeverValid))?;
        let mut roots = RootCertStore::empty();
        roots.add(anchor.clone().into_owned())?;
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), self.provider.clone())
                .build()
                .map_err(|error| Error::General(error.to_string()))?;
        let instant = UnixTime::since_unix_epoch(std::time::Duration::from_secs(instant));
        let verified = verifier
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, instant)
            .map_err(|error| self.plainly(error, intermediates))?;
        self.known.get_or_init(|| anchor.clone().into_owned());
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls12_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
