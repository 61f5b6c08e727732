//! The drawing of one campaign: invites of the busiest minute of each mark against the cap of a minute, in both worlds.
//!
//! Only numbers become coordinates; colours come from the style of the page, so that it is legible in light and dark.

use std::fmt::Write;

use super::chart::Axis;
use super::words::grouped;
use crate::model::{BothWorlds, ReplayedCampaign};

/// How wide the drawing is, in its own measure; it is 150 high.
const WIDTH: u64 = 720;
/// Where the field of the bars begins and ends.
const LEFT: u64 = 56;
const TOP: u64 = 12;
const BOTTOM: u64 = 122;

/// What a template needs to draw it.
pub(in crate::render) struct Drawing {
    /// For those who do not see it.
    pub(in crate::render) title: String,
    pub(in crate::render) description: String,
    /// Bars of the desired world, as the data of one path.
    pub(in crate::render) desired: String,
    /// The outline of the live world; empty offline, and where nothing was invited.
    pub(in crate::render) live: String,
    /// Height of the cap in the drawing, and what it says.
    pub(in crate::render) cap: Option<(String, String)>,
    /// The highest value, at the top of the field.
    pub(in crate::render) top: String,
    /// When it begins and ends.
    pub(in crate::render) from: String,
    pub(in crate::render) to: String,
    /// `1 minute` or `the busiest of 4 minutes`
    pub(in crate::render) unit: String,
}

/// Draws a campaign; `None` where it invites nobody in either world.
pub(super) fn drawing(label: &str, campaign: &ReplayedCampaign, axis: &Axis, compared: bool) -> Option<Drawing> {
    let BothWorlds { live, desired } = axis.both(campaign);
    let peak = live.peaks.iter().chain(&desired.peaks).max().copied().filter(|peak| *peak > 0)?;
    let decided = campaign.decided.desired.as_ref().or(campaign.decided.live.as_ref());
    let cap = decided.and_then(|decided| decided.cap);
    // A cap far above all that happens would make it a flat line.
    let top = cap.filter(|cap| *cap <= peak.saturating_mul(4)).unwrap_or(peak).max(peak);
    let y = |value: u64| {
        hundredths(
            BOTTOM * 100 - u64::try_from(u128::from(value.min(top)) * u128::from((BOTTOM - TOP) * 100) / u128::from(top)).unwrap_or(0),
        )
    };
    let x = |mark: usize| hundredths(LEFT * 100 + (mark as u64 * (WIDTH - LEFT) * 100) / (axis.marks.max(1) as u64));
    let mut bars = String::new();
    for (mark, value) in desired.peaks.iter().enumerate().filter(|(_, value)| **value > 0) {
        let _ = write!(bars, "M{} {BOTTOM}V{}H{}V{BOTTOM}Z", x(mark), y(*value), x(mark + 1));
    }
    let mut outline = String::new();
    if compared && live.peaks.iter().any(|value| *value > 0) {
        let _ = write!(outline, "M{LEFT} {BOTTOM}");
        for (mark, value) in live.peaks.iter().enumerate() {
            let _ = write!(outline, "V{}H{}", y(*value), x(mark + 1));
        }
    }
    let unit = if axis.minutes == 1 { "each minute".to_owned() } else { format!("the busiest of every {} minutes", axis.minutes) };
    let most = |peaks: &[u64]| grouped(peaks.iter().max().copied().unwrap_or(0));
    let moment = |mark: usize| axis.mark(mark).strftime("%Y-%m-%d %H:%M UTC").to_string();
    let (from, to) = (moment(0), moment(axis.marks));
    let of_live = if compared { format!("; live at most {} a minute", most(&live.peaks)) } else { String::new() };
    let of_cap = cap.map(|cap| format!("; the cap is {} a minute", grouped(cap))).unwrap_or_default();
    Some(Drawing {
        title: format!("Invites of {label} a minute"),
        description: format!("From {from} to {to}, {unit}: desired at most {} a minute{of_live}{of_cap}.", most(&desired.peaks)),
        desired: bars,
        live: outline,
        cap: cap.map(|cap| match cap <= top {
            true => (y(cap), format!("cap {}", grouped(cap))),
            false => (hundredths(TOP * 100), format!("cap {}, far above", grouped(cap))),
        }),
        top: grouped(top),
        from,
        to,
        unit,
    })
}

/// `1250` is `12.5`.
fn hundredths(value: u64) -> String {
    match (value / 100, value % 100) {
        (whole, 0) => whole.to_string(),
        (whole, rest) => format!("{whole}.{rest:02}").trim_end_matches('0').to_owned(),
    }
}
