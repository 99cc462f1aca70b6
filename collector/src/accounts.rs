//! The account of a period as it stands: the present figures of a month that is open, the issued
//! ones of a month that is closed, and beside these what late evidence would make of them. Issued
//! figures are never moved here; only a verdict that the journal holds does that.

use anyhow::Context as _;
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};
use siaga_decide::{Account, At, Closing, Month, OfficeId, PersonId, Span, Verdict, total};

use crate::config::{Config, Language};
use crate::drive::Figures;
use crate::record::{AccountRecord, Record as _};
use crate::report::{self, CsvStyle, Format, Part, Period, Report};
use crate::store::StoreError;
use crate::store::months::{self, Closed};
use crate::truth::Truth;

/// An account, and where its figures come from.
#[derive(Clone, PartialEq, Debug)]
pub struct Standing {
    /// The figures that hold: issued ones where the month is closed.
    pub account: Account,
    /// Where it is closed.
    pub closed: Option<Closed>,
    /// What late evidence proposes beside issued figures.
    pub proposal: Option<Proposal>,
}

/// Figures that late evidence makes beside issued ones.
#[derive(Clone, PartialEq, Debug)]
pub struct Proposal {
    /// Named after its figures, so that a verdict is about these and no others.
    pub id: String,
    /// The figures.
    pub account: Account,
}

/// Why a month cannot be closed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotClosable {
    /// It is not a month.
    #[error("only a month can be closed\nhint: a month is 2026-11")]
    NoMonth,
    /// It is closed already.
    #[error("the month is closed already")]
    Already,
    /// It is not over, or evidence is still to come.
    #[error(
        "evidence is still to come: the figures are provisional\n\
         hint: stations that are silent count as unobserved once settle_after has passed"
    )]
    Provisional,
}

/// The name of a proposal.
fn name(figures: &AccountRecord) -> Result<String, StoreError> {
    let text = serde_json::to_vec(figures)?;
    let hash = Sha256::digest(&text);
    Ok(hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

/// The account of an office over a period as it stands; `None` where the configuration or the
/// ledger knows no such office.
///
/// # Errors
/// When the store cannot be read.
pub fn standing(
    conn: &Connection,
    truth: &Truth,
    office: &OfficeId,
    period: &Period,
) -> Result<Option<Standing>, StoreError> {
    let Some(present) = truth.account(office, period.span()) else { return Ok(None) };
    let closed = match period.is_month() {
        true => months::get(conn, office, period.name())?,
        false => None,
    };
    let Some(closed) = closed else {
        return Ok(Some(Standing { account: present, closed: None, proposal: None }));
    };
    let issued = closed.issued().clone();
    let figures = AccountRecord::of(&present).figures();
    let moved = figures != AccountRecord::of(&issued).figures();
    let id = name(&figures)?;
    let refused = closed.verdicts.iter().any(|v| !v.accepted && v.proposal == id);
    let proposal = (moved && !refused).then_some(Proposal { id, account: present });
    Ok(Some(Standing { account: issued, closed: Some(closed), proposal }))
}

/// What closing the month comes to.
///
/// # Errors
/// Why it cannot be closed.
pub fn closing(
    standing: &Standing,
    period: &Period,
    by: PersonId,
) -> Result<(Closing, Account), NotClosable> {
    let month = Month::parse(period.name()).filter(|_| period.is_month());
    let month = month.ok_or(NotClosable::NoMonth)?;
    if standing.closed.is_some() {
        return Err(NotClosable::Already);
    }
    if !standing.account.is_final {
        return Err(NotClosable::Provisional);
    }
    let office = standing.account.office.clone();
    Ok((Closing { office, month, by }, standing.account.clone()))
}

/// What a verdict on that proposal comes to; `None` where it is not what is proposed now.
#[must_use]
pub fn verdict(
    standing: Standing,
    period: &Period,
    proposal: &str,
    accepted: bool,
    by: PersonId,
    why: &str,
) -> Option<(Verdict, Figures)> {
    let month = Month::parse(period.name())?;
    let proposed = standing.proposal.filter(|p| p.id == proposal)?;
    let verdict = Verdict {
        office: standing.account.office.clone(),
        month,
        proposal: proposal.into(),
        accepted,
        by,
        why: why.into(),
    };
    let mut figures = proposed.account;
    figures.is_final = true;
    Some((verdict, Figures { proposed: figures, issued: standing.account }))
}

/// Whose accounts are added up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Group {
    /// Every office that the configuration names.
    All,
    /// Those of a district.
    District(String),
}

impl Group {
    /// Its offices; `None` where there is no such district.
    #[must_use]
    pub fn offices(&self, config: &Config) -> Option<Vec<OfficeId>> {
        let offices: Vec<OfficeId> = match self {
            Self::All => config.offices.keys().cloned().collect(),
            Self::District(name) => config.district(name).cloned().collect(),
        };
        (!offices.is_empty() || *self == Self::All).then_some(offices)
    }

    /// The name of its account.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::All => "all",
            Self::District(name) => name,
        }
    }
}

/// Accounts of several offices, and their sum.
#[derive(Clone, PartialEq, Debug)]
pub struct Sum {
    /// All together.
    pub account: Account,
    /// Each office, in the order of the configuration.
    pub offices: Vec<Standing>,
}

/// The span that a period of several offices covers, each in its own zone; `None` where the text
/// names no period or there is no office.
#[must_use]
pub fn whole_span(config: &Config, offices: &[OfficeId], period: &str) -> Option<Span> {
    let spans = offices.iter().filter_map(|id| {
        let office = config.offices.get(id)?;
        Some(Period::parse(period, &office.zone).ok()?.span())
    });
    spans.reduce(|a, b| Span { from: a.from.min(b.from), to: a.to.max(b.to) })
}

/// The accounts of a group; `None` where nothing is known of any of its offices yet.
///
/// # Errors
/// When the store cannot be read.
pub fn sum(
    conn: &Connection,
    config: &Config,
    truth: &Truth,
    group: &Group,
    period: &str,
) -> Result<Option<Sum>, StoreError> {
    let mut offices = Vec::new();
    for id in group.offices(config).unwrap_or_default() {
        let Some(office) = config.offices.get(&id) else { continue };
        let Ok(period) = Period::parse(period, &office.zone) else { continue };
        offices.extend(standing(conn, truth, &id, &period)?);
    }
    let accounts: Vec<&Account> = offices.iter().map(|s| &s.account).collect();
    let account = total(OfficeId::from(group.name()), &accounts);
    Ok(account.map(|account| Sum { account, offices }))
}

/// One office's standing, read whole: for commands and for months that no page holds ready.
///
/// # Errors
/// When the store cannot be read.
pub fn read(
    conn: &Connection,
    config: &Config,
    now: At,
    office: &OfficeId,
    period: &Period,
) -> anyhow::Result<Option<Standing>> {
    let truth = Truth::read(conn, config, now, period.span())?;
    standing(conn, &truth, office, period).context("reading the closed months")
}

/// Why accounts cannot be added up.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoSum {
    /// The configuration has no such district.
    #[error(
        "no office of the configuration is in that district\nhint: district = \"…\" in [[office]]"
    )]
    NoDistrict,
    /// The text is no period.
    #[error("that is neither a month nor a day\nhint: a month is 2026-11, a day is 2026-11-24")]
    NoPeriod,
    /// No office has been heard of.
    #[error("nothing is known of these offices yet")]
    NothingKnown,
}

/// The accounts of a group, read whole.
///
/// # Errors
/// When the store cannot be read; inside, when there is nothing to add up.
pub fn read_sum(
    conn: &Connection,
    config: &Config,
    now: At,
    group: &Group,
    period: &str,
) -> anyhow::Result<Result<Sum, NoSum>> {
    let Some(offices) = group.offices(config) else { return Ok(Err(NoSum::NoDistrict)) };
    let Some(span) = whole_span(config, &offices, period) else { return Ok(Err(NoSum::NoPeriod)) };
    let truth = Truth::read(conn, config, now, span)?;
    Ok(sum(conn, config, &truth, group, period)?.ok_or(NoSum::NothingKnown))
}

impl Sum {
    /// The report of it.
    ///
    /// # Errors
    /// See [`report::render`].
    pub fn render(
        &self,
        config: &Config,
        group: &Group,
        period: &str,
        format: Format,
        style: CsvStyle,
    ) -> anyhow::Result<Vec<u8>> {
        self.with(config, group, period, |report| Ok(report::render(report, format, style)?))
    }

    /// Hands out the report of it.
    ///
    /// # Errors
    /// Those of `f`, and when the period is none.
    pub fn with<T>(
        &self,
        config: &Config,
        group: &Group,
        period: &str,
        f: impl FnOnce(&Report) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let configured = |standing: &Standing| config.offices.get(&standing.account.office);
        let zone = self.offices.first().and_then(configured).map(|office| office.zone.clone());
        let zone = zone.unwrap_or(jiff::tz::TimeZone::UTC);
        let period = Period::parse(period, &zone)?;
        let parts: Vec<Part> = self
            .offices
            .iter()
            .filter_map(|standing| Some(Part { name: &configured(standing)?.name, standing }))
            .collect();
        let name = match (group, config.language) {
            (Group::All, Language::Indonesian) => "Semua kantor",
            (Group::All, Language::English) => "All offices",
            (Group::District(name), _) => name,
        };
        f(&Report {
            account: &self.account,
            period: &period,
            office_name: name,
            zone: &zone,
            language: config.language.wording(),
            notes: &[],
            closed: None,
            proposal: None,
            parts: &parts,
        })
    }
}
