//! The parts of Grafana's classic dashboard JSON (schema version 41) that Siaga uses, as plain
//! values. Knows no metric and decides no layout: `overview.rs` does.

use serde::Serialize;
use serde_json::{Value, json};

/// The data source variable that every query goes through.
const SOURCE: &str = "${ds_prometheus}";

/// A whole dashboard.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Dashboard {
    pub id: Option<u32>,
    pub uid: &'static str,
    pub title: &'static str,
    pub description: &'static str,
    pub tags: Vec<&'static str>,
    pub schema_version: u32,
    pub version: u32,
    pub editable: bool,
    /// 1: one crosshair over all panels.
    pub graph_tooltip: u32,
    pub timezone: &'static str,
    pub refresh: &'static str,
    pub time: Value,
    pub templating: Value,
    pub annotations: Value,
    pub links: Vec<Value>,
    pub panels: Vec<Panel>,
}

/// Where a panel sits, in 24 columns.
#[derive(Serialize, Clone, Copy)]
pub(crate) struct Grid {
    pub x: u32,
    pub y: u32,
    pub w: u32,
    pub h: u32,
}

/// One panel, or the heading of a row of them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Panel {
    pub id: u32,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    pub grid_pos: Grid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collapsed: Option<bool>,
    #[serde(skip_serializing_if = "Value::is_null")]
    pub datasource: Value,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<Target>,
    #[serde(skip_serializing_if = "Value::is_null")]
    pub field_config: Value,
    #[serde(skip_serializing_if = "Value::is_null")]
    pub options: Value,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub transformations: Vec<Value>,
    /// A range of its own, where the question is about months and not about today.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_from: Option<&'static str>,
    /// The panels of a collapsed row.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub panels: Vec<Panel>,
}

/// One query of a panel.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Target {
    pub ref_id: String,
    pub expr: String,
    pub legend_format: String,
    pub instant: bool,
    pub range: bool,
    pub format: &'static str,
    pub datasource: Value,
}

/// The reference to the data source.
pub(crate) fn source() -> Value {
    json!({ "type": "prometheus", "uid": SOURCE })
}

/// A query over the dashboard's time.
pub(crate) fn over_time(expr: &str, legend: &str) -> Target {
    Target {
        ref_id: String::new(),
        expr: expr.into(),
        legend_format: legend.into(),
        instant: false,
        range: true,
        format: "time_series",
        datasource: source(),
    }
}

/// A query at the end of the dashboard's time.
pub(crate) fn now(expr: &str, legend: &str) -> Target {
    Target { instant: true, range: false, ..over_time(expr, legend) }
}

/// A query at the end of the dashboard's time, as rows of a table.
pub(crate) fn rows(expr: &str) -> Target {
    Target { format: "table", ..now(expr, "") }
}

/// A colour from that value on; the first step has no value.
pub(crate) type Step = (Option<f64>, &'static str);

/// How values read: unit, what stands where there is none, colours, words for values.
pub(crate) struct Look {
    pub unit: &'static str,
    pub no_value: &'static str,
    pub steps: Vec<Step>,
    pub words: Vec<(i64, &'static str, &'static str)>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub custom: Value,
    pub overrides: Vec<Value>,
}

impl Look {
    pub(crate) fn new(unit: &'static str, no_value: &'static str, steps: &[Step]) -> Self {
        Self {
            unit,
            no_value,
            steps: steps.to_vec(),
            words: vec![],
            min: None,
            max: None,
            custom: Value::Null,
            overrides: vec![],
        }
    }

    pub(crate) fn words(mut self, words: &[(i64, &'static str, &'static str)]) -> Self {
        self.words = words.to_vec();
        self
    }

    pub(crate) fn between(mut self, min: f64, max: Option<f64>) -> Self {
        (self.min, self.max) = (Some(min), max);
        self
    }

    /// Draws the thresholds into a curve.
    pub(crate) fn curve(mut self) -> Self {
        self.custom = json!({
            "drawStyle": "line", "lineInterpolation": "stepAfter", "lineWidth": 1,
            "fillOpacity": 8, "showPoints": "never", "spanNulls": false,
            "thresholdsStyle": { "mode": "dashed" }
        });
        self
    }

    /// Bands of colour, one line per series.
    pub(crate) fn bands(mut self) -> Self {
        self.custom = json!({ "fillOpacity": 80, "lineWidth": 0, "spanNulls": false });
        self
    }

    /// Another unit, name or colour for one column or series.
    pub(crate) fn except(mut self, name: &str, properties: &[(&str, Value)]) -> Self {
        let properties: Vec<Value> =
            properties.iter().map(|(id, value)| json!({ "id": id, "value": value })).collect();
        self.overrides.push(json!({
            "matcher": { "id": "byName", "options": name }, "properties": properties
        }));
        self
    }

    pub(crate) fn field_config(&self) -> Value {
        let steps: Vec<Value> = self
            .steps
            .iter()
            .map(|(value, color)| json!({ "value": value, "color": color }))
            .collect();
        let mut defaults = json!({
            "unit": self.unit,
            "noValue": self.no_value,
            "color": { "mode": "thresholds" },
            "thresholds": { "mode": "absolute", "steps": steps },
            "mappings": [],
        });
        if !self.words.is_empty() {
            let options: serde_json::Map<String, Value> = self
                .words
                .iter()
                .enumerate()
                .map(|(i, (value, text, color))| {
                    (value.to_string(), json!({ "text": text, "color": color, "index": i }))
                })
                .collect();
            defaults["mappings"] = json!([{ "type": "value", "options": options }]);
        }
        if let Some(min) = self.min {
            defaults["min"] = json!(min);
        }
        if let Some(max) = self.max {
            defaults["max"] = json!(max);
        }
        if !self.custom.is_null() {
            defaults["custom"] = self.custom.clone();
            // Curves of one panel must differ; the thresholds are drawn as lines.
            if self.custom["drawStyle"] == "line" {
                defaults["color"] = json!({ "mode": "palette-classic" });
            }
        }
        json!({ "defaults": defaults, "overrides": self.overrides })
    }
}
