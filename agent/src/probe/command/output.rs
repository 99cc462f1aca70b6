//! What a program of a `command` probe printed: lines `key=value`, as a pure function of its output.
//! Total: any bytes yield a reading; what is kept is bounded.
//!
//! `ribbon_left=120` is a value, `state=ready` the word `state:ready`, `word=PAPER_OUT` a word alone.
//! Empty lines and those that begin with `#` say nothing; any other line makes all of it unreadable,
//! for half an answer may be the wrong half.

use siaga_wire::{Reading, Saw};

use crate::probe::reading::{empty, printable, push_word, unreadable};

/// Most bytes of an output.
pub(super) const OUTPUT_MAX_BYTES: usize = 16 * 1024;
/// Most values of one reading.
const VALUES_MAX: usize = 32;
/// Longest key, in letters.
const KEY_MAX: usize = 48;

/// The reading of a program that ended well.
pub(super) fn parse(name: &str, output: &[u8]) -> Reading<'static> {
    let Ok(text) = std::str::from_utf8(output) else {
        return unreadable(name, "its output is no text (UTF-8)");
    };
    let mut reading = empty(name, Saw::Answered);
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
        if let Err(what) = enter(&mut reading, line) {
            return unreadable(name, format!("its line {:?} {what}", printable(line, 80)));
        }
    }
    if reading.words.is_empty() && reading.values.is_empty() {
        return unreadable(name, "it ended well, but printed no key=value");
    }
    reading
}

fn enter(reading: &mut Reading<'static>, line: &str) -> Result<(), &'static str> {
    let (key, value) = line.split_once('=').ok_or("is not key=value")?;
    let (key, value) = (key.trim(), value.trim());
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let begins = key.starts_with(|c: char| c.is_ascii_lowercase());
    if !begins || key.len() > KEY_MAX || !key.chars().all(good) {
        return Err("has a key that is not made of small letters, digits and '_'");
    }
    if value.is_empty() {
        // What the program does not know now is absent.
        return Ok(());
    }
    if key == "word" {
        push_word(&mut reading.words, value);
        return Ok(());
    }
    let Ok(number) = value.parse::<f64>() else {
        push_word(&mut reading.words, &format!("{key}:{value}"));
        return Ok(());
    };
    if !number.is_finite() {
        return Err("has a number that is none");
    }
    if reading.values.get(key).is_some() {
        return Err("says the same key again");
    }
    if reading.values.0.len() == VALUES_MAX {
        return Err("is one value too many: 32 at most");
    }
    reading.values.push(key.to_owned(), number);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(output: &[u8]) -> String {
        let reading = parse("x", output);
        let values: Vec<String> =
            reading.values.0.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let why = reading.why.map(|w| format!("({w})")).unwrap_or_default();
        format!("{} {} {}{why}", reading.saw.word(), reading.words.join("+"), values.join(" "))
    }

    #[test]
    fn values_and_words_are_read() {
        let output = b"# card printer\r\nribbon_left = 120\r\n\nstate=ready\nword=LID_OPEN\n\
                       temperature_celsius=-2.5\nblanks_left=\nurl=a=b\n";
        assert_eq!(
            said(output),
            "answered state:ready+LID_OPEN+url:a=b ribbon_left=120 temperature_celsius=-2.5"
        );
    }

    #[test]
    fn what_is_not_key_and_value_makes_all_of_it_unreadable() {
        for bad in [
            &b"ribbon_left=120\nError: no printer\n"[..],
            b"Ribbon=1\n",
            b"=1\n",
            b"1a=1\n",
            b"a b=1\n",
            b"a=NaN\n",
            b"a=inf\n",
            b"a=1\na=2\n",
            b"\xff\xfe=1\n",
            b"",
            b"# nothing\n",
            b"a=\n",
        ] {
            assert!(said(bad).starts_with("unreadable  ("), "{bad:?}: {}", said(bad));
        }
        let many: String = (0..=VALUES_MAX).map(|n| format!("v{n}=1\n")).collect();
        assert!(said(many.as_bytes()).contains("too many"));
        let long = format!("{}=1\n", "k".repeat(KEY_MAX + 1));
        assert!(said(long.as_bytes()).starts_with("unreadable"));
    }

    #[test]
    fn words_are_bounded() {
        let many: String = (0..10_000).map(|n| format!("word=W{n}\n")).collect();
        assert!(parse("x", many.as_bytes()).words.len() <= 32);
    }
}
