//! What filters look at and sessions do not send, or send as something else.

use super::words::{Bit, counted, grouped, label_at, name, words};
use crate::model::{AttributeUse, DataType, Replayed, SentTypes, Wanted};

/// One thing that does not fit.
pub(super) struct Misfit<'a> {
    /// Name of the attribute.
    pub(super) attribute: &'a str,
    /// The type that filters want.
    pub(super) wanted: DataType,
    /// In how many sessions it was sent as something else.
    pub(super) misfits: u64,
    /// In how many it was sent at all.
    pub(super) sent: u64,
    /// In how many it was looked for.
    pub(super) asked: u64,
    /// As what it was sent instead, the most frequent first.
    pub(super) sent_as: Vec<(&'static str, u64)>,
    /// Names like it that were sent.
    pub(super) similar: &'a [String],
    /// Whether no session can pass the filters.
    pub(super) never: bool,
    /// The campaigns, as places in `contenders`.
    pub(super) by: &'a [usize],
}

/// Everything that does not fit; what keeps a campaign from matching at all comes first.
pub(super) fn misfits(replayed: &Replayed) -> Vec<Misfit<'_>> {
    let mut misfits: Vec<Misfit<'_>> = replayed.attributes.iter().flat_map(of_attribute).collect();
    misfits.sort_by_key(|misfit| (!misfit.never, std::cmp::Reverse(misfit.misfits)));
    misfits
}

/// Those of campaigns that decide otherwise than before: what a plan has to do with.
pub(super) fn misfits_of_changed(replayed: &Replayed) -> Vec<Misfit<'_>> {
    let differs = |place: &usize| replayed.contenders.get(*place).is_some_and(|campaign| campaign.decided.live != campaign.decided.desired);
    misfits(replayed).into_iter().filter(|misfit| misfit.by.iter().any(differs)).collect()
}

fn of_attribute(attribute: &AttributeUse) -> impl Iterator<Item = Misfit<'_>> {
    let AttributeUse { name, wanted, sent, similar } = attribute;
    wanted.iter().filter_map(move |Wanted { data_type, by }| {
        let (fitting, all) = (sent.of_type(*data_type), sent.sent());
        (all == 0 || fitting < all).then(|| Misfit {
            attribute: name,
            wanted: *data_type,
            misfits: all - fitting,
            sent: all,
            asked: all + sent.missing,
            sent_as: sent_as(sent, *data_type),
            similar,
            never: fitting == 0,
            by,
        })
    })
}

/// As what an attribute was sent that a filter of this type does not take.
fn sent_as(sent: &SentTypes, wanted: DataType) -> Vec<(&'static str, u64)> {
    let SentTypes { missing: _, null, boolean, integer, float, string } = *sent;
    let all = [("null", null, None), ("boolean", boolean, Some(DataType::Boolean)), ("string", string, Some(DataType::String))];
    let mut out: Vec<(&'static str, u64)> =
        all.into_iter().filter(|(_, _, taken_by)| *taken_by != Some(wanted)).map(|(word, count, _)| (word, count)).collect();
    if wanted != DataType::Float {
        out.push(("float", float));
        if wanted != DataType::Integer {
            out.push(("integer", integer));
        }
    }
    out.retain(|(_, count)| *count > 0);
    out.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    out
}

impl Misfit<'_> {
    /// `external.x is wanted as float, and 1,200 of 3,400 sessions that send it send a string`.
    pub(super) fn words(&self, replayed: &Replayed) -> Vec<Bit> {
        let Self { attribute, wanted, misfits, sent, asked, sent_as, similar, never, by } = self;
        let mut bits = vec![name(*attribute)];
        if *sent == 0 {
            bits.push(words(format!(" ({}) is in none of {}", wanted.as_str(), counted(*asked, "session"))));
            for (nth, similar) in similar.iter().enumerate() {
                bits.extend([words(if nth == 0 { "; they send " } else { ", " }), name(similar)]);
            }
        } else {
            let types: Vec<String> = sent_as
                .iter()
                .map(|(word, count)| match sent_as.len() {
                    1 => (*word).to_owned(),
                    _ => format!("{word} ({})", grouped(*count)),
                })
                .collect();
            let of = if misfits == sent {
                format!("all {} that send it", counted(*sent, "session"))
            } else {
                format!("{} of {} that send it", grouped(*misfits), counted(*sent, "session"))
            };
            bits.push(words(format!(" is wanted as {}, and {of} send it as {}", wanted.as_str(), types.join(", "))));
        }
        bits.push(words(if *never { ": no session can match " } else { "; asked by " }));
        for (nth, place) in by.iter().enumerate() {
            if nth > 0 {
                bits.push(words(", "));
            }
            bits.push(name(label_at(replayed, *place)));
        }
        bits
    }
}
