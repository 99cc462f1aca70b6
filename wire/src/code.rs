//! The one-time join code: a secret and the pin of the collector's private CA in one string.

use std::fmt;
use std::str::FromStr;

/// What every join code begins with; the digit is the version of its layout.
pub const CODE_PREFIX: &str = "siaga1-";

const SECRET_BYTES: usize = 16;
const PIN_BYTES: usize = 32;

/// A one-time join code as staff hand it to the person at the PC.
#[derive(Clone, PartialEq, Eq)]
pub struct JoinCode {
    /// 128 random bits, good for one enrolment.
    pub secret: [u8; SECRET_BYTES],
    /// SHA-256 of the private CA's SubjectPublicKeyInfo: the only CA this agent will ever trust.
    pub pin: [u8; PIN_BYTES],
}

/// Why a join code cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// It does not begin with [`CODE_PREFIX`].
    #[error("a join code begins with \"siaga1-\"")]
    Prefix,
    /// It has the wrong length.
    #[error("the join code is incomplete: it has {0} of 96 characters after \"siaga1-\"")]
    Length(usize),
    /// A character is not a hexadecimal digit.
    #[error("the join code has a character that does not belong there: {0:?}")]
    Character(char),
}

impl JoinCode {
    /// The secret alone, as it is sent to the collector.
    #[must_use]
    pub fn secret_text(&self) -> String {
        hex(&self.secret)
    }

    /// Reads a secret as [`Self::secret_text`] prints it, or takes it out of a whole code: that is
    /// what people have in hand who enrol a device with `curl`.
    #[must_use]
    pub fn secret_from_text(text: &str) -> Option<[u8; SECRET_BYTES]> {
        if let Ok(code) = text.parse::<Self>() {
            return Some(code.secret);
        }
        let digits: Vec<char> = text.chars().collect();
        bytes(&digits).ok()
    }
}

impl fmt::Display for JoinCode {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{CODE_PREFIX}{}{}", hex(&self.secret), hex(&self.pin))
    }
}

/// The secret never reaches a log.
impl fmt::Debug for JoinCode {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "JoinCode(…, pin {})", hex(&self.pin))
    }
}

impl FromStr for JoinCode {
    type Err = CodeError;

    /// Reads a code; white space and case are forgiven, because people copy it by hand.
    fn from_str(text: &str) -> Result<Self, CodeError> {
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let text = text.to_ascii_lowercase();
        let digits: Vec<char> =
            text.strip_prefix(CODE_PREFIX).ok_or(CodeError::Prefix)?.chars().collect();
        if digits.len() != 2 * (SECRET_BYTES + PIN_BYTES) {
            return Err(CodeError::Length(digits.len()));
        }
        let (secret, pin) = digits.split_at(2 * SECRET_BYTES);
        Ok(Self { secret: bytes(secret)?, pin: bytes(pin)? })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn bytes<const N: usize>(digits: &[char]) -> Result<[u8; N], CodeError> {
    if digits.len() != 2 * N {
        return Err(CodeError::Length(digits.len()));
    }
    let mut out = [0; N];
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        for c in pair {
            let digit = c.to_digit(16).ok_or(CodeError::Character(*c))?;
            *byte = (*byte << 4) | u8::try_from(digit).unwrap_or(0);
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_survives_being_copied_by_hand() {
        let code = JoinCode { secret: [7; 16], pin: [0xAB; 32] };
        let text = code.to_string();
        assert_eq!(text.parse::<JoinCode>().unwrap(), code);
        let sloppy = format!(" {} \n{}", text[..20].to_uppercase(), &text[20..]);
        assert_eq!(sloppy.parse::<JoinCode>().unwrap(), code);
        assert_eq!(JoinCode::secret_from_text(&code.secret_text()), Some(code.secret));
        assert_eq!(JoinCode::secret_from_text(&text), Some(code.secret));
        assert_eq!(JoinCode::secret_from_text(&text[..50]), None);
    }

    #[test]
    fn a_damaged_code_says_what_is_wrong() {
        let text = JoinCode { secret: [7; 16], pin: [0xAB; 32] }.to_string();
        assert_eq!("hello".parse::<JoinCode>(), Err(CodeError::Prefix));
        assert_eq!(text[..50].parse::<JoinCode>(), Err(CodeError::Length(43)));
        assert_eq!(text.replace("ab", "gb").parse::<JoinCode>(), Err(CodeError::Character('g')));
    }
}
