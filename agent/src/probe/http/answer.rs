//! What a page's answer says: is it the one that was expected, or that of somebody in between (a
//! sign-in or quota page, an error page of a proxy). Pure, total: any answer yields words.

use siaga_wire::Saw;

use super::url::leads_to;
use crate::probe::target::Host;

/// What the configuration expects of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expect {
    /// The host that redirects may stay on.
    pub(super) host: Host,
    /// These and no other; empty is everything from 200 to 399.
    pub(super) status: Vec<u16>,
    /// Text that the body must hold.
    pub(super) body: Option<String>,
}

/// What came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Answer {
    /// HTTP status.
    pub(super) status: u16,
    /// `Location`, where there is one.
    pub(super) location: Option<String>,
    /// As much of the body as was read; nothing where none was wanted.
    pub(super) body: Vec<u8>,
}

/// What it is worth: the answer, a word for it where it is not the one expected, and the reason.
pub(super) type Verdict = (Saw, Option<&'static str>, Option<String>);

/// Compares with what was expected. An answer that is another than expected is an `error`: somebody
/// answers, but not the service.
pub(super) fn compare(expect: &Expect, answer: &Answer) -> Verdict {
    let status = answer.status;
    let redirects = (300..400).contains(&status);
    if redirects
        && let Some(location) = &answer.location
        && !leads_to(location, &expect.host)
    {
        let why = format!("HTTP {status} leads elsewhere: {location}");
        return (Saw::Error, Some("redirect_elsewhere"), Some(why));
    }
    let usual = expect.status.is_empty() && (200..400).contains(&status);
    if !usual && !expect.status.contains(&status) {
        let why = format!("HTTP {status} is not {}", wanted(&expect.status));
        return (Saw::Error, Some("unexpected_status"), Some(why));
    }
    match &expect.body {
        Some(text) if !holds(&answer.body, text.as_bytes()) => {
            let begins: String = String::from_utf8_lossy(&answer.body).chars().take(80).collect();
            let why = format!("HTTP {status}, but its body lacks {text:?}; it begins {begins:?}");
            (Saw::Error, Some("unexpected_body"), Some(why))
        }
        Some(_) | None => (Saw::Answered, redirects.then_some("redirect"), None),
    }
}

fn wanted(status: &[u16]) -> String {
    if status.is_empty() {
        return "200 to 399".to_owned();
    }
    status.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ")
}

/// Whether `text` stands somewhere in `body`.
pub(super) fn holds(body: &[u8], text: &[u8]) -> bool {
    text.is_empty() || body.windows(text.len()).any(|window| window == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(status: &[u16], body: Option<&str>, answer: (u16, Option<&str>, &[u8])) -> String {
        let expect = Expect {
            host: Host::Name("dc.example".into()),
            status: status.to_vec(),
            body: body.map(str::to_owned),
        };
        let (status, location, body) = answer;
        let answer = Answer { status, location: location.map(str::to_owned), body: body.to_vec() };
        let (saw, word, why) = compare(&expect, &answer);
        format!("{} {} {}", saw.word(), word.unwrap_or("-"), why.unwrap_or_default())
    }

    #[test]
    fn the_page_itself_is_an_answer() {
        assert_eq!(said(&[], None, (200, None, b"")), "answered - ");
        assert_eq!(said(&[], None, (302, Some("/login"), b"")), "answered redirect ");
        assert_eq!(said(&[], None, (304, None, b"")), "answered redirect ");
        assert_eq!(said(&[401], None, (401, None, b"")), "answered - ");
        assert_eq!(said(&[], Some("siap"), (200, None, b"\xffstatus: siap\n")), "answered - ");
    }

    #[test]
    fn somebody_in_between_is_recognised() {
        assert_eq!(
            said(&[], None, (302, Some("http://login.provider.example/kuota"), b"")),
            "error redirect_elsewhere HTTP 302 leads elsewhere: http://login.provider.example/kuota"
        );
        // Somebody who expects a redirect still does not expect that one.
        assert!(said(&[302], None, (302, Some("//a.example/"), b"")).contains("elsewhere"));
        assert_eq!(
            said(&[], Some("siap"), (200, None, b"<html>Kuota \xe2 habis")),
            "error unexpected_body HTTP 200, but its body lacks \"siap\"; it begins \
             \"<html>Kuota \u{fffd} habis\""
        );
    }

    #[test]
    fn a_service_that_fails_is_no_good_answer() {
        assert_eq!(
            said(&[], None, (503, None, b"")),
            "error unexpected_status HTTP 503 is not 200 to 399"
        );
        assert_eq!(
            said(&[200, 204], None, (404, None, b"")),
            "error unexpected_status HTTP 404 is not 200 or 204"
        );
        assert!(said(&[], None, (0, None, b"")).starts_with("error unexpected_status"));
        assert!(said(&[], Some("siap"), (200, None, b"")).contains("it begins \"\""));
    }
}
