//! Walks a TOML table and notes everything that is wrong with it: wrong types, missing and unknown
//! keys, each with its place. A derived reader would stop at the first.

use std::cell::RefCell;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Problem, place};

/// The problems found so far in one file.
pub(super) struct Problems<'a> {
    file: PathBuf,
    text: &'a str,
    found: RefCell<Vec<Problem>>,
}

impl<'a> Problems<'a> {
    pub(super) fn new(file: &Path, text: &'a str) -> Self {
        Self { file: file.to_owned(), text, found: RefCell::default() }
    }

    pub(super) fn add(
        &self,
        at: usize,
        path: &str,
        what: impl Into<String>,
        hint: impl Into<Option<String>>,
    ) {
        let (line, column) = place::of(self.text, at);
        self.add_whole(Problem {
            file: self.file.clone(),
            line,
            column,
            path: path.to_owned(),
            what: what.into(),
            hint: hint.into(),
        });
    }

    pub(super) fn add_whole(&self, problem: Problem) {
        self.found.borrow_mut().push(problem);
    }

    /// All of them, in the order of the file.
    pub(super) fn into_all(self) -> Vec<Problem> {
        let mut all = self.found.into_inner();
        all.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        all
    }
}

/// A text with its place.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub text: String,
    pub at: usize,
}

/// One table of the file.
pub(super) struct Section<'p, 'a> {
    problems: &'p Problems<'a>,
    table: &'p DeTable<'a>,
    /// How the table is called in a message.
    pub path: String,
    /// Where it begins.
    pub at: usize,
    known: RefCell<Vec<&'static str>>,
}

impl<'p, 'a> Section<'p, 'a> {
    pub(super) fn top(problems: &'p Problems<'a>, table: &'p DeTable<'a>) -> Self {
        Self { problems, table, path: String::new(), at: 0, known: RefCell::default() }
    }

    fn get(&self, key: &'static str) -> Option<&'p Spanned<DeValue<'a>>> {
        self.known.borrow_mut().push(key);
        self.table.get(key)
    }

    fn key_path(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}: {key}", self.path) }
    }

    /// Notes a problem at a place in this table.
    pub(super) fn problem(
        &self,
        at: usize,
        key: &str,
        what: impl Into<String>,
        hint: impl Into<Option<String>>,
    ) {
        self.problems.add(at, &self.key_path(key), what, hint);
    }

    /// Notes a problem in another file.
    pub(super) fn problem_elsewhere(&self, problem: Problem) {
        self.problems.add_whole(problem);
    }

    fn wrong_type(&self, key: &str, value: &Spanned<DeValue>, wanted: &str) {
        let got = value.get_ref().type_str();
        self.problem(value.span().start, key, format!("must be {wanted}, not {got}"), None);
    }

    pub(super) fn text(&self, key: &'static str) -> Option<Text> {
        let value = self.get(key)?;
        match value.get_ref().as_str() {
            Some(text) => Some(Text { text: text.to_owned(), at: value.span().start }),
            None => {
                self.wrong_type(key, value, "a text in quotes");
                None
            }
        }
    }

    pub(super) fn must_text(&self, key: &'static str, hint: &str) -> Option<Text> {
        if !self.table.contains_key(key) {
            self.known.borrow_mut().push(key);
            self.problem(self.at, key, "is missing", hint.to_owned());
            return None;
        }
        let text = self.text(key)?;
        if text.text.trim().is_empty() {
            self.problem(text.at, key, "is empty", hint.to_owned());
            return None;
        }
        Some(text)
    }

    pub(super) fn flag(&self, key: &'static str) -> Option<bool> {
        let value = self.get(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.wrong_type(key, value, "true or false");
        }
        flag
    }

    /// A whole number in a range, and where it stands.
    pub(super) fn number(&self, key: &'static str, range: Range<u32>) -> Option<(u32, usize)> {
        let value = self.get(key)?;
        let at = value.span().start;
        let Some(integer) = value.get_ref().as_integer() else {
            self.wrong_type(key, value, "a whole number");
            return None;
        };
        match u32::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(n) if range.contains(&n) => Some((n, at)),
            Ok(_) | Err(_) => {
                let (least, most) = (range.start, range.end.saturating_sub(1));
                self.problem(at, key, format!("must be from {least} to {most}"), None);
                None
            }
        }
    }

    /// A number, whole or not, that must be there, with its place.
    pub(super) fn decimal(&self, key: &'static str, hint: &str) -> Option<(f64, usize)> {
        let Some(value) = self.get(key) else {
            self.problem(self.at, key, "is missing", hint.to_owned());
            return None;
        };
        let at = value.span().start;
        let read = match value.get_ref() {
            DeValue::Float(float) => float.as_str().parse::<f64>().ok(),
            DeValue::Integer(whole) if whole.radix() == 10 => whole.as_str().parse::<f64>().ok(),
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => None,
        };
        match read.filter(|n| n.is_finite()) {
            Some(n) => Some((n, at)),
            None => {
                self.wrong_type(key, value, "a number");
                None
            }
        }
    }

    /// A list of texts; none where the key is absent.
    pub(super) fn texts(&self, key: &'static str) -> Option<Vec<Text>> {
        let value = self.get(key)?;
        let Some(array) = value.get_ref().as_array() else {
            self.wrong_type(key, value, "a list of texts");
            return None;
        };
        let texts = array.iter().filter_map(|item| match item.get_ref().as_str() {
            Some(text) => Some(Text { text: text.to_owned(), at: item.span().start }),
            None => {
                self.wrong_type(key, item, "a text in quotes");
                None
            }
        });
        Some(texts.collect())
    }

    /// The tables under `[[key]]`, named by their `id` where they have one.
    pub(super) fn tables(&self, key: &'static str) -> Vec<Section<'p, 'a>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let Some(array) = value.get_ref().as_array() else {
            self.wrong_type(key, value, &format!("a list of tables: [[{key}]]"));
            return Vec::new();
        };
        let mut sections = Vec::with_capacity(array.len());
        for (i, item) in array.iter().enumerate() {
            let Some(table) = item.get_ref().as_table() else {
                self.wrong_type(key, item, &format!("a table: [[{key}]]"));
                continue;
            };
            let id = table.get("id").and_then(|id| id.get_ref().as_str());
            let name = match id {
                Some(id) => format!("{key} {id:?}"),
                None => format!("{key}[{i}]"),
            };
            sections.push(Section {
                problems: self.problems,
                table,
                path: self.key_path(&name),
                at: item.span().start,
                known: RefCell::default(),
            });
        }
        sections
    }

    /// The table under `[key]`.
    pub(super) fn table(&self, key: &'static str) -> Option<Section<'p, 'a>> {
        let value = self.get(key)?;
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_type(key, value, "a table");
            return None;
        };
        Some(Section {
            problems: self.problems,
            table,
            path: self.key_path(key),
            at: value.span().start,
            known: RefCell::default(),
        })
    }

    /// Notes every key that nobody asked for.
    pub(super) fn finish(self) {
        self.finish_here();
    }

    /// The same, for a section that somebody else owns.
    pub(super) fn finish_here(&self) {
        let known = self.known.borrow();
        for key in self.table.keys() {
            let name: &str = key.get_ref();
            if !known.contains(&name) {
                let what = "is not a known word here".to_owned();
                self.problem(key.span().start, name, what, nearest(name, &known));
            }
        }
    }
}

/// The known word that is most like it, or all of them.
pub(super) fn nearest(word: &str, known: &[&str]) -> Option<String> {
    let best = known.iter().map(|k| (distance(word, k), *k)).min()?;
    if best.0 <= 2 || best.0 * 3 <= word.len() {
        return Some(format!("did you mean {:?}?", best.1));
    }
    let mut all = known.to_vec();
    all.sort_unstable();
    Some(format!("known here: {}", all.join(", ")))
}

/// How many letters must be changed, added or left out.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut before = i;
        let mut left = i + 1;
        for (j, y) in b.iter().enumerate() {
            let above = row.get(j + 1).copied().unwrap_or(usize::MAX);
            let cost = (before + usize::from(x != *y)).min(above + 1).min(left + 1);
            before = above;
            if let Some(cell) = row.get_mut(j) {
                *cell = left;
            }
            left = cost;
        }
        if let Some(cell) = row.last_mut() {
            *cell = left;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_gets_the_word_that_was_meant() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        let known = ["open_after", "close_after", "zone"];
        assert_eq!(nearest("open_aftr", &known).unwrap(), "did you mean \"open_after\"?");
        assert_eq!(nearest("x", &["zone"]).unwrap(), "known here: zone");
    }
}
