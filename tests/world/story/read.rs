//! From a story's text to its truth. Collects every problem instead of stopping at the first.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Problem;
use super::hours::{self, Hours};
use super::moment::{self, Hint};
use super::names::{all, find};
use super::switch::{MOMENTS, Names, On, SWITCHES, Switch};
use crate::world::truth::{
    Ack, Generator, Line, Mains, Office, Plan, Router, Scope, Second, Span, Station, Truth, Ups,
};

/// Work without an end is given this by whoever enters it.
const PLAN_LIMIT: i64 = 8 * 3_600;

/// Reads a script.
pub(super) fn read(file: &str, text: &str) -> Result<Truth, Vec<Problem>> {
    let mut reader = Reader {
        file,
        line: 0,
        zone: None,
        truth: Truth { seed: 1, cycle: 15, ..Truth::default() },
        play: None,
        day: None,
        hours: Vec::new(),
        relays: Vec::new(),
        askers: Vec::new(),
        open: BTreeMap::new(),
        problems: Vec::new(),
    };
    reader.begin(text);
    for (i, line) in text.lines().enumerate() {
        reader.line = i + 1;
        let words = words(line);
        if !words.is_empty()
            && let Err((what, hint)) = reader.take(&words)
        {
            reader.problem(what, hint);
        }
    }
    reader.finish()
}

/// The words of a line: parted by blanks, `"…"` is one word, `#` begins a comment.
fn words(line: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let (mut word, mut quoted, mut some) = (String::new(), false, false);
    for c in line.chars() {
        match c {
            '"' => {
                quoted = !quoted;
                some = true;
            }
            '#' if !quoted && word.is_empty() => break,
            c if c.is_whitespace() && !quoted => {
                if some || !word.is_empty() {
                    out.push(std::mem::take(&mut word));
                }
                some = false;
            }
            c => word.push(c),
        }
    }
    if some || !word.is_empty() {
        out.push(word);
    }
    out
}

type Outcome = Result<(), (String, String)>;

fn wrong(what: impl Into<String>, hint: impl Into<String>) -> (String, String) {
    (what.into(), hint.into())
}

struct Reader<'a> {
    file: &'a str,
    line: usize,
    zone: Option<TimeZone>,
    truth: Truth,
    play: Option<Span>,
    day: Option<Date>,
    hours: Vec<Hours>,
    relays: Vec<(usize, usize, String)>,
    askers: Vec<(usize, usize, String)>,
    /// Since when, by row of the table and whose it is, with its duration and line.
    open: BTreeMap<(usize, String), (On, Second, i64, usize)>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn problem(&mut self, what: String, hint: String) {
        self.problems.push(Problem { file: self.file.to_owned(), line: self.line, what, hint });
    }

    /// Lines and mains need not be named where there is one of each.
    fn begin(&mut self, text: &str) {
        let declares = |kind: &str| {
            text.lines().any(|line| {
                let words = words(line);
                words.len() == 2 && words[0] == kind
            })
        };
        if !declares("line") {
            self.truth.lines.push(Line { id: "telkom".into(), ..Line::default() });
        }
        if !declares("mains") {
            self.truth.mains.push(Mains { id: "pln".into(), ..Mains::default() });
        }
    }

    fn zone(&self) -> TimeZone {
        self.zone.clone().unwrap_or(TimeZone::UTC)
    }

    fn take(&mut self, words: &[String]) -> Outcome {
        let first = words[0].as_str();
        if let Ok(day) = moment::date(first) {
            self.day = Some(day);
            return Ok(());
        }
        if first.contains(':') {
            return self.event(words);
        }
        let mut rest = Words { words, next: 1 };
        match first {
            "zone" => {
                let name = rest.value("zone")?;
                let zone = moment::zone(name).map_err(|hint| wrong(name, hint))?;
                self.zone = Some(zone);
                Ok(())
            }
            "seed" => {
                let text = rest.value("seed")?;
                self.truth.seed =
                    text.parse().map_err(|_| wrong(text, "write a whole number, as seed 7"))?;
                Ok(())
            }
            "cycle" => {
                self.truth.cycle = rest.duration("cycle")?;
                Ok(())
            }
            "play" => self.play(words),
            "collector" => {
                match words.get(1..).map(|rest| rest.join(" ")).as_deref() {
                    Some("behind path") => self.truth.collector.behind_path = true,
                    Some("watches center") => self.truth.collector.watches = true,
                    Some(_) | None => {
                        let hint = "write: collector behind path, or: collector watches center";
                        return Err(wrong(words.join(" "), hint));
                    }
                }
                Ok(())
            }
            "line" => {
                let id = rest.value("line")?.to_owned();
                self.truth.lines.push(Line { id, ..Line::default() });
                Ok(())
            }
            "mains" => {
                let id = rest.value("mains")?.to_owned();
                self.truth.mains.push(Mains { id, ..Mains::default() });
                Ok(())
            }
            "office" => self.office(rest),
            "hours" => {
                let week = hours::week(&words[1..].join(" "));
                let week = week.map_err(|hint| wrong(words.join(" "), hint))?;
                self.hours.last_mut().ok_or_else(homeless)?.week = week;
                Ok(())
            }
            "day" => {
                let text = rest.value("day")?;
                let day = moment::date(text).map_err(|hint| wrong(text, hint))?;
                let text = words[2..].join(" ");
                let text = if text == "closed" { String::new() } else { text };
                self.hours.last_mut().ok_or_else(homeless)?.days.insert(day, text);
                Ok(())
            }
            "generator" => self.generator(rest),
            "station" => self.station(rest),
            other => Err(wrong(
                format!("\"{other}\" begins no line"),
                "begin with zone, seed, cycle, play, collector, line, mains, office, hours, day, \
                 generator, station, a day as 2026-11-24 or a time as 09:05",
            )),
        }
    }

    fn play(&mut self, words: &[String]) -> Outcome {
        let form = "write: play 2026-11-24 07:00 to 2026-11-24 17:00";
        let [_, first, from, to, last, until] = words else {
            return Err(wrong(words.join(" "), form));
        };
        if to != "to" {
            return Err(wrong(words.join(" "), form));
        }
        let zone = self.zone();
        let at = |day: &str, time: &str| -> Result<Second, Hint> {
            moment::second(moment::date(day)?, time, &zone)
        };
        let from = at(first, from).map_err(|hint| wrong(words.join(" "), hint))?;
        let to = at(last, until).map_err(|hint| wrong(words.join(" "), hint))?;
        if to <= from {
            return Err(wrong("it ends before it begins", form));
        }
        self.play = Some(Span { from, to });
        self.day = moment::date(first).ok();
        Ok(())
    }

    fn office(&mut self, mut rest: Words) -> Outcome {
        let mut office = Office {
            id: rest.value("office")?.to_owned(),
            stations_needed: 1,
            router: Router { starts_in: 60, ..Router::default() },
            open_after: 60,
            close_after: 60,
            merge_within: 300,
            opening_grace: 600,
            settle_after: 14 * 86_400,
            ..Office::default()
        };
        let here = self.truth.offices.len();
        let by_id = |list: Vec<(On, String)>, id: &str| -> Result<usize, (String, String)> {
            let known: Vec<&str> = list.iter().map(|(_, id)| id.as_str()).collect();
            let found = known.iter().position(|other| *other == id);
            found.ok_or_else(|| wrong(format!("\"{id}\" is not declared above"), known.join(", ")))
        };
        while let Some(word) = rest.word() {
            match word {
                "name" => office.name = rest.value(word)?.to_owned(),
                "zone" => {
                    let name = rest.value(word)?;
                    let zone = moment::zone(name).map_err(|hint| wrong(name, hint))?;
                    office.zone = name.to_owned();
                    self.zone.get_or_insert(zone);
                }
                "line" => office.line = by_id(all(&self.truth, Names::Line), rest.value(word)?)?,
                "mains" => office.mains = by_id(all(&self.truth, Names::Mains), rest.value(word)?)?,
                "mains-named" => office.mains_named = true,
                "needed" => {
                    let text = rest.value(word)?;
                    office.stations_needed =
                        text.parse().map_err(|_| wrong(text, "write a whole number"))?;
                }
                "via" => self.relays.push((here, self.line, rest.value(word)?.to_owned())),
                "router-ups" => office.router.ups_for = rest.duration(word)?,
                "router-starts" => office.router.starts_in = rest.duration(word)?,
                "provider-battery" => office.provider_battery = Some(rest.duration(word)?),
                "open-after" => office.open_after = rest.duration(word)?,
                "close-after" => office.close_after = rest.duration(word)?,
                "merge-within" => office.merge_within = rest.duration(word)?,
                "opening-grace" => office.opening_grace = rest.duration(word)?,
                "settle-after" => office.settle_after = rest.duration(word)?,
                other => {
                    return Err(wrong(
                        format!("an office has no \"{other}\""),
                        "name, zone, line, mains, mains-named, needed, via, router-ups, \
                         router-starts, provider-battery, open-after, close-after, merge-within, \
                         opening-grace, settle-after",
                    ));
                }
            }
        }
        self.truth.offices.push(office);
        self.hours.push(Hours::default());
        Ok(())
    }

    fn generator(&mut self, mut rest: Words) -> Outcome {
        let mut generator = Generator::default();
        let here = self.truth.offices.len().checked_sub(1).ok_or_else(homeless)?;
        while let Some(word) = rest.word() {
            match word {
                "starts" => generator.starts_after = Some(rest.duration(word)?),
                "fuel" => generator.fuel_for = Some(rest.duration(word)?),
                "asked-by" => self.askers.push((here, self.line, rest.value(word)?.to_owned())),
                other => {
                    return Err(wrong(
                        format!("a generator has no \"{other}\""),
                        "starts, fuel, asked-by; without starts it never does",
                    ));
                }
            }
        }
        self.truth.offices[here].generator = Some(generator);
        Ok(())
    }

    fn station(&mut self, mut rest: Words) -> Outcome {
        let id = rest.value("station")?.to_owned();
        let mut station = Station { id, boots_in: 60, ..Station::default() };
        let mut ups = Ups { low: 120, asked: true, ..Ups::default() };
        let mut has_ups = false;
        while let Some(word) = rest.word() {
            match word {
                "boots" => station.boots_in = rest.duration(word)?,
                "ups" => {
                    ups.holds = rest.duration(word)?;
                    has_ups = true;
                }
                "ups-low" => ups.low = rest.duration(word)?,
                "ups-orders-shutdown" => ups.orders_shutdown = true,
                "ups-unasked" => ups.asked = false,
                "needs-device" => station.needs_device = true,
                "log-tells-power" => station.log_tells_power = true,
                "clock-drift" => station.clock.drift_ppm = rest.ppm()?,
                "clock-ahead" => station.clock.wall_ahead = rest.duration(word)?,
                "clock-after-cut" => {
                    let text = rest.value(word)?;
                    let day = moment::date(text).map_err(|hint| wrong(text, hint))?;
                    let at = moment::second(day, rest.value(word)?, &TimeZone::UTC);
                    station.clock.wall_after_cut = Some(at.map_err(|hint| wrong(text, hint))?);
                }
                "clock-set-after" => station.clock.set_right_after = Some(rest.duration(word)?),
                other => {
                    return Err(wrong(
                        format!("a station has no \"{other}\""),
                        "boots, ups, ups-low, ups-orders-shutdown, ups-unasked, needs-device, \
                         log-tells-power, clock-drift, clock-ahead, clock-after-cut, \
                         clock-set-after",
                    ));
                }
            }
        }
        station.ups = has_ups.then_some(ups);
        self.truth.offices.last_mut().ok_or_else(homeless)?.stations.push(station);
        Ok(())
    }

    fn event(&mut self, words: &[String]) -> Outcome {
        let day = self.day.ok_or_else(|| {
            wrong("a time without a day", "give the day on a line above, as 2026-11-24")
        })?;
        let zone = self.zone();
        let at = moment::second(day, &words[0], &zone).map_err(|hint| wrong(&words[0], hint))?;
        let subject = words.get(1).map_or("", String::as_str);
        let rest = words.get(2..).unwrap_or_default();
        match subject {
            "plan" => return self.plan(at, day, rest),
            "acknowledged" => {
                let word = rest.first().map_or("", String::as_str);
                let found = find(&self.truth, Names::Office, word);
                let On::Office(office) = found.map_err(|hint| wrong(words.join(" "), hint))? else {
                    return Ok(());
                };
                self.truth.acks.push(Ack { office, at });
                return Ok(());
            }
            _ => {}
        }
        self.moment(at, subject, rest)
            .or_else(|| self.switch(at, subject, rest))
            .unwrap_or_else(|| Err(wrong(words[1..].join(" "), known(subject))))
    }

    /// The thing named before `phrase`, and the duration after it where one is due.
    fn match_phrase(
        &self,
        rest: &[String],
        names: Names,
        phrase: &str,
        counts: bool,
    ) -> Option<Result<(On, i64), (String, String)>> {
        let phrase: Vec<&str> = phrase.split(' ').collect();
        let ends = |words: &[String]| {
            words.len() == phrase.len() + usize::from(counts)
                && phrase.iter().zip(words).all(|(a, b)| a == b)
        };
        let (name, tail) = match rest.split_first() {
            Some(_) if ends(rest) => ("", rest),
            Some((name, tail)) if ends(tail) && names != Names::Only => (name.as_str(), tail),
            Some(_) | None => return None,
        };
        let length = match tail.last().filter(|_| counts) {
            Some(text) => match moment::duration(text) {
                Ok(length) => length,
                Err(hint) => return Some(Err(wrong(text, hint))),
            },
            None => 0,
        };
        let on = find(&self.truth, names, name).map_err(|hint| wrong(rest.join(" "), hint));
        Some(on.map(|on| (on, length)))
    }

    fn moment(&mut self, at: Second, subject: &str, rest: &[String]) -> Option<Outcome> {
        MOMENTS.iter().filter(|m| m.subject == subject).find_map(|moment| {
            let found = self.match_phrase(rest, moment.names, moment.word, moment.counts)?;
            Some(found.map(|(on, length)| (moment.add)(&mut self.truth, on, at, length)))
        })
    }

    fn switch(&mut self, at: Second, subject: &str, rest: &[String]) -> Option<Outcome> {
        let rows = || SWITCHES.iter().enumerate().filter(|(_, s)| s.subject == subject);
        for (row, switch) in rows() {
            if let Some(found) = self.match_phrase(rest, switch.names, switch.open, switch.counts) {
                return Some(found.and_then(|(on, length)| {
                    let known = (row, format!("{on:?}"));
                    let before = self.open.insert(known, (on, at, length, self.line));
                    before.map_or(Ok(()), |(_, _, _, line)| {
                        let what = format!("it is so already since line {line}");
                        Err(wrong(what, format!("end that first with {subject} {}", switch.close)))
                    })
                }));
            }
            if let Some(found) = self.match_phrase(rest, switch.names, switch.close, false) {
                return Some(found.and_then(|(on, _)| self.close(at, switch, on)));
            }
        }
        None
    }

    /// Ends whichever of the rows with these closing words is open there.
    fn close(&mut self, at: Second, closing: &Switch, on: On) -> Outcome {
        let group = |s: &Switch| s.subject == closing.subject && s.close == closing.close;
        let name = format!("{on:?}");
        let open = self.open.keys().find(|(row, whose)| group(&SWITCHES[*row]) && *whose == name);
        let Some(key) = open.cloned() else {
            let words = SWITCHES.iter().filter(|s| group(s)).map(|s| s.open);
            let hint = format!("begin it first: {}", words.collect::<Vec<_>>().join(", "));
            return Err(wrong(format!("nothing ends here with \"{}\"", closing.close), hint));
        };
        let Some((on, from, length, _)) = self.open.remove(&key) else { return Ok(()) };
        if at <= from {
            return Err(wrong("it ends before it begins", "put the lines in order of time"));
        }
        (SWITCHES[key.0].add)(&mut self.truth, on, Span { from, to: at }, length);
        Ok(())
    }

    fn plan(&mut self, declared: Second, day: Date, rest: &[String]) -> Outcome {
        let form = "write: 12:00 plan office palaran from 13:00 to 15:00, or: plan center from \
                    2026-11-25 13:00 without end";
        let bad = || wrong(format!("plan {}", rest.join(" ")), form);
        let at = rest.iter().position(|word| word == "from").ok_or_else(bad)?;
        let (kind, name) = match rest.get(..at).unwrap_or_default() {
            [kind] => (kind.as_str(), ""),
            [kind, name] => (kind.as_str(), name.as_str()),
            _ => return Err(bad()),
        };
        let found = |names| find(&self.truth, names, name).map_err(|hint| wrong(name, hint));
        let scope = match kind {
            "office" => found(Names::Office)?,
            "line" => found(Names::Line)?,
            "mains" => found(Names::Mains)?,
            "center" => On::Only,
            _ => return Err(bad()),
        };
        let scope = match scope {
            On::Office(i) => Scope::Office(i),
            On::Line(i) => Scope::Line(i),
            On::Mains(i) => Scope::Mains(i),
            On::Only | On::Station(..) => Scope::Center,
        };
        let zone = self.zone();
        let mut times = Words { words: rest, next: at + 1 };
        let mut day = day;
        let mut time = |times: &mut Words| -> Result<Second, (String, String)> {
            let mut word = times.value("from")?;
            if let Ok(other) = moment::date(word) {
                day = other;
                word = times.value("from")?;
            }
            moment::second(day, word, &zone).map_err(|hint| wrong(word, hint))
        };
        let from = time(&mut times)?;
        let to = match times.word() {
            Some("to") => time(&mut times)?,
            Some("without") => from + PLAN_LIMIT,
            Some(_) | None => return Err(bad()),
        };
        self.truth.plans.push(Plan { scope, span: Span { from, to }, declared });
        Ok(())
    }

    /// What the lines together mean.
    fn finish(mut self) -> Result<Truth, Vec<Problem>> {
        let zone = self.zone();
        let Some(play) = self.play else {
            self.line = 1;
            let hint = "write: play 2026-11-24 07:00 to 2026-11-24 17:00, above the events";
            self.problem("it does not say what is played".to_owned(), hint.to_owned());
            return Err(self.problems);
        };
        self.truth.span = play;
        for (i, hours) in self.hours.iter().enumerate() {
            let office = &mut self.truth.offices[i];
            let own = moment::zone(&office.zone).unwrap_or_else(|_| zone.clone());
            match hours::open(hours, play, &own) {
                Ok(open) => office.open = open,
                Err(hint) => self.problems.push(Problem {
                    file: self.file.to_owned(),
                    line: 1,
                    what: format!("the hours of {} make no sense", office.id),
                    hint: hint.to_owned(),
                }),
            }
        }
        for (office, line, name) in std::mem::take(&mut self.relays) {
            self.line = line;
            match find(&self.truth, Names::Office, &name) {
                Ok(On::Office(via)) => self.truth.offices[office].via = Some(via),
                Ok(_) | Err(_) => {
                    self.problem(format!("no office \"{name}\""), "via an office's id".into())
                }
            }
        }
        for (office, line, name) in std::mem::take(&mut self.askers) {
            self.line = line;
            let asker = self.truth.offices[office].stations.iter().position(|s| s.id == name);
            match (asker, &mut self.truth.offices[office].generator) {
                (Some(asker), Some(generator)) => generator.asked_by.push(asker),
                _ => self.problem(
                    format!("no station \"{name}\" in that office"),
                    "asked-by one of its stations".to_owned(),
                ),
            }
        }
        // What nobody ended lasts to the end of the play.
        for ((row, _), (on, from, length, line)) in std::mem::take(&mut self.open) {
            if from < play.to {
                (SWITCHES[row].add)(&mut self.truth, on, Span { from, to: play.to }, length);
            } else {
                self.line = line;
                self.problem(
                    "it begins after the play".into(),
                    "give it an end, or play on".into(),
                );
            }
        }
        if self.problems.is_empty() { Ok(self.truth) } else { Err(self.problems) }
    }
}

fn homeless() -> (String, String) {
    wrong("it belongs to no office", "put it below an office line")
}

/// What can be said of a subject.
fn known(subject: &str) -> String {
    let switches = SWITCHES.iter().filter(|s| s.subject == subject);
    let mut words: Vec<&str> = switches.flat_map(|s| [s.open, s.close]).collect();
    words.extend(MOMENTS.iter().filter(|m| m.subject == subject).map(|m| m.word));
    words.dedup();
    if words.is_empty() {
        let mut subjects: Vec<&str> = SWITCHES.iter().map(|s| s.subject).collect();
        subjects.extend(MOMENTS.iter().map(|m| m.subject));
        subjects.extend(["plan", "acknowledged"]);
        subjects.sort_unstable();
        subjects.dedup();
        return format!("what happens begins with {}", subjects.join(", "));
    }
    format!("write {subject}, whose it is, and one of: {}", words.join(", "))
}

/// The words of a line, one after the other.
struct Words<'a> {
    words: &'a [String],
    next: usize,
}

impl<'a> Words<'a> {
    fn word(&mut self) -> Option<&'a str> {
        let word = self.words.get(self.next)?;
        self.next += 1;
        Some(word)
    }

    fn value(&mut self, of: &str) -> Result<&'a str, (String, String)> {
        self.word().ok_or_else(|| wrong(format!("\"{of}\" has no value"), "write it behind"))
    }

    fn duration(&mut self, of: &str) -> Result<i64, (String, String)> {
        let text = self.value(of)?;
        moment::duration(text).map_err(|hint| wrong(text, hint))
    }

    fn ppm(&mut self) -> Result<i64, (String, String)> {
        let text = self.value("clock-drift")?;
        let number = text.strip_suffix("ppm").and_then(|n| n.parse().ok());
        number.ok_or_else(|| wrong(text, "write millionths as 40ppm"))
    }
}
