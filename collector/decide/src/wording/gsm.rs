//! One SMS: the GSM 7-bit default alphabet and its 160 characters (3GPP TS 23.038, 6.2.1).
//! Must never cut an address: what does not fit whole is left out.

/// Characters in one SMS of this alphabet.
const MOST: usize = 160;

/// `head brief.`, as many of the extras, most wanted first, as fit, and last the address, which
/// comes before all extras where not everything fits.
pub(super) fn sms(head: &str, brief: &str, extras: &[String], address: Option<&str>) -> String {
    let mut text = format!("{} {}", plain(head), plain(brief));
    if text.chars().count() >= MOST {
        text = text.chars().take(MOST - 2).collect();
        text.push_str("..");
        return text;
    }
    text.push('.');
    let room = |text: &str| MOST - text.chars().count();
    let address = address
        .filter(|address| plain(address) == **address)
        .filter(|address| address.chars().count() < room(&text))
        .map(|address| format!(" {address}"))
        .unwrap_or_default();
    for extra in extras {
        let extra = format!(" {}.", plain(extra));
        if extra.chars().count() + address.chars().count() <= room(&text) {
            text.push_str(&extra);
        }
    }
    text.push_str(&address);
    text
}

/// The text in the default alphabet; what it does not have becomes its nearest relative.
fn plain(text: &str) -> String {
    text.chars().map(relative).collect()
}

fn relative(c: char) -> char {
    match c {
        '[' | '{' => '(',
        ']' | '}' => ')',
        '\\' | '|' => '/',
        '^' | '`' | '\u{2018}' | '\u{2019}' => '\'',
        '\u{201c}' | '\u{201d}' => '"',
        '~' | '\u{2010}'..='\u{2015}' => '-',
        '\t' | '\n' | '\r' | '\u{a0}' | '\u{202f}' => ' ',
        ' '..='~' => c,
        _ if "£¥èéùìòÇØøÅåÆæßÉ¤¡ÄÖÑÜ§¿äöñüà".contains(c) => c,
        'á' | 'â' | 'ã' => 'a',
        'ê' | 'ë' => 'e',
        'í' | 'î' | 'ï' => 'i',
        'ó' | 'ô' | 'õ' => 'o',
        'ú' | 'û' => 'u',
        'ç' => 'c',
        '…' => '.',
        _ => '?',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_alphabet_lacks_becomes_its_nearest_relative() {
        for (from, to) in [
            ("[a] {b}", "(a) (b)"),
            ("a\\b|c", "a/b/c"),
            ("^`\u{2018}\u{2019}", "''''"),
            ("\u{201c}ya\u{201d}", "\"ya\""),
            ("~\u{2010}\u{2013}\u{2015}", "----"),
            ("a\tb\nc\rd\u{a0}e\u{202f}f", "a b c d e f"),
            ("áâã êë íîï óôõ úû ç", "aaa ee iii ooo uu c"),
            ("…", "."),
            ("£¥èéùìòÇØøÅåÆæßÉ¤¡ÄÖÑÜ§¿äöñüà", "£¥èéùìòÇØøÅåÆæßÉ¤¡ÄÖÑÜ§¿äöñüà"),
            ("Kantor 7, jam 09.00!", "Kantor 7, jam 09.00!"),
            ("語", "?"),
        ] {
            assert_eq!(plain(from), to);
        }
    }

    #[test]
    fn a_message_is_never_longer_than_one_sms_and_an_address_never_cut() {
        let of = |head: usize, address: usize, extras: &[&str]| {
            let (head, address) = ("h".repeat(head), "u".repeat(address));
            let extras: Vec<String> = extras.iter().map(|e| (*e).to_owned()).collect();
            sms(&head, "b", &extras, Some(&address))
        };
        // Head, blank, `b` and full stop; then a blank and the address.
        assert_eq!(of(97, 59, &[]).len(), 160);
        assert_eq!(of(97, 60, &[]), format!("{} b.", "h".repeat(97)), "no room for it");
        assert_eq!(of(157, 9, &[]).len(), 160);
        assert_eq!(of(158, 9, &[]), format!("{}..", "h".repeat(158)));
        assert_eq!(of(400, 9, &[]).len(), 160);
        // Extras as they fit beside the address, a later one where an earlier one does not.
        let with = |extra: &str| of(97, 50, &[extra]);
        assert!(with("1234567").contains(" 1234567. ") && with("1234567").len() == 160);
        assert!(!with("12345678").contains("12345678"));
        assert!(of(97, 50, &["12345678", "123"]).contains(" 123. u"));
        let strange = sms("h", "b", &[], Some("https://x/~y"));
        assert_eq!(strange, "h b.", "an address that the alphabet would change is left out");
    }
}
