//! One account in every form against `testdata/report/`, which `UPDATE=1` rewrites, and periods.

use std::collections::BTreeMap;

use siaga_decide::{
    At, Certainty, DownSeconds, Entry, Kind, OfficeId, SavedBy, Span, StationId, StationSeconds,
    Sub, Target, Terms, Unserved, When,
};

use super::*;

fn zone() -> TimeZone {
    TimeZone::get("Asia/Makassar").unwrap()
}

fn at(text: &str) -> At {
    At(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

fn down(parts: &[(Option<Sub>, i64)], likely_seconds: i64) -> DownSeconds {
    let by_sub: BTreeMap<Option<Sub>, i64> = parts.iter().copied().collect();
    DownSeconds { seconds: by_sub.values().sum(), likely_seconds, by_sub }
}

/// All of it between eight and ten.
fn hours() -> [Terms; 24] {
    let mut hours = [Terms::default(); 24];
    hours[8] = Terms { service: 241_200, in_service: 234_077, down: 7_123, ..Terms::default() };
    hours[9] = Terms {
        service: 241_200,
        in_service: 234_078,
        down: 1_137,
        planned: 3_600,
        unobserved: 2_385,
    };
    hours
}

fn weekdays() -> [Terms; 7] {
    let mut days = [Terms::default(); 7];
    days[1] = Terms {
        service: 482_400,
        in_service: 468_155,
        down: 8_260,
        planned: 3_600,
        unobserved: 2_385,
    };
    days
}

fn sample(period: &Period) -> Account {
    let exact = |text: &str| When::exact(at(text));
    Account {
        office: OfficeId::from("selatan"),
        period: period.span(),
        until: at("2026-11-24T06:05:00Z"),
        service_seconds: 482_400,
        in_service_seconds: 468_155,
        down: [
            (Kind::Power, down(&[(None, 60), (Some(Sub::UpsExhausted), 6_440)], 0)),
            (Kind::LinkProvider, down(&[(None, 1_760)], 1_000)),
        ]
        .into(),
        planned_seconds: 3_600,
        unobserved_seconds: 2_385,
        possibly_down_seconds: 120,
        at_risk: [(SavedBy::Battery, 300), (SavedBy::Generator, 5_400)].into(),
        unobserved_by_station: [(StationId::from("pc-1"), 2_385)].into(),
        by_station: [(
            StationId::from("pc-1"),
            StationSeconds { serving: 470_015, not_serving: 10_000, unknown: 2_385 },
        )]
        .into(),
        by_hour: hours(),
        by_weekday: weekdays(),
        outages: vec![
            Entry {
                office: "selatan".into(),
                id: "selatan-20261124-1".into(),
                from: exact("2026-11-24T01:00:40Z"),
                to: Some(exact("2026-11-24T03:17:20Z")),
                down: [(Kind::Power, 6_440), (Kind::LinkProvider, 1_760)].into(),
                planned_seconds: 3_600,
                cause: Some((Kind::Power, Some(Sub::UpsExhausted), Certainty::Certain)),
                acknowledged_by: Some("=HYPERLINK(\"http://x\")".into()),
                provisional: false,
            },
            Entry {
                office: "selatan".into(),
                id: "selatan-20261124-2".into(),
                from: When { lo: at("2026-11-24T04:00:00Z"), hi: at("2026-11-24T04:10:00Z") },
                to: Some(exact("2026-11-24T04:11:00Z")),
                down: [(Kind::Power, 60)].into(),
                planned_seconds: 0,
                cause: Some((Kind::Power, None, Certainty::Likely)),
                acknowledged_by: None,
                provisional: false,
            },
            Entry {
                office: "selatan".into(),
                id: "selatan-20261124-3".into(),
                from: exact("2026-11-24T06:00:00Z"),
                to: None,
                down: BTreeMap::new(),
                planned_seconds: 0,
                cause: None,
                acknowledged_by: None,
                provisional: true,
            },
        ],
        blips: 4,
        unserved: Some(Unserved {
            people: (9, 19),
            extra_hours: (1.125, 4.75),
            target: Some(Target { per_year: 1_500, in_period: Some(121.5) }),
            per_hour: (4.0, 8.0),
            down_seconds: 8_260,
            possibly_down_seconds: 120,
            offices_without: 0,
        }),
        is_final: false,
    }
}

fn compare(file: &str, text: &str) {
    let path = format!("{}/testdata/report/{file}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    assert!(expected == text, "{file} differs; now:\n{text}");
}

#[test]
fn one_account_in_every_form() {
    let zone = zone();
    let period = Period::parse("2026-11", &zone).unwrap();
    let account = sample(&period);
    let notes = [
        HoursNote::NoList { year: 2026 },
        HoursNote::Estimated {
            date: jiff::civil::date(2026, 11, 20),
            name: "Hari Raya".to_owned(),
        },
    ];
    let mut report = Report {
        account: &account,
        period: &period,
        office_name: "Kantor Kecamatan Balikpapan Selatan",
        zone: &zone,
        language: Language::Id,
        notes: &notes,
        closed: None,
        proposal: None,
        parts: &[],
    };
    let render = |report: &Report, format, style| {
        String::from_utf8(render(report, format, style).unwrap()).unwrap()
    };
    compare("account.id.txt", &render(&report, Format::Text, CsvStyle::Plain));
    compare("account.csv", &render(&report, Format::Csv, CsvStyle::Plain));
    compare("account.excel.csv", &render(&report, Format::Csv, CsvStyle::Excel));
    compare("account.json", &render(&report, Format::Json, CsvStyle::Plain));
    report.language = Language::En;
    compare("account.en.txt", &render(&report, Format::Text, CsvStyle::Plain));
}

#[test]
fn the_contract_has_every_key_also_of_an_empty_account() {
    let zone = zone();
    let period = Period::parse("2026-11-24", &zone).unwrap();
    let mut account = sample(&period);
    account.service_seconds = 0;
    account.in_service_seconds = 0;
    account.down.clear();
    account.outages.clear();
    account.at_risk.clear();
    let report = Report {
        account: &account,
        period: &period,
        office_name: "x",
        zone: &zone,
        language: Language::Id,
        notes: &[],
        closed: None,
        proposal: None,
        parts: &[],
    };
    let made = json(&report);
    for key in [
        "service_seconds",
        "in_service_seconds",
        "planned_seconds",
        "unobserved_seconds",
        "possibly_down_seconds",
        "at_risk_seconds",
    ] {
        assert!(made[key].is_i64(), "{key}");
    }
    assert_eq!(made["down_seconds"]["link.provider"], 0);
    assert!(made["down_seconds"].as_object().unwrap().values().all(serde_json::Value::is_i64));
    assert!(made["availability"].is_null() && made["final"].is_boolean());
    assert!(text(&report).contains("Ketersediaan: – ="));
    assert!(csv(&report, CsvStyle::Plain).unwrap().contains(",availability,,,,,,,1,"));
}

#[test]
fn no_cell_becomes_a_formula() {
    let zone = zone();
    let period = Period::parse("2026-11-24", &zone).unwrap();
    let mut account = sample(&period);
    account.office = "@sum".into();
    account.unobserved_by_station = [(StationId::from("-1+1"), 5)].into();
    let notes = [HoursNote::HolidaysUnused];
    let report = Report {
        account: &account,
        period: &period,
        office_name: "x",
        zone: &zone,
        language: Language::Id,
        notes: &notes,
        closed: None,
        proposal: None,
        parts: &[],
    };
    for (style, delimiter) in [(CsvStyle::Plain, b','), (CsvStyle::Excel, b';')] {
        let made = csv(&report, style).unwrap();
        let body = made.strip_prefix('\u{feff}').unwrap_or(&made);
        let mut reader =
            ::csv::ReaderBuilder::new().delimiter(delimiter).from_reader(body.as_bytes());
        let mut rows = 0;
        for row in reader.records() {
            for cell in row.unwrap().iter() {
                assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
            }
            rows += 1;
        }
        assert!(rows > 15);
    }
}

#[test]
fn periods_are_civil_time_of_the_office() {
    let span = |from: &str, to: &str| Span { from: at(from), to: at(to) };
    let month = Period::parse("2026-11", &zone()).unwrap();
    assert_eq!(month.span(), span("2026-10-31T16:00:00Z", "2026-11-30T16:00:00Z"));
    assert!(month.is_month());
    let day = Period::parse("2026-12-31", &zone()).unwrap();
    assert_eq!(day.span(), span("2026-12-30T16:00:00Z", "2026-12-31T16:00:00Z"));
    assert_eq!(day.name(), "2026-12-31");
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    let short = Period::parse("2026-03-29", &berlin).unwrap();
    assert_eq!(short.span().to - short.span().from, 23 * 3_600_000);
    let february = Period::parse("2028-02", &zone()).unwrap();
    assert_eq!((february.span().to - february.span().from) / 86_400_000, 29);
    for text in [
        "",
        "2026",
        "2026-13",
        "2026-00",
        "2026-1",
        "2026-02-30",
        "2026-11-24 ",
        "26-11",
        "2026/11",
        "2026-11-2x",
        "+026-11",
        "2026-+1",
        "9999-12",
        "২০২৬-১১",
        "2026-11-24T00:00",
        "-026-11",
        "2026-11/24",
    ] {
        let error = Period::parse(text, &zone()).unwrap_err();
        assert_eq!(error.given, text);
        assert!(error.hint.contains("2026-11-24"));
    }
}
