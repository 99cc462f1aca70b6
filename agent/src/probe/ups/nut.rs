//! The lines of the NUT protocol (RFC 9271), as pure functions of what came over the wire. Total:
//! any bytes yield a step, never a panic; what is kept is bounded.

/// Most entries of one list; a large three-phase unit has about 150 variables.
const ENTRIES_MAX: usize = 512;

/// An error that upsd answers, `ERR DATA-STALE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal(String);

impl Refusal {
    /// The reason in words, with upsd's own.
    pub(super) fn explain(&self, ups: &str) -> String {
        let said = match self.0.as_str() {
            "DATA-STALE" => "the driver has not heard from the UPS lately".to_owned(),
            "DRIVER-NOT-CONNECTED" => "the UPS driver is not running".to_owned(),
            "UNKNOWN-UPS" => format!("upsd knows no UPS named {ups:?} (upsc -l names them)"),
            "ACCESS-DENIED" => "upsd denies access to this PC".to_owned(),
            _ => "upsd answers with an error".to_owned(),
        };
        format!("{said}: {}", self.0)
    }
}

/// What one line meant.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The list goes on.
    More,
    /// The list is whole.
    Done,
    /// upsd answers with an error instead; the connection stays in step.
    Refused(Refusal),
    /// Not what the protocol allows; the connection cannot be trusted any more.
    Garbage(String),
}

/// A list that upsd is asked for, and its answer line by line: `BEGIN LIST …`, entries of a name
/// and a text, `END LIST …`.
#[derive(Debug)]
pub(super) struct List {
    /// What the request names and every entry begins with: `VAR ups`, `UPS`.
    what: Vec<String>,
    begun: bool,
    entries: Vec<(String, String)>,
}

impl List {
    /// Every variable of a UPS: its name and its value.
    pub(super) fn variables(ups: &str) -> Self {
        Self::of(vec!["VAR".to_owned(), ups.to_owned()])
    }

    /// Every UPS that upsd knows: its name and its description.
    pub(super) fn units() -> Self {
        Self::of(vec!["UPS".to_owned()])
    }

    fn of(what: Vec<String>) -> Self {
        Self { what, begun: false, entries: Vec::new() }
    }

    /// The line that asks for it.
    pub(super) fn request(&self) -> String {
        format!("LIST {}\n", self.what.join(" "))
    }

    /// Takes the next line, without its line feed.
    pub(super) fn line(&mut self, line: &[u8]) -> Step {
        let line = String::from_utf8_lossy(line);
        let Some(words) = words(&line) else {
            return Step::Garbage("a quote that does not end".to_owned());
        };
        if let [error, code, ..] = words.as_slice()
            && error == "ERR"
        {
            return Step::Refused(Refusal(code.clone()));
        }
        let is_list = |word: &str| {
            matches!(words.split_at_checked(2), Some(([first, list], what))
                if first == word && list == "LIST" && what == self.what)
        };
        let entry = words.strip_prefix(self.what.as_slice());
        match (self.begun, entry) {
            (false, _) if is_list("BEGIN") => {
                self.begun = true;
                Step::More
            }
            (true, Some([name, text])) => {
                if self.entries.len() == ENTRIES_MAX {
                    return Step::Garbage(format!("more than {ENTRIES_MAX} entries"));
                }
                self.entries.push((name.clone(), text.clone()));
                Step::More
            }
            (true, _) if is_list("END") => Step::Done,
            _ => Step::Garbage(format!("{:?}", line.chars().take(60).collect::<String>())),
        }
    }

    pub(super) fn into_entries(self) -> Vec<(String, String)> {
        self.entries
    }
}

/// The words of a line: separated by spaces, or in double quotes with `\"` and `\\`. `None` where
/// a quote does not end.
fn words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut letters = line.trim_end_matches('\r').chars().peekable();
    loop {
        while letters.next_if(|c| *c == ' ').is_some() {}
        let Some(first) = letters.next() else { return Some(words) };
        let mut word = String::new();
        if first == '"' {
            loop {
                match letters.next()? {
                    '"' => break,
                    '\\' => word.push(letters.next()?),
                    other => word.push(other),
                }
            }
        } else {
            word.push(first);
            while let Some(next) = letters.next_if(|c| *c != ' ') {
                word.push(next);
            }
        }
        words.push(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_escapes_are_undone() {
        assert_eq!(
            words(r#"VAR ups ups.mfr "A \"B\" \\ C""#).unwrap(),
            ["VAR", "ups", "ups.mfr", r#"A "B" \ C"#]
        );
        assert_eq!(words("  a  b\r").unwrap(), ["a", "b"]);
        assert_eq!(words(r#"a """#).unwrap(), ["a", ""]);
        for open in ["\"", "a \"b", "\"b\\", "\"b\\\""] {
            assert_eq!(words(open), None, "{open}");
        }
    }

    #[test]
    fn what_the_protocol_does_not_allow_is_garbage() {
        for lines in [
            &["HTTP/1.1 400 Bad Request"][..],
            &["BEGIN LIST VAR other"],
            &["VAR ups a \"1\""],
            &["END LIST VAR ups"],
            &["BEGIN LIST VAR ups", "BEGIN LIST VAR ups"],
            &["BEGIN LIST VAR ups", "VAR ups a"],
            &["BEGIN LIST VAR ups", "VAR two a \"1\""],
            &["BEGIN LIST VAR ups", ""],
            &["\u{0}\u{1}\u{2}"],
        ] {
            let mut list = List::variables("ups");
            let last = lines.iter().map(|l| list.line(l.as_bytes())).last();
            assert!(matches!(last, Some(Step::Garbage(_))), "{lines:?}: {last:?}");
        }
    }

    #[test]
    fn a_list_without_end_is_cut() {
        let mut list = List::variables("ups");
        assert_eq!(list.line(b"BEGIN LIST VAR ups"), Step::More);
        for _ in 0..ENTRIES_MAX {
            assert_eq!(list.line(b"VAR ups a \"1\""), Step::More);
        }
        assert!(matches!(list.line(b"VAR ups a \"1\""), Step::Garbage(_)));
    }

    #[test]
    fn units_are_listed() {
        let mut list = List::units();
        assert_eq!(list.request(), "LIST UPS\n");
        assert_eq!(list.line(b"BEGIN LIST UPS"), Step::More);
        assert_eq!(list.line(b"UPS kantor \"Ruang rekam\""), Step::More);
        assert_eq!(list.line(b"END LIST UPS"), Step::Done);
        assert_eq!(list.into_entries(), [("kantor".to_owned(), "Ruang rekam".to_owned())]);
    }

    #[test]
    fn an_error_in_the_middle_ends_the_list() {
        let mut list = List::variables("ups");
        assert_eq!(list.line(b"BEGIN LIST VAR ups"), Step::More);
        assert!(matches!(list.line(b"ERR DATA-STALE"), Step::Refused(_)));
    }

    /// Every short line of the letters that mean something, and cut captures: a step, no panic.
    #[test]
    fn any_bytes_yield_a_step() {
        let alphabet = *b"\"\\ VE\xff\0";
        let mut lines: Vec<Vec<u8>> = vec![Vec::new()];
        for _ in 0..5 {
            let longer: Vec<_> = lines
                .iter()
                .flat_map(|l| alphabet.iter().map(|b| [l.as_slice(), &[*b]].concat()))
                .collect();
            lines.extend(longer);
            lines.truncate(60_000);
        }
        for line in &lines {
            let mut list = List::variables("ups");
            list.begun = line.len() % 2 == 0;
            let _ = list.line(line);
        }
    }
}
