//! One line per figure: name, value, unit, bar, ok or short. Knows no bench.

use std::io::Write as _;
use std::process::ExitCode;

/// What a value has to reach.
#[derive(Clone, Copy)]
pub(crate) enum Bar {
    /// It may not be above.
    AtMost(f64),
    /// It may not be below.
    AtLeast(f64),
    /// It explains the others.
    None,
}

/// The figures so far.
#[derive(Default)]
pub(crate) struct Figures {
    short: bool,
}

impl Figures {
    /// Prints a figure.
    pub(crate) fn add(
        &mut self,
        name: &str,
        value: f64,
        unit: &str,
        bar: Bar,
    ) -> anyhow::Result<()> {
        let (bar, reached) = match bar {
            Bar::AtMost(most) => (format!("<={most}"), value <= most),
            Bar::AtLeast(least) => (format!(">={least}"), value >= least),
            Bar::None => ("-".into(), true),
        };
        self.short |= !reached;
        let verdict = if reached { "ok" } else { "short" };
        let value =
            if value.abs() >= 100.0 { format!("{value:.0}") } else { format!("{value:.3}") };
        writeln!(std::io::stdout().lock(), "{name} {value} {unit} {bar} {verdict}")?;
        Ok(())
    }

    /// 1 if one was short.
    pub(crate) fn verdict(&self) -> ExitCode {
        if self.short { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }
}
