//! What people are told of an outage: opened, cause known, ended. Must never tell the same in two
//! ways: the brief form and the long one are made of the same values here.

use super::moment::{duration, instant, interval, on_day, since};
use super::{
    Language, Message, Setting, Voice, cause_phrase, gsm, name, office_name, why, why_sentence,
};
use crate::cause::{Cause, Kind, Thing, Why};
use crate::notice::Change;
use crate::outage::{Charge, Outage};
use crate::span::{At, Span, When, intersect};

/// Tells about one outage.
pub(super) struct Teller<'a> {
    pub(super) voice: Voice<'a>,
    pub(super) setting: &'a Setting<'a>,
    pub(super) outage: &'a Outage,
}

impl Teller<'_> {
    pub(super) fn message(&self, change: Change) -> Message {
        let language = self.voice.language;
        let office = office_name(self.voice.setup, &self.outage.office);
        let void = self.outage.void;
        let (word, lines, brief) = match change {
            Change::Opened => {
                (language.of("GANGGUAN", "OUTAGE"), self.opened(), self.opened_in_brief())
            }
            Change::CauseKnown => {
                (language.of("PENYEBAB", "CAUSE"), self.cause_known(), self.cause_in_brief())
            }
            Change::Ended if void => {
                (language.of("TIDAK TERBUKTI", "NOT SHOWN"), self.void(), self.void_in_brief())
            }
            Change::Ended => {
                (language.of("PULIH", "RESTORED"), self.ended(), self.ended_in_brief())
            }
        };
        let mut extras = Vec::new();
        if change != Change::Ended {
            extras.extend(self.power_in_brief());
            extras.push(self.hands_in_brief());
        }
        let address = self.setting.acknowledge_url.filter(|_| self.wants_hands(change));
        let head = format!("{word} {}:", name::short_office(office));
        Message {
            title: format!("{word}: {office}"),
            short: gsm::sms(&head, &brief, &extras, address),
            long: lines.join("\n"),
        }
    }

    fn opened(&self) -> Vec<String> {
        let (voice, language) = (self.voice, self.voice.language);
        let again = self.flap_began();
        let from = again.map_or(self.outage.from, When::exact);
        let lasts = duration(self.setting.now - from.lo, language);
        let since = since(from, voice.zone, language);
        let mut lines = vec![if self.outage.provisional {
            match language {
                Language::Id => format!("Tidak ada kabar {since} ({lasts})."),
                Language::En => format!("Nothing heard {since} ({lasts})."),
            }
        } else {
            match language {
                Language::Id => format!("Tidak bisa melayani {since} ({lasts})."),
                Language::En => format!("Cannot serve {since} ({lasts})."),
            }
        }];
        let cause = match self.outage.charges.last() {
            Some(charge) if charge.cause.kind != Kind::Silent => self.with_provider(&charge.cause),
            Some(_) | None => self.cause_now(),
        };
        if again.is_some() {
            let first = on_day(self.outage.from.lo, self.setting.now, voice.zone, language);
            lines.push(match language {
                Language::Id => format!("Gangguan ini mulai {first}, dengan jeda."),
                Language::En => format!("This outage began at {first}, with breaks."),
            });
        }
        lines.push(format!("{}: {cause}.", language.of("Penyebab", "Cause")));
        self.evidence(&mut lines);
        self.hands(Change::Opened, &mut lines);
        lines
    }

    fn cause_known(&self) -> Vec<String> {
        let (voice, language) = (self.voice, self.voice.language);
        let causes = self.causes(true);
        let mut lines = vec![format!("{}: {causes}.", language.of("Penyebab", "Cause"))];
        lines.push(match self.outage.to {
            Some(to) => {
                let from = interval(self.outage.from, voice.zone, language);
                let end = interval(to, voice.zone, language);
                let lasted = duration(to.hi - self.outage.from.lo, language);
                match language {
                    Language::Id => format!("Dari {from} sampai {end} ({lasted})."),
                    Language::En => format!("From {from} to {end} ({lasted})."),
                }
            }
            None => {
                let since = since(self.outage.from, voice.zone, language);
                let lasts = duration(self.setting.now - self.outage.from.lo, language);
                match language {
                    Language::Id => format!("Gangguan {since} masih berlangsung ({lasts})."),
                    Language::En => format!("The outage {since} goes on ({lasts})."),
                }
            }
        });
        self.evidence(&mut lines);
        self.hands(Change::CauseKnown, &mut lines);
        lines
    }

    fn ended(&self) -> Vec<String> {
        let (voice, language) = (self.voice, self.voice.language);
        let from = since(self.outage.from, voice.zone, language);
        let end = self.outage.to.unwrap_or(When::exact(self.setting.now));
        let back = since(end, voice.zone, language);
        let lasted = end.hi - self.outage.from.lo;
        let total = duration(lasted, language);
        let mut lines = vec![match (language, self.closed_at(end.hi)) {
            (Language::Id, false) => format!("Kantor melayani lagi {back}. Terganggu {from}."),
            (Language::En, false) => format!("The office serves again {back}. Down {from}."),
            (Language::Id, true) => {
                let closed = instant(end.hi, voice.zone, language);
                format!("Kantor siap melayani lagi. Terganggu {from} sampai tutup, {closed}.")
            }
            (Language::En, true) => {
                let closed = instant(end.hi, voice.zone, language);
                format!(
                    "The office is ready to serve again. Down {from} until it closed, {closed}."
                )
            }
        }];
        let counted = duration(self.outage.downtime_ms, language);
        let differs = lasted - self.outage.downtime_ms >= 60_000;
        let guessed = self.outage.charges.iter().any(|charge| charge.guessed);
        lines.push(match (language, differs) {
            // What rests on silence is counted when its evidence arrives, not before.
            (Language::Id, true) if guessed => {
                format!("Lamanya {total}; lamanya yang dihitung menunggu data yang belum tiba.")
            }
            (Language::En, true) if guessed => {
                format!("It lasted {total}; what counts of it awaits data still to come.")
            }
            (Language::Id, true) => {
                format!("Lamanya {total}, yang dihitung di jam layanan {counted}.")
            }
            (Language::En, true) => {
                format!("It lasted {total}, of which {counted} count as service hours.")
            }
            (Language::Id, false) => format!("Lamanya {total}."),
            (Language::En, false) => format!("It lasted {total}."),
        });
        lines.push(format!("{}: {}.", language.of("Penyebab", "Cause"), self.causes(true)));
        self.evidence(&mut lines);
        if let Some(acknowledged) = self.acknowledged() {
            lines.push(acknowledged);
        }
        lines
    }

    /// Late evidence shows no outage: the office served, or nobody watched while its PCs ran.
    fn void(&self) -> Vec<String> {
        let (voice, language) = (self.voice, self.voice.language);
        let since = since(self.outage.from, voice.zone, language);
        vec![match language {
            Language::Id => format!(
                "Gangguan {since} tidak terbukti: yang terputus hanya kabarnya ke server \
                 Siaga. Tidak ada yang dihitung sebagai gangguan."
            ),
            Language::En => format!(
                "No outage {since} is shown: only the reports to the Siaga server were lost. \
                 Nothing is counted as an outage."
            ),
        }]
    }

    /// Whether the office closed at that instant: what was wrong then was over only later, when it
    /// was nobody's business.
    fn closed_at(&self, at: At) -> bool {
        let office = self.voice.setup.offices.get(&self.outage.office);
        office.is_some_and(|office| office.calendar.open.iter().any(|hours| hours.to == at))
    }

    /// Since when it is down this time, where its stretches have a break between them in which it
    /// served: hours in which it is closed are none.
    fn flap_began(&self) -> Option<At> {
        let office = self.voice.setup.offices.get(&self.outage.office);
        let hours = office.map_or(&[][..], |office| &office.calendar.open);
        let pairs = self.outage.charges.windows(2);
        let mut begins = pairs.filter_map(|pair| match pair {
            [before, after] if after.span.from > before.span.to => {
                let between = Span::new(before.span.to, after.span.from);
                let closed = !hours.is_empty() && intersect(&[between], hours).is_empty();
                (!closed).then_some(after.span.from)
            }
            [..] => None,
        });
        begins.next_back()
    }

    /// What it is charged to now, or was last.
    fn cause_now(&self) -> String {
        let language = self.voice.language;
        match self.outage.charges.last() {
            Some(charge) if charge.cause.kind != Kind::Silent => {
                cause_phrase(&charge.cause, language)
            }
            Some(_) | None => language.of("belum diketahui", "not known yet").to_owned(),
        }
    }

    /// The cause, and where a line is at fault, whose it is.
    fn with_provider(&self, cause: &Cause) -> String {
        let text = cause_phrase(cause, self.voice.language);
        let setup = self.voice.setup;
        let office = setup.offices.get(&self.outage.office);
        let line = office.and_then(|office| setup.lines.get(office.line.as_ref()?));
        match line.filter(|_| cause.thing == Thing::Line) {
            Some(line) => format!("{text}, {}", line.provider),
            None => text,
        }
    }

    /// All causes in order of appearance; where there are several, each with its duration if
    /// that is asked for.
    fn causes(&self, durations: bool) -> String {
        let language = self.voice.language;
        let mut found: Vec<(&Charge, i64)> = Vec::new();
        for charge in &self.outage.charges {
            let length = charge.span.to - charge.span.from;
            let key = |c: &Charge| (c.cause.kind, c.cause.sub, c.cause.certainty, c.planned);
            match found.iter_mut().find(|(other, _)| key(other) == key(charge)) {
                Some((_, total)) => *total += length,
                None => found.push((charge, length)),
            }
        }
        let many = found.len() > 1;
        let texts: Vec<String> = found
            .iter()
            .map(|(charge, length)| {
                let mut text = match (charge.cause.kind == Kind::Silent, durations) {
                    (true, true) => language.of("tidak diketahui", "unknown").to_owned(),
                    (true, false) => {
                        language.of("penyebab tidak diketahui", "cause unknown").to_owned()
                    }
                    (false, true) => self.with_provider(&charge.cause),
                    (false, false) => cause_phrase(&charge.cause, language),
                };
                let mut notes = Vec::new();
                if many && durations {
                    notes.push(duration(*length, language));
                }
                if charge.planned {
                    notes.push(language.of("pekerjaan terencana", "planned work").to_owned());
                }
                if !notes.is_empty() {
                    text = format!("{text} ({})", notes.join(", "));
                }
                text
            })
            .collect();
        if texts.is_empty() {
            return language.of("tidak diketahui", "unknown").to_owned();
        }
        texts.join(language.of(", lalu ", ", then "))
    }

    /// The evidence of the newest cause, the UPS in a line of its own.
    fn evidence(&self, lines: &mut Vec<String>) {
        const MOST: usize = 4;
        let language = self.voice.language;
        if let Some(newest) = self.outage.charges.last().map(|charge| &charge.cause) {
            let sentences: Vec<String> = newest
                .why
                .iter()
                .filter(|why| !matches!(why, Why::UpsLastSeen { .. }))
                .take(MOST)
                .map(|why| why_sentence(why, self.voice))
                .collect();
            if !sentences.is_empty() {
                let label = language.of("Bukti", "Evidence");
                lines.push(format!("{label}: {}.", sentences.join("; ")));
            }
        }
        if let Some(ups) = self.ups() {
            let label = language.of("Listrik", "Power");
            lines.push(format!("{label}: {}.", why_sentence(ups, self.voice)));
        }
    }

    /// What a UPS said last, from all the evidence there is.
    fn ups(&self) -> Option<&Why> {
        let charged = self.outage.charges.iter().map(|charge| &charge.cause);
        let seen = self.outage.timeline.iter().map(|span| &span.cause);
        charged
            .chain(seen)
            .flat_map(|cause| &cause.why)
            .filter_map(|why| match why {
                Why::UpsLastSeen { at, .. } => Some((*at, why)),
                Why::StoppedUnclean { .. }
                | Why::StoppedOrderly { .. }
                | Why::SystemLog { .. }
                | Why::Good { .. }
                | Why::Bad { .. }
                | Why::AlsoSeenBy { .. }
                | Why::ContradictedBy { .. }
                | Why::RelayWithoutPower { .. }
                | Why::Offices { .. }
                | Why::Collector { .. }
                | Why::GeneratorLastSeen { .. }
                | Why::NotObserved { .. }
                | Why::JoinedInto { .. }
                | Why::SplitFrom { .. }
                | Why::SilentSince { .. }
                | Why::NoUpsSeen
                | Why::Staff { .. } => None,
            })
            .max_by_key(|(at, _)| *at)
            .map(|(_, why)| why)
    }

    /// Who is on it, when it is expected back, and where to say so.
    fn hands(&self, change: Change, lines: &mut Vec<String>) {
        let language = self.voice.language;
        lines.push(self.acknowledged().unwrap_or_else(|| {
            language.of("Belum ada yang menangani.", "Nobody is on it yet.").to_owned()
        }));
        if let Some(back) = self.outage.expected_back {
            let back = instant(back, self.voice.zone, language);
            lines.push(match language {
                Language::Id => format!("Perkiraan pulih: {back}."),
                Language::En => format!("Expected back: {back}."),
            });
        }
        let url = self.setting.acknowledge_url.filter(|_| self.wants_hands(change));
        if let Some(url) = url {
            lines.push(match language {
                Language::Id => format!("Saya tangani: {url}"),
                Language::En => format!("I am on it: {url}"),
            });
        }
    }

    /// Whether somebody should still say that they are on it.
    fn wants_hands(&self, change: Change) -> bool {
        change != Change::Ended && self.outage.acknowledged.is_none()
    }

    fn acknowledged(&self) -> Option<String> {
        let acknowledged = self.outage.acknowledged.as_ref()?;
        let (voice, by) = (self.voice, &acknowledged.by);
        let at = on_day(acknowledged.at, self.setting.now, voice.zone, voice.language);
        let note = acknowledged.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
        Some(match voice.language {
            Language::Id => format!("Ditangani {by} sejak {at}{note}."),
            Language::En => format!("{by} is on it since {at}{note}."),
        })
    }

    fn opened_in_brief(&self) -> String {
        let language = self.voice.language;
        let since = self.since_in_brief();
        let cause = self.cause_now();
        match (language, self.outage.provisional) {
            (Language::Id, true) => format!("tidak ada kabar sejak {since}, penyebab {cause}"),
            (Language::En, true) => format!("nothing heard since {since}, cause {cause}"),
            (Language::Id, false) => format!("sejak {since}, {cause}"),
            (Language::En, false) => format!("since {since}, {cause}"),
        }
    }

    fn cause_in_brief(&self) -> String {
        let (language, since) = (self.voice.language, self.since_in_brief());
        match language {
            Language::Id => format!("sejak {since}, {}", self.causes(false)),
            Language::En => format!("since {since}, {}", self.causes(false)),
        }
    }

    fn ended_in_brief(&self) -> String {
        let language = self.voice.language;
        let end = self.outage.to.unwrap_or(When::exact(self.setting.now));
        let lasted = duration(end.hi - self.outage.from.lo, language);
        let at = on_day(end.hi, self.setting.now, self.voice.zone, language);
        match language {
            Language::Id => format!("{at} setelah {lasted}, {}", self.causes(false)),
            Language::En => format!("{at} after {lasted}, {}", self.causes(false)),
        }
    }

    fn void_in_brief(&self) -> String {
        let since = self.since_in_brief();
        match self.voice.language {
            Language::Id => format!("sejak {since} hanya kabarnya yang terputus"),
            Language::En => format!("since {since} only its reports were lost"),
        }
    }

    /// The clock, with the day where that is another.
    fn since_in_brief(&self) -> String {
        let (zone, language) = (self.voice.zone, self.voice.language);
        on_day(self.outage.from.lo, self.setting.now, zone, language)
    }

    fn power_in_brief(&self) -> Option<String> {
        why::ups_in_brief(self.ups()?, self.voice.language)
    }

    fn hands_in_brief(&self) -> String {
        match (&self.outage.acknowledged, self.voice.language) {
            (Some(acknowledged), Language::Id) => format!("Ditangani {}", acknowledged.by),
            (Some(acknowledged), Language::En) => format!("{} is on it", acknowledged.by),
            (None, Language::Id) => "Belum ditangani".to_owned(),
            (None, Language::En) => "Nobody on it".to_owned(),
        }
    }
}
