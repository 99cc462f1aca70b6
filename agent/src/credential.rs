//! What this agent was given at its enrolment, kept in the data directory for its user alone.

use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::platform;

/// The credential of one agent.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// The agent's id.
    pub agent: String,
    /// The office it was enrolled for.
    pub office: String,
    /// The station it was enrolled for.
    pub station: String,
    /// Bearer token.
    pub token: String,
    /// SHA-256 of the public key of the only CA it trusts.
    pub pin: [u8; 32],
    /// That CA's certificate (DER), where it is known.
    pub ca: Option<Vec<u8>>,
}

/// The token never reaches a log.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({} of {}/{})", self.agent, self.office, self.station)
    }
}

#[derive(Serialize, Deserialize)]
struct Stored {
    v: u32,
    agent: String,
    office: String,
    station: String,
    token: String,
    pin: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ca: Option<String>,
}

/// Why the credential cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// This agent was never enrolled.
    #[error("this agent has no credential in {0}")]
    Missing(PathBuf),
    /// Others on this PC could read it.
    #[error("{0} can be read by others on this PC")]
    Exposed(PathBuf),
    /// It is damaged.
    #[error("{0} is damaged: {1}")]
    Damaged(PathBuf, String),
    /// The system refuses.
    #[error("{0}: {1}")]
    Io(PathBuf, io::Error),
}

impl CredentialError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Missing(_) => {
                "`siaga-agent join CODE`, with a code that `siaga-collector enrol` printed".into()
            }
            Self::Exposed(path) => format!("chmod 600 {}", path.display()),
            Self::Damaged(..) => "join again with a new code; what the spool holds is kept".into(),
            Self::Io(..) => "run as the user that joined".into(),
        }
    }
}

fn path(dir: &Path) -> PathBuf {
    dir.join("credential.json")
}

/// Reads the credential in the data directory.
///
/// # Errors
/// When there is none, or it cannot be used.
pub fn load(dir: &Path) -> Result<Credential, CredentialError> {
    let path = path(dir);
    let io = |error: io::Error| {
        if error.kind() == io::ErrorKind::NotFound {
            CredentialError::Missing(path.clone())
        } else {
            CredentialError::Io(path.clone(), error)
        }
    };
    if !platform::is_private(&fs::metadata(&path).map_err(io)?) {
        return Err(CredentialError::Exposed(path));
    }
    let text = fs::read(&path).map_err(io)?;
    read(&text).map_err(|why| CredentialError::Damaged(path, why))
}

fn read(text: &[u8]) -> Result<Credential, String> {
    let stored: Stored = serde_json::from_slice(text).map_err(|e| e.to_string())?;
    let bytes = |text: &str| STANDARD_NO_PAD.decode(text).map_err(|e| e.to_string());
    Ok(Credential {
        pin: bytes(&stored.pin)?.try_into().map_err(|_| "the pin has another length".to_owned())?,
        ca: stored.ca.as_deref().map(bytes).transpose()?,
        agent: stored.agent,
        office: stored.office,
        station: stored.station,
        token: stored.token,
    })
}

/// Keeps the credential: the old one or the new one is there at any moment, also after a power
/// cut.
///
/// # Errors
/// When the system refuses.
pub fn save(dir: &Path, credential: &Credential) -> Result<(), CredentialError> {
    let path = path(dir);
    let text = serde_json::to_vec_pretty(&Stored {
        v: 1,
        agent: credential.agent.clone(),
        office: credential.office.clone(),
        station: credential.station.clone(),
        token: credential.token.clone(),
        pin: STANDARD_NO_PAD.encode(credential.pin),
        ca: credential.ca.as_ref().map(|ca| STANDARD_NO_PAD.encode(ca)),
    })
    .map_err(|e| CredentialError::Damaged(path.clone(), e.to_string()))?;
    replace(&path, &text).map_err(|error| CredentialError::Io(path, error))
}

fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let new = path.with_extension("json.new");
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = platform::create_private(&new)?;
    file.write_all(text)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    platform::sync_dir(path.parent().unwrap_or(Path::new(".")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential() -> Credential {
        Credential {
            agent: "a".into(),
            office: "palaran".into(),
            station: "pc-1".into(),
            token: "secret".into(),
            pin: [7; 32],
            ca: Some(vec![1, 2, 3]),
        }
    }

    #[test]
    fn it_is_kept_for_its_user_alone_and_never_printed() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(load(dir.path()), Err(CredentialError::Missing(_))));
        save(dir.path(), &credential()).unwrap();
        save(dir.path(), &credential()).unwrap();
        assert_eq!(load(dir.path()).unwrap(), credential());
        assert!(platform::is_private(&fs::metadata(path(dir.path())).unwrap()));
        assert!(!format!("{:?}", credential()).contains("secret"));
    }

    #[cfg(unix)]
    #[test]
    fn one_that_others_can_read_is_refused_with_a_hint() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        save(dir.path(), &credential()).unwrap();
        fs::set_permissions(path(dir.path()), fs::Permissions::from_mode(0o644)).unwrap();
        let error = load(dir.path()).unwrap_err();
        assert!(matches!(error, CredentialError::Exposed(_)));
        assert!(error.hint().starts_with("chmod 600 "));
    }

    #[test]
    fn damage_is_named() {
        let dir = tempfile::tempdir().unwrap();
        save(dir.path(), &credential()).unwrap();
        let good = fs::read(path(dir.path())).unwrap();
        for cut in 0..good.len() {
            assert!(read(&good[..cut]).is_err());
        }
        assert!(read(&[0; 300]).is_err());
    }
}
