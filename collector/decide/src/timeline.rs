//! One office over time, for the ledger: its states, what was at risk, what makes no sense.

use crate::gap::GapKind;
use crate::generator::generating;
use crate::ids::StationKey;
use crate::ledger::{AtRisk, Blip, OfficeTimeline, Problem, SavedBy};
use crate::power::power_lost;
use crate::span::{At, Span, intersect, subtract, union};
use crate::truth::Look;
use crate::view::{OfficeState, StationState};

/// A UPS may feed on a generator so long before that is seen to run, or after it was, in milliseconds
/// beside a cycle.
const TRANSFER_MS: i64 = 30_000;

impl Look<'_> {
    /// Serving on battery or on the generator.
    pub(crate) fn at_risk(&self) -> Vec<AtRisk> {
        let battery = union(self.batteries.iter().flatten().copied().collect());
        let generator = self.generator_for_mains(&battery);
        if battery.is_empty() && generator.is_empty() {
            return Vec::new();
        }
        let serving: Vec<Span> = self
            .states
            .iter()
            .filter(|s| s.state == OfficeState::Serving)
            .map(|s| s.span)
            .collect();
        let by = |spans: &[Span], saved_by| {
            intersect(&serving, spans)
                .into_iter()
                .map(move |span| AtRisk { span, saved_by })
                .collect::<Vec<AtRisk>>()
        };
        let mut out = by(&subtract(&battery, &generator), SavedBy::Battery);
        out.extend(by(&generator, SavedBy::Generator));
        out.sort_by_key(|r| r.span);
        out
    }

    /// When the generator ran for want of mains and not for a test: of what was shown last before it
    /// was seen to run, mains was away. A PC that lives, neither on its battery nor while the
    /// generator runs, shows mains; a battery, or a log of lost power, shows that it is away.
    fn generator_for_mains(&self, battery: &[Span]) -> Vec<Span> {
        let runs = union(self.traces.iter().flat_map(generating).collect());
        if runs.is_empty() {
            return runs;
        }
        let slack = TRANSFER_MS + self.cycle_ms;
        let around = runs.iter().map(|g| Span::new(g.from - slack, g.to + slack)).collect();
        let lives = self.traces.iter().flat_map(|t| t.alive.iter().map(|a| a.span));
        let present = subtract(&subtract(&union(lives.collect()), battery), &union(around));
        let stops = self.traces.iter().flat_map(power_lost).map(|at| Span::new(at, at + 1));
        let away: Vec<Span> = battery.iter().copied().chain(stops).collect();
        let newest =
            |list: &[Span], at: At| list.iter().filter(|s| s.from < at).map(|s| s.to.min(at)).max();
        let wanted = |g: &Span| newest(&away, g.from) > newest(&present, g.from);
        runs.into_iter().filter(wanted).collect()
    }

    /// Whether it serves on battery or on the generator as far as the newest readings say; they
    /// are a little older than the present.
    pub(crate) fn is_at_risk(&self) -> bool {
        let serves = self.states.last().is_some_and(|s| s.state == OfficeState::Serving);
        if !serves {
            return false;
        }
        let battery = self.traces.iter().any(crate::power::is_on_battery);
        let saved = || self.at_risk().last().map(|r| (r.saved_by, r.span.to));
        battery
            || saved().is_some_and(|(by, to)| {
                by == SavedBy::Generator
                    && self.traces.iter().any(|t| crate::generator::runs_on(t, to))
            })
    }

    /// The timelines, for accounts and pages.
    pub(crate) fn timeline(&self) -> OfficeTimeline {
        let mut out = OfficeTimeline { at_risk: self.at_risk(), ..OfficeTimeline::default() };
        for stretch in &self.states {
            match out.states.last_mut() {
                Some((span, state)) if *state == stretch.state => span.to = stretch.span.to,
                Some(_) | None => out.states.push((stretch.span, stretch.state)),
            }
        }
        let serving: Vec<Span> = out
            .states
            .iter()
            .filter(|(_, s)| *s == OfficeState::Serving)
            .map(|(s, _)| *s)
            .collect();
        for ((station, laid), list) in
            self.office.stations.keys().zip(&self.traces).zip(&self.stations)
        {
            let clipped =
                list.iter().filter_map(|s| Some((s.span.intersection(self.window)?, s.state)));
            let clipped: Vec<(Span, StationState)> = clipped.collect();
            let down = clipped.iter().filter(|(_, s)| *s == StationState::Down).map(|(s, _)| *s);
            let beside = intersect(&down.collect::<Vec<Span>>(), &serving);
            if !beside.is_empty() {
                out.station_spans_down.insert(station.clone(), beside);
            }
            out.stations.insert(station.clone(), clipped);
            let pieces = laid.series.iter().flat_map(|(p, s)| s.pieces.iter().map(move |x| (p, x)));
            out.blips.extend(pieces.filter(|(_, p)| p.blip).map(|(probe, p)| Blip {
                at: p.from,
                station: station.clone(),
                probe: probe.clone(),
            }));
        }
        out.blips.sort_by(|a, b| (a.at, &a.station, &a.probe).cmp(&(b.at, &b.station, &b.probe)));
        out.complete_to = self.complete_to();
        out
    }

    /// Up to where nothing is missing of any station.
    fn complete_to(&self) -> Option<At> {
        let ends = self.traces.iter().map(|t| {
            let pending = t.gaps.iter().find(|g| g.kind == GapKind::Unseen { pending: true });
            pending.map(|g| g.span.from).or_else(|| t.alive.last().map(|a| a.span.to))
        });
        ends.min().flatten()
    }

    /// What makes no sense in the evidence.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let mut out = Vec::new();
        for trace in &self.traces {
            let station = StationKey { office: self.id.clone(), station: trace.station.clone() };
            for boot in &trace.lost {
                let what = format!("boot {boot} cannot be placed in time: left out").into();
                out.push(Problem { station: station.clone(), what });
            }
            for run in &trace.runs {
                for gap in run.run.head.gaps.iter().filter(|g| g.is_loss()) {
                    let what = format!(
                        "run {}: rows {} to {} are gone: {}",
                        run.id, gap.first, gap.last, gap.why
                    );
                    out.push(Problem { station: station.clone(), what: what.into() });
                }
            }
        }
        out
    }
}
