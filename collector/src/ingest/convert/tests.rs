//! What senders write, and what the judge gets of it.

use super::*;

fn station() -> StationKey {
    StationKey { office: "palaran".into(), station: "pc-1".into() }
}

fn read(json: &str) -> Result<Heard, Unfit> {
    let report: Report = serde_json::from_str(json).unwrap();
    heard(&report, &station())
}

fn rows(rows: &str) -> Result<Heard, Unfit> {
    read(&format!(r#"{{"v":1,"boot":"b","run":"r","newest":1,"rows":[{rows}]}}"#))
}

fn row(more: &str) -> Result<Heard, Unfit> {
    rows(&format!(r#"{{"seq":1,"at_ms":5,"saw":"answered",{more}}}"#))
}

#[test]
fn the_report_of_the_contract_is_understood() {
    let heard = read(
        r#"{"v":1,"boot":"b","run":"r","newest":812,"now_ms":734900,"wall":"2026-11-24T02:56:00Z",
            "mood":"fine","rows":[
            {"seq":811,"at_ms":734512,"probe":"link.datacenter","saw":"answered",
             "values":{"sent":4,"lost":0,"rtt_seconds":0.031}},
            {"seq":812,"at_ms":734900,"probe":"power.ups","saw":"answered",
             "words":["OB","DISCHRG","OB"],"values":{"battery_charge_ratio":0.88}},
            {"gap":[700,702],"why":"damaged"}]}"#,
    )
    .unwrap();
    assert_eq!(heard.now_ms, Some(734_900));
    assert_eq!(heard.wall, Some(At(1_795_488_960_000)));
    let ranges: Vec<_> = heard.rows.iter().map(decide::Row::range).collect();
    assert_eq!(ranges, [(700, 702), (811, 811), (812, 812)], "in order, however they came");
    let [_, decide::Row::Reading(_, link), decide::Row::Reading(_, ups)] = &heard.rows[..] else {
        panic!("{heard:?}");
    };
    assert_eq!(link.role, Some(decide::Role::Datacenter), "by its name");
    let names: Vec<&str> = link.numbers.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["lost", "rtt_seconds", "sent"]);
    let words: Vec<&str> = ups.answer.words.iter().map(|w| &**w).collect();
    assert_eq!((words, ups.role), (vec!["DISCHRG", "OB"], None), "a set");
}

#[test]
fn a_role_is_said_or_named() {
    let role = |more: &str| {
        let heard = row(more).unwrap();
        let [decide::Row::Reading(_, what)] = &heard.rows[..] else { panic!() };
        what.role
    };
    assert_eq!(role(r#""probe":"link.path.cadangan""#), Some(decide::Role::Path));
    assert_eq!(role(r#""probe":"ke-pusat","role":"gateway""#), Some(decide::Role::Gateway));
    assert_eq!(role(r#""probe":"ke-pusat""#), None);
}

#[test]
fn what_is_out_of_all_bounds_is_refused_and_the_row_is_named() {
    let many = |n: usize, one: fn(usize) -> String| (0..n).map(one).collect::<Vec<_>>().join(",");
    let long = "x".repeat(200);
    let words = many(200, |_| "\"OL\"".into());
    let values = many(300, |n| format!("\"v{n}\":1"));
    for more in [
        format!(r#""probe":"{long}""#),
        r#""probe":"""#.to_owned(),
        r#""probe":"a\u0007""#.to_owned(),
        format!(r#""probe":"x","words":[{words}]"#),
        format!(r#""probe":"x","values":{{{values}}}"#),
        format!(r#""probe":"x","values":{{"{long}":1}}"#),
    ] {
        assert_eq!(row(&more).unwrap_err().row, Some(0), "{more:.60}");
    }
    let late = r#"{"seq":1,"at_ms":1},{"seq":2,"at_ms":99999999999999}"#;
    assert_eq!(rows(late).unwrap_err().row, Some(1));
    let far = r#"{"seq":18446744073709551615,"at_ms":1}"#;
    assert_eq!(rows(far).unwrap_err().row, Some(0));
    let lots = many(5_001, |n| format!(r#"{{"seq":{},"at_ms":1}}"#, n + 1));
    assert_eq!(rows(&lots).unwrap_err().row, None);
    for head in [
        r#""v":0,"boot":"b","run":"r""#.to_owned(),
        r#""v":99,"boot":"b","run":"r""#.to_owned(),
        r#""v":1,"boot":"","run":"r""#.to_owned(),
        format!(r#""v":1,"boot":"b","run":"{long}""#),
        format!(r#""v":1,"boot":"b","run":"r","newest_of":["{long}",1]"#),
        r#""v":1,"boot":"b","run":"r","now_ms":99999999999999"#.to_owned(),
    ] {
        let report = format!(r#"{{{head},"newest":1,"rows":[]}}"#);
        assert_eq!(read(&report).unwrap_err().row, None, "{head:.60}");
    }
}

#[test]
fn texts_of_devices_are_cut_and_clocks_that_cannot_be_read_are_no_hint() {
    let text = "ā".repeat(400);
    let heard = rows(&format!(
        r#"{{"seq":1,"at_ms":5,"wall":"soon","probe":"x","saw":"unreadable","why":"{text}"}}"#
    ))
    .unwrap();
    let [decide::Row::Reading(mark, what)] = &heard.rows[..] else { panic!() };
    assert_eq!(mark.wall, None);
    let decide::Saw::Unreadable(why) = &what.answer.saw else { panic!() };
    assert!(why.len() <= 500 && text.starts_with(&**why));
}

#[test]
fn the_row_that_does_not_parse_is_found() {
    let bad = br#"{"rows":[{"seq":1,"at_ms":1},{"seq":2,"at_ms":1,"probe":"x","saw":"fine"}]}"#;
    assert_eq!(row_at_fault(bad), Some(1));
    for nonsense in ["", "{", "[]", r#"{"rows":5}"#, r#"{"rows":[]}"#, &"[".repeat(100_000)] {
        assert_eq!(row_at_fault(nonsense.as_bytes()), None);
    }
}
