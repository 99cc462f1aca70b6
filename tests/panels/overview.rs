//! The overview dashboard: which panels there are, what each asks and how its answer reads.
//! Every query names a metric of the collector's `/metrics`; none computes a judgement of its own.

use serde_json::{Value, json};

use super::model::{Dashboard, Grid, Look, Panel, Step, Target, now, over_time, rows, source};

const GREEN: &str = "green";
const YELLOW: &str = "#EAB839";
const ORANGE: &str = "orange";
const RED: &str = "red";
const GREY: &str = "#8e8e8e";
const BLUE: &str = "blue";

/// The dashboard as it is committed.
pub(crate) fn text() -> anyhow::Result<String> {
    let mut text = serde_json::to_string_pretty(&dashboard())?;
    text.push('\n');
    Ok(text)
}

/// The dashboard.
pub(crate) fn dashboard() -> Dashboard {
    let mut page = Page::default();
    strip(&mut page);
    offices(&mut page);
    outages(&mut page);
    power(&mut page);
    link(&mut page);
    maintenance(&mut page);
    Dashboard {
        id: None,
        uid: "siaga-overview",
        title: "Siaga: kantor, gangguan, listrik, jaringan",
        description: "Apa yang melayani sekarang, apa sebabnya bila tidak, dan apa yang perlu \
            dirawat. · What serves now, why not where it does not, and what needs maintenance.",
        tags: vec!["siaga"],
        schema_version: 41,
        version: 1,
        editable: false,
        graph_tooltip: 1,
        timezone: "browser",
        refresh: "1m",
        time: json!({ "from": "now-24h", "to": "now" }),
        templating: json!({ "list": variables() }),
        annotations: json!({ "list": [annotation()] }),
        links: vec![],
        panels: page.panels,
    }
}

fn variables() -> Vec<Value> {
    let query = |name: &str, label: &str, metric: &str| {
        let query = format!("label_values({metric}, {name})");
        json!({
            "name": name, "label": label, "type": "query", "datasource": source(),
            "definition": query, "query": { "query": query, "refId": name },
            "refresh": 2, "sort": 1, "multi": true, "includeAll": true, "allValue": ".*",
            "current": { "text": ["All"], "value": ["$__all"] }, "hide": 0, "regex": "",
        })
    };
    vec![
        json!({
            "name": "ds_prometheus", "label": "Prometheus", "type": "datasource",
            "query": "prometheus", "refresh": 1, "hide": 0, "regex": "", "multi": false,
            "includeAll": false,
            "current": { "text": "Siaga", "value": "siaga-prometheus" },
        }),
        query("job", "Server Siaga · Collector", "siaga_office_state"),
        query("office", "Kantor · Office", r#"siaga_office_state{job=~"$job"}"#),
        query("station", "PC · Station", r#"siaga_station_state{job=~"$job", office=~"$office"}"#),
    ]
}

/// One mark per outage.
fn annotation() -> Value {
    json!({
        "name": "Gangguan · Outages", "enable": true, "hide": false, "iconColor": RED,
        "datasource": source(), "expr": OPEN_NOW, "step": "60s",
        "titleFormat": "{{office}}", "textFormat": "{{cause}}", "tagKeys": "cause",
        "target": { "refId": "Anno", "expr": OPEN_NOW, "range": true, "instant": false },
    })
}

const OPEN_NOW: &str =
    r#"sum by (office, cause) (siaga_outage_open{job=~"$job", office=~"$office"}) > 0"#;

/// Lays panels out from left to right, then down.
#[derive(Default)]
struct Page {
    panels: Vec<Panel>,
    x: u32,
    y: u32,
    row_height: u32,
}

/// What distinguishes one panel from the next.
struct Draft {
    kind: &'static str,
    title: &'static str,
    /// The question it answers, Indonesian and English.
    asks: (&'static str, &'static str),
    size: (u32, u32),
    look: Look,
    options: Value,
    targets: Vec<Target>,
}

impl Page {
    fn heading(&mut self, title: &str) {
        self.new_line();
        let grid_pos = Grid { x: 0, y: self.y, w: 24, h: 1 };
        self.y += 1;
        let id = self.next_id();
        self.panels.push(Panel {
            id,
            kind: "row",
            title: title.into(),
            description: String::new(),
            grid_pos,
            collapsed: Some(false),
            datasource: Value::Null,
            targets: vec![],
            field_config: Value::Null,
            options: Value::Null,
            transformations: vec![],
            time_from: None,
            panels: vec![],
        });
    }

    fn add(&mut self, draft: Draft) -> &mut Panel {
        let (w, h) = draft.size;
        if self.x + w > 24 {
            self.new_line();
        }
        let grid_pos = Grid { x: self.x, y: self.y, w, h };
        self.x += w;
        self.row_height = self.row_height.max(h);
        let mut targets = draft.targets;
        for (target, letter) in targets.iter_mut().zip('A'..='Z') {
            target.ref_id = letter.into();
        }
        let panel = Panel {
            id: self.next_id(),
            kind: draft.kind,
            title: draft.title.into(),
            description: format!("{}\n\n{}", draft.asks.0, draft.asks.1),
            grid_pos,
            collapsed: None,
            datasource: source(),
            targets,
            field_config: draft.look.field_config(),
            options: draft.options,
            transformations: vec![],
            time_from: None,
            panels: vec![],
        };
        let at = self.panels.len();
        self.panels.push(panel);
        &mut self.panels[at]
    }

    fn new_line(&mut self) {
        self.y += self.row_height;
        (self.x, self.row_height) = (0, 0);
    }

    fn next_id(&self) -> u32 {
        u32::try_from(self.panels.len()).unwrap_or(u32::MAX - 1) + 1
    }
}

fn stat() -> Value {
    json!({
        "reduceOptions": { "calcs": ["lastNotNull"], "fields": "", "values": false },
        "colorMode": "background", "graphMode": "none", "justifyMode": "center",
        "textMode": "auto", "orientation": "auto", "wideLayout": true
    })
}

fn curves() -> Value {
    json!({
        "legend": { "displayMode": "list", "placement": "bottom", "showLegend": true, "calcs": [] },
        "tooltip": { "mode": "multi", "sort": "desc" }
    })
}

fn bands() -> Value {
    json!({
        "showValue": "never", "rowHeight": 0.85, "mergeValues": true, "alignValue": "left",
        "legend": { "displayMode": "list", "placement": "bottom", "showLegend": true },
        "tooltip": { "mode": "single", "sort": "none" }
    })
}

fn bars() -> Value {
    json!({
        "reduceOptions": { "calcs": ["lastNotNull"], "fields": "", "values": false },
        "orientation": "horizontal", "displayMode": "basic", "showUnfilled": true,
        "valueMode": "color", "namePlacement": "auto", "sizing": "auto"
    })
}

fn table(sort_by: &str) -> Value {
    json!({
        "showHeader": true, "cellHeight": "sm",
        "footer": { "show": false, "reducer": ["sum"], "countRows": false, "fields": "" },
        "sortBy": [{ "displayName": sort_by, "desc": true }]
    })
}

/// Joins the queries of a table on their labels and names the columns.
fn columns(names: &[(&str, &str)]) -> Vec<Value> {
    let rename: serde_json::Map<String, Value> =
        names.iter().map(|(from, to)| ((*from).into(), json!(to))).collect();
    vec![
        json!({ "id": "merge", "options": {} }),
        json!({ "id": "organize", "options": {
            "excludeByName": { "Time": true }, "indexByName": {}, "renameByName": rename
        } }),
    ]
}

const OFFICE_WORDS: [(i64, &str, &str); 3] = [
    (1, "melayani · serving", GREEN),
    (2, "tidak terpantau · unobserved", YELLOW),
    (3, "terganggu · down", RED),
];

const OFFICE_CODE: &str = r#"max by (office) (siaga_office_state{job=~"$job", office=~"$office", state="serving"})
+ 2 * max by (office) (siaga_office_state{job=~"$job", office=~"$office", state="unobserved"})
+ 3 * max by (office) (siaga_office_state{job=~"$job", office=~"$office", state="down"})"#;

fn strip(page: &mut Page) {
    let none_is_good: &[Step] = &[(None, GREEN), (Some(1.0), RED)];
    let mut count = |title, asks, look, expr| {
        page.add(Draft {
            kind: "stat",
            title,
            asks,
            size: (4, 4),
            look,
            options: stat(),
            targets: vec![now(expr, "")],
        });
    };
    count(
        "Terganggu · Down",
        (
            "Berapa kantor tidak dapat melayani saat ini.",
            "How many offices cannot serve right now.",
        ),
        Look::new("short", "–", none_is_good),
        r#"sum(siaga_office_state{job=~"$job", office=~"$office", state="down"})"#,
    );
    count(
        "Tidak terpantau · Unobserved",
        (
            "Berapa kantor yang keadaannya tidak diketahui. Tidak diketahui bukan berarti terganggu.",
            "How many offices nobody can tell about. Unknown is not down.",
        ),
        Look::new("short", "–", &[(None, GREEN), (Some(1.0), YELLOW)]),
        r#"sum(siaga_office_state{job=~"$job", office=~"$office", state="unobserved"})"#,
    );
    count(
        "Gangguan terbuka · Open outages",
        ("Berapa gangguan yang sedang berlangsung.", "How many outages are going on."),
        Look::new("short", "–", none_is_good),
        r#"sum(siaga_outage_open{job=~"$job", office=~"$office"})"#,
    );
    count(
        "Pakai baterai · On battery",
        (
            "Berapa UPS yang sedang memakai baterai: listrik PLN padam di sana.",
            "How many UPSes run on battery: mains is out there.",
        ),
        Look::new("short", "tanpa UPS · no UPS", &[(None, GREEN), (Some(1.0), ORANGE)]),
        r#"sum(siaga_ups_on_battery{job=~"$job", office=~"$office", station=~"$station"})"#,
    );
    count(
        "Menit hilang bulan ini · Lost this month",
        (
            "Waktu layanan yang hilang bulan ini, semua sebab, semua kantor yang dipilih.",
            "Service time lost this month, all causes, all chosen offices.",
        ),
        Look::new("s", "–", &[(None, GREEN), (Some(3600.0), YELLOW), (Some(14400.0), RED)]),
        r#"sum(siaga_downtime_seconds{job=~"$job", office=~"$office"})"#,
    );
    count(
        "Ketersediaan bulan ini · Availability",
        (
            "Melayani ÷ (jam layanan − terencana − tidak terpantau), bulan berjalan.",
            "In service ÷ (service hours − planned − unobserved), running month.",
        ),
        Look::new("percentunit", "–", &[(None, RED), (Some(0.95), YELLOW), (Some(0.99), GREEN)])
            .between(0.0, Some(1.0)),
        r#"sum(siaga_in_service_seconds{job=~"$job", office=~"$office"})
/ (
    sum(siaga_service_seconds{job=~"$job", office=~"$office"})
  - sum(siaga_planned_seconds{job=~"$job", office=~"$office"})
  - sum(siaga_unobserved_seconds{job=~"$job", office=~"$office"})
)"#,
    );
}

fn offices(page: &mut Page) {
    page.heading("Kantor · Offices");
    page.add(Draft {
        kind: "state-timeline",
        title: "Keadaan kantor · Offices over time",
        asks: (
            "Kantor mana melayani, terganggu atau tidak terpantau, dan sejak kapan.",
            "Which office serves, is down or unobserved, and since when.",
        ),
        size: (24, 7),
        look: Look::new("short", "tidak ada data · no data", &[(None, GREY)])
            .words(&OFFICE_WORDS)
            .bands(),
        options: bands(),
        targets: vec![over_time(OFFICE_CODE, "{{office}}")],
    });
    let coloured = |color: &str| json!({ "type": color, "mode": "basic" });
    let panel = page.add(Draft {
        kind: "table",
        title: "Kantor sekarang dan bulan ini · Offices now and this month",
        asks: (
            "Yang terburuk di atas: keadaan sekarang, menit hilang, dan neraca jam layanan bulan \
             berjalan.",
            "Worst first: state now, minutes lost, and the account of the running month.",
        ),
        size: (24, 8),
        look: Look::new("s", "–", &[(None, "text")])
            .except(
                "Sekarang · Now",
                &[
                    ("unit", json!("short")),
                    ("custom.cellOptions", coloured("color-background")),
                    ("mappings", state_mapping(&OFFICE_WORDS)),
                ],
            )
            .except("Ketersediaan · Availability", &[("unit", json!("percentunit"))]),
        options: table("Hilang · Lost"),
        targets: vec![
            rows(OFFICE_CODE),
            rows(r#"sum by (office) (siaga_downtime_seconds{job=~"$job", office=~"$office"})"#),
            rows(r#"sum by (office) (siaga_in_service_seconds{job=~"$job", office=~"$office"})"#),
            rows(r#"sum by (office) (siaga_planned_seconds{job=~"$job", office=~"$office"})"#),
            rows(r#"sum by (office) (siaga_unobserved_seconds{job=~"$job", office=~"$office"})"#),
            rows(r#"sum by (office) (siaga_service_seconds{job=~"$job", office=~"$office"})"#),
        ],
    });
    panel.transformations = columns(&[
        ("office", "Kantor · Office"),
        ("Value #A", "Sekarang · Now"),
        ("Value #B", "Hilang · Lost"),
        ("Value #C", "Melayani · In service"),
        ("Value #D", "Terencana · Planned"),
        ("Value #E", "Tidak terpantau · Unobserved"),
        ("Value #F", "Jam layanan · Service hours"),
    ]);
}

fn state_mapping(words: &[(i64, &'static str, &'static str)]) -> Value {
    Look::new("short", "", &[]).words(words).field_config()["defaults"]["mappings"].clone()
}

fn outages(page: &mut Page) {
    page.heading("Gangguan · Outages");
    page.add(Draft {
        kind: "timeseries",
        title: "Gangguan terbuka menurut sebab · Open outages by cause",
        asks: (
            "Sebab apa yang sedang mengganggu, dan di berapa kantor.",
            "Which cause is at work, and in how many offices.",
        ),
        size: (12, 8),
        look: Look::new("short", "tidak ada gangguan · none", &[(None, GREEN), (Some(1.0), RED)])
            .curve()
            .between(0.0, None),
        options: curves(),
        targets: vec![over_time(
            r#"sum by (cause) (siaga_outage_open{job=~"$job", office=~"$office"})"#,
            "{{cause}}",
        )],
    });
    page.add(Draft {
        kind: "bargauge",
        title: "Hilang bulan ini, kantor dan sebab · Lost this month, office and cause",
        asks: (
            "Perbaikan apa, di kantor mana, yang paling banyak mengembalikan jam layanan.",
            "Which repair, in which office, would give back the most service time.",
        ),
        size: (12, 8),
        look: Look::new(
            "s",
            "belum ada yang hilang · nothing lost",
            &[(None, GREEN), (Some(1800.0), YELLOW), (Some(7200.0), RED)],
        )
        .between(0.0, None),
        options: bars(),
        targets: vec![now(
            r#"sort_desc(sum by (office, cause) (siaga_downtime_seconds{job=~"$job", office=~"$office"}) > 0)"#,
            "{{office}} · {{cause}}",
        )],
    });
}

fn power(page: &mut Page) {
    page.heading("Listrik · Power");
    page.add(Draft {
        kind: "state-timeline",
        title: "UPS dan genset · UPS and generator",
        asks: (
            "Kapan listrik padam, dan apa yang menopangnya: baterai atau genset.",
            "When mains was out, and what carried the load: battery or generator.",
        ),
        size: (24, 6),
        look: Look::new("short", "tanpa UPS · no UPS", &[(None, GREY)])
            .words(&[
                (0, "listrik PLN · on mains", GREEN),
                (1, "baterai · on battery", ORANGE),
                (10, "genset diam · generator still", GREY),
                (11, "genset jalan · generator running", BLUE),
            ])
            .bands(),
        options: bands(),
        targets: vec![
            over_time(
                r#"max by (office, station) (siaga_ups_on_battery{job=~"$job", office=~"$office", station=~"$station"})"#,
                "UPS {{office}}/{{station}}",
            ),
            over_time(
                r#"10 + max by (office, station) (siaga_generator_running{job=~"$job", office=~"$office", station=~"$station"})"#,
                "Genset {{office}}/{{station}}",
            ),
        ],
    });
    let mut curve = |title, asks, look: Look, expr| {
        page.add(Draft {
            kind: "timeseries",
            title,
            asks,
            size: (12, 7),
            look: look.curve(),
            options: curves(),
            targets: vec![over_time(expr, "{{office}}/{{station}}")],
        });
    };
    let no_ups = "tanpa UPS · no UPS";
    curve(
        "Isi baterai · Battery charge",
        ("Seberapa penuh baterai tiap UPS.", "How full each UPS battery is."),
        Look::new("percentunit", no_ups, &[(None, RED), (Some(0.3), YELLOW), (Some(0.6), GREEN)])
            .between(0.0, Some(1.0)),
        r#"min by (office, station) (siaga_ups_battery_charge_ratio{job=~"$job", office=~"$office", station=~"$station"})"#,
    );
    curve(
        "Sisa waktu baterai · Battery runtime",
        (
            "Berapa lama UPS menurut dirinya sendiri masih dapat menopang.",
            "How long each UPS says that it can carry the load.",
        ),
        Look::new("s", no_ups, &[(None, RED), (Some(300.0), YELLOW), (Some(900.0), GREEN)])
            .between(0.0, None),
        r#"min by (office, station) (siaga_ups_battery_runtime_seconds{job=~"$job", office=~"$office", station=~"$station"})"#,
    );
    curve(
        "Tegangan masuk · Input voltage",
        ("Mutu listrik PLN di tiap kantor.", "The quality of mains at each office."),
        Look::new(
            "volt",
            no_ups,
            &[(None, RED), (Some(190.0), YELLOW), (Some(205.0), GREEN), (Some(242.0), RED)],
        ),
        r#"min by (office, station) (siaga_ups_input_volts{job=~"$job", office=~"$office", station=~"$station"})"#,
    );
    curve(
        "Beban UPS · UPS load",
        (
            "Apakah UPS dibebani melebihi kemampuannya.",
            "Whether a UPS carries more than it was made for.",
        ),
        Look::new("percentunit", no_ups, &[(None, GREEN), (Some(0.7), YELLOW), (Some(0.9), RED)])
            .between(0.0, None),
        r#"max by (office, station) (siaga_ups_load_ratio{job=~"$job", office=~"$office", station=~"$station"})"#,
    );
}

fn link(page: &mut Page) {
    page.heading("Jaringan · Link");
    page.add(Draft {
        kind: "state-timeline",
        title: "Lapisan jaringan · Layers of the link",
        asks: (
            "Di lapisan mana jaringan putus: router kantor, penyedia, jalur, atau pusat data.",
            "In which layer the link broke: the office's router, provider, path, or data center.",
        ),
        size: (24, 8),
        look: Look::new("short", "tidak ada data · no data", &[(None, GREY)])
            .words(&[(0, "putus · lost", RED), (1, "tersambung · up", GREEN)])
            .bands(),
        options: bands(),
        targets: vec![over_time(
            r#"min by (office, station, layer) (siaga_link_up{job=~"$job", office=~"$office", station=~"$station"})"#,
            "{{office}}/{{station}} {{layer}}",
        )],
    });
    let mut curve = |title, asks, look: Look, expr| {
        page.add(Draft {
            kind: "timeseries",
            title,
            asks,
            size: (12, 8),
            look: look.curve().between(0.0, None),
            options: curves(),
            targets: vec![over_time(expr, "{{office}}/{{station}} {{layer}}")],
        });
    };
    let no_data = "tidak ada data · no data";
    curve(
        "Waktu tempuh · Round trip",
        (
            "Seberapa lambat tiap lapisan; jam sibuk terlihat di sini.",
            "How slow each layer is; the worst hours show here.",
        ),
        Look::new("s", no_data, &[(None, GREEN), (Some(0.15), YELLOW), (Some(0.6), RED)]),
        r#"max by (office, station, layer) (avg_over_time(siaga_link_rtt_seconds{job=~"$job", office=~"$office", station=~"$station"}[$__rate_interval]))"#,
    );
    curve(
        "Paket hilang · Loss",
        (
            "Berapa bagian ping yang tidak kembali, per lapisan.",
            "What share of the pings does not come back, by layer.",
        ),
        Look::new("percentunit", no_data, &[(None, GREEN), (Some(0.02), YELLOW), (Some(0.1), RED)]),
        r#"max by (office, station, layer) (avg_over_time(siaga_link_loss_ratio{job=~"$job", office=~"$office", station=~"$station"}[$__rate_interval]))"#,
    );
}

fn maintenance(page: &mut Page) {
    page.heading("Pemeliharaan · Maintenance");
    page.add(Draft {
        kind: "timeseries",
        title: "Baterai menua · Ageing batteries (90 d)",
        asks: (
            "Isi dan sisa waktu terendah tiap hari selama 90 hari: sisa waktu yang turun pada \
             baterai penuh berarti baterai menua.",
            "Least charge and runtime of each day over 90 days: runtime that falls while the \
             battery is full means an ageing battery.",
        ),
        size: (16, 9),
        look: Look::new(
            "s",
            "tanpa UPS · no UPS",
            &[(None, RED), (Some(300.0), YELLOW), (Some(900.0), GREEN)],
        )
        .curve()
        .between(0.0, None),
        options: curves(),
        targets: vec![
            over_time(
                r#"min by (office, station) (
    min_over_time(siaga_ups_battery_runtime_seconds{job=~"$job", office=~"$office", station=~"$station"}[1d:15m])
  or siaga_ups_battery_runtime_seconds{job=~"$job", office=~"$office", station=~"$station"}
)"#,
                "sisa waktu · runtime {{office}}/{{station}}",
            ),
            over_time(
                r#"min by (office, station) (
    min_over_time(siaga_ups_battery_charge_ratio{job=~"$job", office=~"$office", station=~"$station"}[1d:15m])
  or siaga_ups_battery_charge_ratio{job=~"$job", office=~"$office", station=~"$station"}
)"#,
                "isi · charge {{office}}/{{station}}",
            ),
        ],
    })
    .time_from = Some("90d");
    if let Some(panel) = page.panels.last_mut() {
        panel.field_config["overrides"] = json!([{
            "matcher": { "id": "byFrameRefID", "options": "B" },
            "properties": [
                { "id": "unit", "value": "percentunit" },
                { "id": "max", "value": 1 },
                { "id": "custom.axisPlacement", "value": "right" }
            ]
        }]);
    }
    page.add(Draft {
        kind: "stat",
        title: "Genset terakhir jalan · Generator last seen running",
        asks: (
            "Berapa lama sejak genset terakhir terlihat jalan (uji bulanan). Hitungan 30 hari.",
            "How long since the generator was last seen running (monthly test). Looks back 30 days.",
        ),
        size: (8, 9),
        look: Look::new(
            "s",
            "tidak terlihat jalan dalam 30 hari · not seen running in 30 days",
            &[(None, GREEN), (Some(1_209_600.0), YELLOW), (Some(2_419_200.0), RED)],
        )
        .between(0.0, None),
        options: stat(),
        targets: vec![now(
            r#"time() - max by (office, station) (
    max_over_time(timestamp(siaga_generator_running{job=~"$job", office=~"$office", station=~"$station"} == 1)[30d:5m])
  or timestamp(siaga_generator_running{job=~"$job", office=~"$office", station=~"$station"} == 1)
)"#,
            "{{office}}/{{station}}",
        )],
    });
    page.add(Draft {
        kind: "table",
        title: "Jawaban baik terakhir tiap pemeriksaan · Last success of each probe",
        asks: (
            "Alat atau pemeriksaan mana yang sudah lama tidak menjawab.",
            "Which device or probe has not answered for long.",
        ),
        size: (12, 9),
        look: Look::new("s", "–", &[(None, "text")]).except(
            "Sejak · Since",
            &[
                (
                    "thresholds",
                    json!({ "mode": "absolute", "steps": [
                        { "value": null, "color": GREEN }, { "value": 300, "color": YELLOW },
                        { "value": 86400, "color": RED }
                    ] }),
                ),
                ("custom.cellOptions", json!({ "type": "color-text" })),
            ],
        ),
        options: table("Sejak · Since"),
        targets: vec![rows(
            r#"sort_desc(time() - max by (office, station, probe) (siaga_probe_last_success_timestamp_seconds{job=~"$job", office=~"$office", station=~"$station"}))"#,
        )],
    })
    .transformations = columns(&[
        ("office", "Kantor · Office"),
        ("station", "PC · Station"),
        ("probe", "Pemeriksaan · Probe"),
        ("Value", "Sejak · Since"),
        ("Value #A", "Sejak · Since"),
    ]);
    page.add(Draft {
        kind: "bargauge",
        title: "Ruang disk tersisa · Disk space left",
        asks: (
            "PC mana yang hampir penuh (disk terpenuh tiap PC).",
            "Which PC is nearly full (the fullest disk of each).",
        ),
        size: (12, 9),
        look: Look::new("percentunit", "–", &[(None, RED), (Some(0.1), YELLOW), (Some(0.2), GREEN)])
            .between(0.0, Some(1.0)),
        options: bars(),
        targets: vec![now(
            r#"sort(min by (office, station) (siaga_host_disk_free_ratio{job=~"$job", office=~"$office", station=~"$station"}))"#,
            "{{office}}/{{station}}",
        )],
    });
}
