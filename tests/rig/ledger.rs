//! Reading the ledger's JSON: edges, causes, charges.

use serde_json::Value;

/// One entry of `GET /api/v1/outages`.
#[derive(Debug, Clone)]
pub struct Entry(pub Value);

/// An instant in the API's JSON, in milliseconds since 1970: the middle, where it is an interval.
#[must_use]
pub fn instant_ms(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.parse::<jiff::Timestamp>().ok().map(|t| t.as_millisecond()),
        Value::Number(number) => number.as_i64(),
        Value::Object(fields) => {
            let ends: Vec<i64> = fields.values().filter_map(instant_ms).collect();
            let count = i64::try_from(ends.len()).unwrap_or(1);
            (!ends.is_empty()).then(|| ends.iter().sum::<i64>() / count)
        }
        Value::Null | Value::Bool(_) | Value::Array(_) => None,
    }
}

/// The two ends of an instant in the API's JSON.
fn ends_ms(value: &Value) -> Option<(i64, i64)> {
    match value {
        Value::Object(fields) => {
            Some((instant_ms(fields.get("lo")?)?, instant_ms(fields.get("hi")?)?))
        }
        Value::String(_) | Value::Number(_) => instant_ms(value).map(|at| (at, at)),
        Value::Null | Value::Bool(_) | Value::Array(_) => None,
    }
}

impl Entry {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        self.0["id"].as_str().unwrap_or_default()
    }

    /// When it began.
    ///
    /// # Panics
    /// When the entry has no beginning.
    #[must_use]
    pub fn from_ms(&self) -> i64 {
        instant_ms(&self.0["from"]).unwrap_or_else(|| panic!("no beginning: {}", self.0))
    }

    /// Between which instants it began; the same twice where that is known.
    ///
    /// # Panics
    /// When the entry has no beginning.
    #[must_use]
    pub fn began_between(&self) -> (i64, i64) {
        ends_ms(&self.0["from"]).unwrap_or_else(|| panic!("no beginning: {}", self.0))
    }

    /// Between which instants it ended; none while it lasts.
    #[must_use]
    pub fn ended_between(&self) -> Option<(i64, i64)> {
        ends_ms(&self.0["to"])
    }

    /// When it ended; none while it lasts.
    #[must_use]
    pub fn to_ms(&self) -> Option<i64> {
        instant_ms(&self.0["to"])
    }

    /// Whether it was found to be none.
    #[must_use]
    pub fn is_void(&self) -> bool {
        self.0["void"] == true
    }

    /// The charges: cause word, sub word, `certain` or `likely`, from and to.
    #[must_use]
    pub fn charges(&self) -> Vec<Charge> {
        let list = self.0["charges"].as_array().cloned().unwrap_or_default();
        list.iter().map(Charge::read).collect()
    }

    /// The causes it is charged to, each once, in order.
    #[must_use]
    pub fn kinds(&self) -> Vec<String> {
        let mut kinds: Vec<String> = self.charges().into_iter().map(|c| c.kind).collect();
        kinds.dedup();
        kinds
    }
}

/// A stretch charged to a cause.
#[derive(Debug, Clone)]
pub struct Charge {
    /// `link.provider`.
    pub kind: String,
    /// `ups_exhausted`, empty where there is none.
    pub sub: String,
    /// `certain` or `likely`.
    pub certainty: String,
    /// Milliseconds since 1970.
    pub from_ms: i64,
    /// Milliseconds since 1970; none while it lasts.
    pub to_ms: Option<i64>,
}

impl Charge {
    fn read(value: &Value) -> Self {
        // The cause is its own object, or flat beside the span.
        let cause = if value["cause"].is_object() { &value["cause"] } else { value };
        let word = |keys: &[&str]| {
            let found = keys.iter().find_map(|key| cause[*key].as_str());
            found.unwrap_or_default().to_owned()
        };
        Self {
            kind: word(&["kind", "cause"]),
            sub: word(&["sub"]),
            certainty: word(&["certainty", "sure"]),
            from_ms: instant_ms(&value["from"]).unwrap_or_default(),
            to_ms: instant_ms(&value["to"]),
        }
    }
}
