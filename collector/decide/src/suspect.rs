//! What evidence shows at fault at a station, second by second: the candidates of design section
//! 4.4. `link.rs` and `power.rs` find them; `charge.rs` chooses among them.

use std::sync::Arc;

use crate::cause::{Cause, Certainty, Kind, Thing, Why};
use crate::fact::Saw;
use crate::gap::GapKind;
use crate::ids::StationId;
use crate::span::{At, Span};
use crate::station::Stretch;
use crate::trace::{Piece, Trace};
use crate::view::StationState;

/// A thing at fault over a span, as far as one station shows.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Suspect {
    pub(crate) span: Span,
    pub(crate) cause: Cause,
    pub(crate) station: StationId,
    /// Only a guess about a silence.
    pub(crate) guessed: bool,
    /// First and last bad reading behind it, for what other offices saw in those seconds.
    pub(crate) seen: Span,
}

/// What the evidence of one office is asked about.
pub(crate) struct Scene<'a> {
    pub(crate) traces: &'a [Trace<'a>],
    pub(crate) states: &'a [Vec<Stretch>],
    /// When each station's UPS lived on its battery, in order of the stations.
    pub(crate) batteries: &'a [Vec<Span>],
    /// When it said that mains was there, likewise.
    pub(crate) mains: &'a [Vec<Span>],
    /// What offices on the same mains show.
    pub(crate) office: &'a crate::ids::OfficeId,
    pub(crate) neighbours: &'a crate::power::Neighbours,
    pub(crate) hours: &'a [Span],
    pub(crate) cycle_ms: i64,
    pub(crate) needs: &'a [&'a [crate::ids::ProbeName]],
}

/// Everything at fault at the office's stations within `window`.
pub(crate) fn suspects(scene: &Scene, window: Span) -> Vec<Suspect> {
    let mut out = Vec::new();
    for (index, (trace, states)) in scene.traces.iter().zip(scene.states).enumerate() {
        for stretch in states {
            let Some(span) = stretch.span.intersection(window) else { continue };
            match stretch.state {
                StationState::Down => crate::link::down(scene, index, span, &mut out),
                StationState::Stopped => {
                    if let Some(gap) = stretch.gap {
                        crate::power::stopped(scene, index, gap, span, &mut out);
                    }
                }
                StationState::Silent | StationState::Unseen => {
                    let kind = stretch.gap.and_then(|i| trace.gaps.get(i)).map(|g| g.kind);
                    let tells = matches!(
                        kind,
                        Some(GapKind::Silent { agent: false } | GapKind::Unseen { pending: true })
                    );
                    if tells && let Some(gap) = stretch.gap {
                        crate::power::silent(scene, index, gap, span, &mut out);
                    }
                }
                StationState::Serving | StationState::Unsure | StationState::NeverHeard => {}
            }
        }
    }
    out
}

/// A suspect that evidence shows.
pub(crate) fn shown(station: &StationId, span: Span, seen: Span, cause: Cause) -> Suspect {
    Suspect { span, cause, station: station.clone(), guessed: false, seen }
}

/// A cause without a sub-cause yet.
pub(crate) fn cause(kind: Kind, certainty: Certainty, thing: Thing, why: Vec<Why>) -> Cause {
    Cause { kind, sub: None, certainty, thing, why }
}

/// That a probe did not answer, or answered badly.
pub(crate) fn bad(station: &StationId, piece: &Piece) -> Why {
    let saw: Arc<str> = match &piece.fact.answer.saw {
        Saw::Answered => match crate::meaning::number(&piece.fact, "lost") {
            Some(_) => "lost".into(),
            None => "absent".into(),
        },
        Saw::Refused => "refused".into(),
        Saw::Timeout => "timeout".into(),
        Saw::Unreachable => "unreachable".into(),
        Saw::Error(why) | Saw::Unreadable(why) => why.clone(),
    };
    Why::Bad { station: station.clone(), probe: piece.fact.probe.clone(), saw }
}

/// That a probe answered.
pub(crate) fn good(station: &StationId, piece: &Piece) -> Why {
    Why::Good { station: station.clone(), probe: piece.fact.probe.clone() }
}

/// Whether two instants lie within so many milliseconds.
pub(crate) fn near(a: At, b: At, ms: i64) -> bool {
    (a - b).abs() <= ms
}
