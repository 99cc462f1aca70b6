//! Where in a text something is.

/// Line and column of a byte offset, both from 1; columns count characters.
pub(super) fn of(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |i| i + 1);
    (line, before.get(start..).map_or(1, |rest| rest.chars().count() + 1))
}
