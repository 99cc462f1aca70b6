//! Spans of service hours: which version of a calendar holds when, clipping, totals. Must never
//! know of zones or civil time: those were left behind when the spans were evaluated.

use crate::setup::Calendar;
use crate::span::{At, Span, subtract, union};

impl Calendar {
    /// Its spans inside `range`, clipped to it.
    pub fn open_within(&self, range: Span) -> impl Iterator<Item = Span> + '_ {
        let first = self.open.partition_point(|span| span.to <= range.from);
        self.open
            .iter()
            .skip(first)
            .take_while(move |span| span.from < range.to)
            .map(move |span| Span { from: span.from.max(range.from), to: span.to.min(range.to) })
            .filter(|span| span.from < span.to)
    }

    /// Milliseconds of service hours inside `range`.
    #[must_use]
    pub fn open_ms(&self, range: Span) -> i64 {
        self.open_within(range).map(|span| span.to - span.from).sum()
    }

    /// The same, with the hours of another calendar over that span: a month that somebody
    /// corrected by name.
    #[must_use]
    pub fn with(&self, span: Span, other: &Self) -> Self {
        let mut open = subtract(&self.open, &[span]);
        open.extend(other.open_within(span));
        Self { open: union(open), known: self.known }
    }

    /// Whether service hours are known over the whole of `range`.
    #[must_use]
    pub fn knows(&self, range: Span) -> bool {
        range.to <= range.from
            || self.known.is_some_and(|known| known.from <= range.from && range.to <= known.to)
    }
}

/// The one calendar that versions make together: each holds from its instant to that of the next,
/// the first also before. So a change moves nothing that lies before it. Versions are ordered by
/// instant, oldest first; of two at one instant the later in the list holds.
#[must_use]
pub fn combine<'a>(versions: impl IntoIterator<Item = (At, &'a Calendar)>) -> Calendar {
    let versions: Vec<(At, &Calendar)> = versions.into_iter().collect();
    let mut made = Calendar::default();
    for (i, (from, calendar)) in versions.iter().enumerate() {
        let holds = Span {
            from: if i == 0 { At(i64::MIN) } else { *from },
            to: versions.get(i + 1).map_or(At(i64::MAX), |(next, _)| *next),
        };
        for span in calendar.open_within(holds) {
            match made.open.last_mut() {
                Some(last) if span.from <= last.to => last.to = last.to.max(span.to),
                Some(_) | None => made.open.push(span),
            }
        }
        let Some(known) = calendar.known else { continue };
        let known = Span { from: known.from.max(holds.from), to: known.to.min(holds.to) };
        if known.to <= known.from {
            continue;
        }
        made.known = Some(match made.known {
            Some(before) => Span { from: before.from, to: before.to.max(known.to) },
            None => known,
        });
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: i64, to: i64) -> Span {
        Span { from: At(from), to: At(to) }
    }

    fn calendar(open: &[(i64, i64)]) -> Calendar {
        Calendar {
            open: open.iter().map(|(from, to)| span(*from, *to)).collect(),
            known: Some(span(0, 1_000)),
        }
    }

    #[test]
    fn clipping_and_totals() {
        let c = calendar(&[(10, 20), (30, 40), (50, 60)]);
        let within: Vec<Span> = c.open_within(span(15, 35)).collect();
        assert_eq!(within, [span(15, 20), span(30, 35)]);
        assert_eq!(c.open_ms(span(0, 1_000)), 30);
        assert_eq!(c.open_ms(span(20, 30)), 0);
        assert_eq!(c.open_ms(span(40, 15)), 0);
        assert!(c.knows(span(0, 1_000)) && !c.knows(span(0, 1_001)));
    }

    #[test]
    fn a_new_version_moves_nothing_before_it() {
        let old = calendar(&[(100, 200), (300, 400)]);
        let new = calendar(&[(100, 150), (300, 350)]);
        let both = combine([(At(50), &old), (At(250), &new)]);
        assert_eq!(both.open, [span(100, 200), span(300, 350)]);
        assert_eq!(both.known, Some(span(0, 1_000)));
        // In the middle of a span, and twice at one instant.
        let both = combine([(At(50), &old), (At(120), &old), (At(120), &new)]);
        assert_eq!(both.open, [span(100, 150), span(300, 350)]);
        let both = combine([(At(50), &old), (At(120), &new)]);
        assert_eq!(both.open, [span(100, 150), span(300, 350)]);
        let both = combine([(At(50), &new), (At(320), &old)]);
        assert_eq!(both.open, [span(100, 150), span(300, 400)]);
        assert_eq!(combine([]), Calendar::default());
    }

    #[test]
    fn a_month_that_is_corrected_by_name_moves_and_its_neighbours_do_not() {
        let old = calendar(&[(100, 200), (300, 400), (500, 600)]);
        let new = calendar(&[(100, 150), (300, 350), (500, 550)]);
        let made = old.with(span(250, 450), &new);
        assert_eq!(made.open, [span(100, 200), span(300, 350), span(500, 600)]);
    }
}
