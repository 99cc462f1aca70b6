//! Service hours on the examples that people write, in three Indonesian zones and one with
//! clocks that change.

use std::path::Path;

use super::*;

const EXAMPLE: &str =
    "Mo-Th 08:00-12:00,13:00-16:00; Fr 08:00-11:30,13:00-16:30; PH off; 2026 Mar 21 09:00-12:00";

fn shipped() -> Vec<HolidayList> {
    ["2025", "2026", "2027"]
        .iter()
        .map(|year| {
            let path = format!("{}/../config/holidays/id-{year}.toml", env!("CARGO_MANIFEST_DIR"));
            let text = std::fs::read_to_string(&path).unwrap();
            load_holidays(Path::new(&path), &text).unwrap()
        })
        .collect()
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn at(text: &str) -> At {
    At(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

fn range(from: &str, to: &str) -> Span {
    Span { from: at(from), to: at(to) }
}

fn open(hours: &Hours, from: &str, to: &str) -> Vec<String> {
    let calendar = evaluate(hours, range(from, to));
    assert_eq!(calendar.known, Some(range(from, to)));
    calendar.open.iter().map(|s| format!("{:?} {:?}", s.from, s.to)).collect()
}

#[test]
fn the_week_of_idul_fitri() {
    let hours = Hours::parse(EXAMPLE, &zone("Asia/Makassar"), &shipped(), false).unwrap();
    // Thursday is Nyepi, Friday joint leave (this office works), Saturday Idul Fitri with the
    // special opening that stands after "PH off".
    assert_eq!(
        open(&hours, "2026-03-17T16:00:00Z", "2026-03-22T16:00:00Z"),
        [
            "2026-03-18T00:00:00Z 2026-03-18T04:00:00Z",
            "2026-03-18T05:00:00Z 2026-03-18T08:00:00Z",
            "2026-03-20T00:00:00Z 2026-03-20T03:30:00Z",
            "2026-03-20T05:00:00Z 2026-03-20T08:30:00Z",
            "2026-03-21T01:00:00Z 2026-03-21T04:00:00Z",
        ]
    );
}

#[test]
fn joint_leave_closes_those_who_say_so() {
    let hours = Hours::parse(EXAMPLE, &zone("Asia/Makassar"), &shipped(), true).unwrap();
    assert_eq!(
        open(&hours, "2026-03-17T16:00:00Z", "2026-03-22T16:00:00Z"),
        ["2026-03-21T01:00:00Z 2026-03-21T04:00:00Z"]
    );
}

#[test]
fn indonesia_has_three_zones() {
    for (name, expected) in [
        ("Asia/Jakarta", "2026-11-24T01:00:00Z 2026-11-24T09:00:00Z"),
        ("Asia/Makassar", "2026-11-24T00:00:00Z 2026-11-24T08:00:00Z"),
        ("Asia/Jayapura", "2026-11-23T23:00:00Z 2026-11-24T07:00:00Z"),
    ] {
        let hours = Hours::parse("Mo-Fr 08:00-16:00", &zone(name), &[], false).unwrap();
        assert_eq!(open(&hours, "2026-11-23T12:00:00Z", "2026-11-24T12:00:00Z"), [expected]);
    }
}

#[test]
fn clocks_that_change() {
    let berlin = zone("Europe/Berlin");
    let hours = Hours::parse("Mo-Su 00:00-24:00", &berlin, &[], false).unwrap();
    let day = |text: &str| {
        let from = text.parse::<civil::Date>().unwrap().to_zoned_datetime(berlin.clone()).unwrap();
        let to = from.tomorrow().unwrap();
        let of = |z: &jiff::ZonedDateTime| At(z.timestamp().as_millisecond());
        evaluate(&hours, Span { from: of(&from), to: of(&to) })
    };
    let total = |calendar: &Calendar| -> i64 { calendar.open.iter().map(|s| s.to - s.from).sum() };
    assert_eq!(total(&day("2026-03-29")), 23 * 3_600_000);
    assert_eq!(total(&day("2026-10-25")), 25 * 3_600_000);
    // Hours that begin or end inside the gap or the fold.
    let night = Hours::parse("02:15-02:45,02:50-03:10", &berlin, &[], false).unwrap();
    assert_eq!(
        open(&night, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
        ["2026-03-29T01:00:00Z 2026-03-29T01:10:00Z"]
    );
    assert_eq!(
        open(&night, "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
        ["2026-10-25T00:15:00Z 2026-10-25T00:45:00Z", "2026-10-25T00:50:00Z 2026-10-25T02:10:00Z",]
    );
}

#[test]
fn hours_over_midnight_are_clipped_to_the_range_and_merged() {
    let hours = Hours::parse("Fr 20:00-02:00, Sa 02:00-04:00", &zone("UTC"), &[], false).unwrap();
    assert_eq!(
        open(&hours, "2026-11-27T21:00:00Z", "2026-11-29T00:00:00Z"),
        ["2026-11-27T21:00:00Z 2026-11-28T04:00:00Z"]
    );
    // The part after midnight belongs to the day before.
    assert_eq!(
        open(&hours, "2026-11-28T00:00:00Z", "2026-11-28T01:00:00Z"),
        ["2026-11-28T00:00:00Z 2026-11-28T01:00:00Z"]
    );
    assert!(open(&hours, "2026-11-28T04:00:00Z", "2026-11-29T00:00:00Z").is_empty());
}

#[test]
fn a_rule_for_a_day_replaces_the_end_of_the_night_before_too() {
    let (from, to) = ("2026-11-28T12:00:00Z", "2026-11-29T12:00:00Z");
    let replaced = Hours::parse("Sa 22:00-26:30; Su 08:00-09:00", &zone("UTC"), &[], false);
    assert_eq!(
        open(&replaced.unwrap(), from, to),
        ["2026-11-28T22:00:00Z 2026-11-29T00:00:00Z", "2026-11-29T08:00:00Z 2026-11-29T09:00:00Z"]
    );
    let added = Hours::parse("Sa 22:00-26:30, Su 08:00-09:00", &zone("UTC"), &[], false);
    assert_eq!(
        open(&added.unwrap(), from, to),
        ["2026-11-28T22:00:00Z 2026-11-29T02:30:00Z", "2026-11-29T08:00:00Z 2026-11-29T09:00:00Z"]
    );
}

#[test]
fn ramadan_is_a_range_of_dates() {
    let text = "Mo-Fr 08:00-16:00; 2026 Feb 18-2026 Mar 20 Mo-Fr 08:00-15:00; PH off";
    let hours = Hours::parse(text, &zone("UTC"), &shipped(), true).unwrap();
    assert_eq!(
        open(&hours, "2026-02-17T00:00:00Z", "2026-02-19T00:00:00Z"),
        ["2026-02-18T08:00:00Z 2026-02-18T15:00:00Z"]
    );
    assert_eq!(
        open(&hours, "2026-04-06T00:00:00Z", "2026-04-07T00:00:00Z"),
        ["2026-04-06T08:00:00Z 2026-04-06T16:00:00Z"]
    );
}

#[test]
fn ramadan_has_hours_of_its_own() {
    let usual = Hours::parse("Mo-Fr 08:00-16:00; PH off", &zone("UTC"), &shipped(), true).unwrap();
    let hours = usual.clone().with_ramadan("Mo-Fr 08:00-12:00,12:30-15:00; PH off").unwrap();
    // Wednesday before, the first day, the last working day and the Monday of joint leave after.
    for (day, expected) in [
        ("2026-02-18", vec!["08:00 16:00"]),
        ("2026-02-19", vec!["08:00 12:00", "12:30 15:00"]),
        ("2026-03-17", vec!["08:00 12:00", "12:30 15:00"]),
        ("2026-03-20", vec![]),
        ("2026-03-23", vec![]),
        ("2026-03-25", vec!["08:00 16:00"]),
        ("2025-03-28", vec![]),
        ("2025-03-03", vec!["08:00 12:00", "12:30 15:00"]),
        ("2027-02-05", vec![]),
        ("2027-02-08", vec!["08:00 12:00", "12:30 15:00"]),
    ] {
        let whole = |time: &str| format!("{day}T{time}:00Z");
        let expected: Vec<String> = expected
            .iter()
            .map(|span| span.split(' ').map(whole).collect::<Vec<String>>().join(" "))
            .collect();
        let next = day.parse::<civil::Date>().unwrap().tomorrow().unwrap();
        let (from, to) = (format!("{day}T00:00:00Z"), format!("{next}T00:00:00Z"));
        assert_eq!(open(&hours, &from, &to), expected, "{day}");
    }
    // A year without dates keeps the usual hours, and both facts are told.
    let far = range("2027-06-01T00:00:00Z", "2028-06-01T00:00:00Z");
    assert!(hours.notes(far).contains(&HoursNote::NoRamadan { year: 2028 }));
    assert_eq!(evaluate(&hours, far), evaluate(&usual, far));
    let near = range("2027-02-10T00:00:00Z", "2027-02-11T00:00:00Z");
    let estimated = HoursNote::RamadanEstimated {
        first: civil::date(2027, 2, 8),
        last: civil::date(2027, 3, 9),
    };
    assert_eq!(hours.notes(near), [estimated]);
    assert!(usual.notes(near).is_empty());
    assert_eq!(hours.holidays_known_to(), Some(civil::date(2027, 12, 31)));
    // Who closes on holidays closes on them in Ramadan too.
    let error = usual.clone().with_ramadan("Mo-Fr 08:00-15:00").unwrap_err();
    assert!(error.hint.contains("PH off"), "{error:?}");
    assert_eq!(usual.with_ramadan("Mo-Fry 08:00-15:00; PH off").unwrap_err().column, 6);
}

#[test]
fn a_list_with_an_impossible_ramadan_is_refused() {
    let text = |first: &str, last: &str| {
        format!(
            "year = 2026\nsource = \"x\"\n[[ramadan]]\nfirst = {first}\nlast = {last}\n\
             source = \"y\"\n"
        )
    };
    let load = |text: &str| load_holidays(Path::new("id-2026.toml"), text);
    assert_eq!(load(&text("2026-02-19", "2026-03-20")).unwrap().ramadan.len(), 1);
    for (first, last, what) in [
        ("2026-02-19", "2026-04-20", "are 61 days"),
        ("2026-03-20", "2026-02-19", "days"),
        ("2025-03-01", "2025-03-30", "is not in 2026"),
        ("\"2026-02-19\"", "2026-03-20", ""),
        ("2026-02-19T00:00:00", "2026-03-20", "is not from a date"),
    ] {
        let problems = load(&text(first, last)).unwrap_err();
        assert!(problems[0].what.contains(what) && problems[0].line == 4, "{problems:?}");
    }
    let twice = text("2026-02-19", "2026-03-20")
        + "[[ramadan]]\nfirst = 2026-03-01\nlast = 2026-03-30\nsource = \"z\"\n";
    assert_eq!(load(&twice).unwrap_err()[0].path, "ramadan[1].first");
}

#[test]
fn always_and_never() {
    let always = Hours::parse("24/7", &zone("Asia/Jakarta"), &[], false).unwrap();
    assert_eq!(
        open(&always, "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        ["2026-01-01T00:00:00Z 2027-01-01T00:00:00Z"]
    );
    let never = Hours::parse("off", &zone("Asia/Jakarta"), &[], false).unwrap();
    assert!(open(&never, "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z").is_empty());
    let now = at("2026-01-01T00:00:00Z");
    for nothing in [Span { from: now, to: now }, Span { from: At(i64::MIN), to: At(i64::MAX) }] {
        assert_eq!(evaluate(&always, nothing), Calendar::default());
    }
}

#[test]
fn spans_stay_sorted_and_apart_for_years() {
    for name in ["Asia/Makassar", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe"] {
        let text = "Mo-Sa 00:00-02:30,02:40-24:00; Su 22:00-26:00; PH off";
        let hours = Hours::parse(text, &zone(name), &shipped(), true).unwrap();
        let all = range("2025-01-01T00:00:00Z", "2028-01-01T00:00:00Z");
        let calendar = evaluate(&hours, all);
        assert!(calendar.open.iter().all(|s| s.from < s.to), "{name}");
        assert!(calendar.open.windows(2).all(|w| w[0].to < w[1].from), "{name}");
        // Any part, asked alone, is the same part of the whole.
        for start in ["2026-03-28T11:11:00Z", "2026-10-24T23:59:59Z", "2026-11-01T05:00:00Z"] {
            let part = Span { from: at(start), to: at(start) + 3 * 86_400_000 };
            let clipped: Vec<Span> = calendar
                .open
                .iter()
                .map(|s| Span { from: s.from.max(part.from), to: s.to.min(part.to) })
                .filter(|s| s.from < s.to)
                .collect();
            assert_eq!(evaluate(&hours, part).open, clipped, "{name} {start}");
        }
    }
}

#[test]
fn errors_say_where_and_what_to_write() {
    let parse = |text: &str| Hours::parse(text, &zone("UTC"), &[], false).unwrap_err();
    let error = parse("Senin-Jumat 08:00-16:00");
    assert_eq!(error.column, 1);
    assert!(error.hint.contains("Mo instead of senin"), "{error:?}");
    let error = parse("Mo-Fri 08:00-16:00");
    assert_eq!(error.column, 6);
    assert!(error.hint.contains("Fr instead of fri"), "{error:?}");
    let error = parse("Mo-Fr 08:00-16:00; XX off");
    assert!((19..=21).contains(&error.column), "{error:?}");
    let error = parse("Mo-Fr 08.00-16.00");
    assert_eq!(error.hint, "times have a colon: 08:00, not 08.00");
    let error = parse("Mo-Fr 08:00-16:00; PH libur");
    assert_eq!(error.hint, "closed is \"off\": PH off");
    for text in ["", "   ", ";", "Mo-Fr 08:00-", "Mo-Fr 25:00-26:00", "€", "\"", "Mo-Fr 8-16"] {
        let error = parse(text);
        assert!(!error.what.is_empty() && !error.hint.is_empty() && error.column > 0, "{text:?}");
    }
}

#[test]
fn what_nobody_knows_is_refused() {
    let parse = |text: &str| Hours::parse(text, &zone("UTC"), &[], false);
    assert_eq!(parse("Mo-Fr sunrise-16:00").unwrap_err().column, 7);
    assert_eq!(parse("Mo-Fr 08:00-16:00; SH off").unwrap_err().column, 20);
    assert_eq!(parse("Mo-Fr 08:00-16:00 unknown").unwrap_err().column, 19);
    parse("Mo-Fr 08:00-16:00 open \"dusk, SH or unknown: call\"").unwrap();
}

#[test]
fn notes_tell_what_a_figure_rests_on() {
    let (lists, utc) = (shipped(), zone("UTC"));
    let year = range("2027-01-01T00:00:00Z", "2028-06-01T00:00:00Z");
    let with = Hours::parse("Mo-Fr 08:00-16:00; PH off", &utc, &lists, true).unwrap();
    let dates: Vec<String> = with
        .notes(year)
        .iter()
        .map(|note| match note {
            HoursNote::Estimated { date, .. } => date.to_string(),
            HoursNote::NoList { year } => year.to_string(),
            HoursNote::HolidaysUnused => "unused".to_owned(),
            HoursNote::NoRamadan { year } => format!("no Ramadan in {year}"),
            HoursNote::RamadanEstimated { first, last } => format!("Ramadan {first} {last}"),
        })
        .collect();
    let february_to_march =
        ["2027-02-05", "2027-03-09", "2027-03-10", "2027-03-11", "2027-03-12", "2027-03-15"];
    let later = ["2027-03-25", "2027-05-17", "2027-05-18", "2027-05-19", "2027-12-24"];
    assert_eq!(dates, [&["2028"][..], &february_to_march, &later].concat());
    let month = range("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z");
    assert!(with.notes(month).is_empty());
    let without = Hours::parse("Mo-Fr 08:00-16:00", &utc, &lists, true).unwrap();
    assert_eq!(without.notes(month), [HoursNote::HolidaysUnused]);
    assert!(Hours::parse("24/7", &utc, &[], true).unwrap().notes(month).is_empty());
}

#[test]
fn the_shipped_lists_are_complete() {
    let count = |list: &HolidayList, kind| list.days.iter().filter(|d| d.kind == kind).count();
    let lists = shipped();
    for (list, national, leave) in [(&lists[0], 17, 11), (&lists[1], 17, 8), (&lists[2], 18, 8)] {
        assert_eq!(count(list, DayKind::National), national, "{}", list.name);
        assert_eq!(count(list, DayKind::JointLeave), leave, "{}", list.name);
        assert!(list.year.is_some() && list.source.contains("Keputusan Bersama"));
    }
}

#[test]
fn a_list_with_mistakes_names_all_of_them() {
    let text = "year = 2026\nsource = \"x\"\n\n[[day]]\ndate = 2026-01-01\nname = \"a\"\n\
                kind = \"national\"\n\n[[day]]\ndate = 2026-01-01\nname = \"\"\nkind = \"local\"\n\
                \n[[day]]\ndate = 2025-12-31\nname = \"b\"\nkind = \"cuti_bersama\"\n";
    let problems = load_holidays(Path::new("id-2026.toml"), text).unwrap_err();
    let places: Vec<(usize, usize, &str)> =
        problems.iter().map(|p| (p.line, p.column, p.path.as_str())).collect();
    assert_eq!(places, [(11, 8, "day[1].name"), (10, 8, "day[1].date"), (15, 8, "day[2].date")]);
    for (text, line) in [
        ("year = 2026\nsource = \"x\"\n[[day]]\ndate = \"2026-01-01\"\nname = \"a\"", 4),
        ("year = 2026\nsource = \"x\"\nextra = 1\n", 3),
        ("source = \"x\"\n[[day]]\ndate = 2026-13-01\n", 3),
        ("source = \"x\"\n[[day]]\ndate = 2026-01-01\nname = \"a\"\nkind = \"weekly\"\n", 5),
        ("source", 1),
    ] {
        let problems = load_holidays(Path::new("x.toml"), text).unwrap_err();
        assert_eq!(problems[0].line, line, "{text:?}: {problems:?}");
        assert!(!problems[0].hint.is_empty());
    }
    let timed =
        "source = \"x\"\n[[day]]\ndate = 2026-01-01T00:00:00\nname = \"a\"\nkind = \"local\"";
    assert_eq!(load_holidays(Path::new("x.toml"), timed).unwrap_err()[0].path, "day[0].date");
}
