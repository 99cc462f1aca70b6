//! What all channels do to texts: take out what could disguise them, keep to a length. Words were
//! chosen before; a channel may only shorten.

use crate::config::Language;

/// Without control and direction characters, which could disguise a text; line ends stay.
pub(super) fn plain(text: &str) -> String {
    text.chars()
        .filter_map(|c| match c {
            '\n' => Some(c),
            '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}' => None,
            c if c.is_control() => Some(' '),
            c => Some(c),
        })
        .collect()
}

/// At most so many UTF-16 units, which is how some providers count; cut with an ellipsis.
pub(super) fn cut_utf16(text: &str, most: usize) -> String {
    cut(text, most, char::len_utf16)
}

/// At most so many bytes; cut with an ellipsis.
pub(super) fn cut_bytes(text: &str, most: usize) -> String {
    cut(text, most, char::len_utf8)
}

fn cut(text: &str, most: usize, size: fn(char) -> usize) -> String {
    if text.chars().map(size).sum::<usize>() <= most {
        return text.to_owned();
    }
    let room = most.saturating_sub(size('…'));
    let mut used = 0;
    let mut kept: String = text
        .chars()
        .take_while(|c| {
            used += size(*c);
            used <= room
        })
        .collect();
    kept.push('…');
    kept
}

/// What stands on the button under a message.
pub(super) fn button(language: &str, change: &str) -> &'static str {
    let id = language == Language::Indonesian.code();
    match (change, id) {
        ("opened" | "cause_known", true) => "Saya tangani",
        ("opened" | "cause_known", false) => "I am on it",
        (_, true) => "Lihat rincian",
        (_, false) => "Show details",
    }
}

/// Title and body of a test message.
pub(super) fn test(language: Language, name: &str) -> (String, String) {
    match language {
        Language::Indonesian => (
            "Siaga: pesan uji coba".to_owned(),
            format!(
                "Pesan ini untuk {name}. Kalau terbaca, pemberitahuan gangguan akan sampai ke sini."
            ),
        ),
        Language::English => (
            "Siaga: test message".to_owned(),
            format!(
                "This message is for {name}. If you can read it, outage notices will arrive here."
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disguises_are_taken_out_and_lines_stay() {
        assert_eq!(plain("a\u{202e}b\nc\u{7}d\u{200b}"), "ab\nc d");
    }

    #[test]
    fn long_texts_are_cut_where_the_provider_counts() {
        assert_eq!(cut_utf16("abc", 3), "abc");
        assert_eq!(cut_utf16("abcd", 3), "ab…");
        assert_eq!(cut_utf16("😀😀😀", 5), "😀😀…");
        assert_eq!(cut_bytes("ééé", 5), "é…");
    }
}
