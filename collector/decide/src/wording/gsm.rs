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
