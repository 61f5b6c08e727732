//! One written case made ready to run: times read, defaults laid under it, and what cannot be meant told at its place.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Span as Period, SpanRelativeTo, Timestamp};

use super::problem::Problem;
use super::test_files::Known;
use crate::diagnostic::{Part, Severity, SourceTree, Span, nearest};
use crate::model::{
    Attributes, CampaignKey, CaseDefaults, CaseDocument, DecisionStatus, EarlierDocument, ExpectationDocument, FullExpectation, Session,
    out_of_range,
};
use crate::schema::{self, shorten};
use crate::suite::{Case, Earlier, Event, Expected};

/// The channel of a case that does not say.
const CHANNEL: &str = "webchat:test";

/// Reads one case.
pub(super) struct Reader<'a> {
    pub(super) tree: &'a SourceTree,
    pub(super) known: &'a Known,
    /// JSON pointer to the case.
    pub(super) base: String,
    pub(super) problems: Vec<(Problem, Severity)>,
}

impl Reader<'_> {
    /// The case, where nothing in it is an error.
    pub(super) fn case(&mut self, defaults: &CaseDefaults, case: &CaseDocument, file: &str, group: &str, line: u32) -> Option<Case> {
        let before = self.problems.iter().filter(|(_, severity)| *severity == Severity::Error).count();
        let CaseDocument { name, contact, channel, at, session, without, campaign, history, expect, only } = case;
        self.defaults(defaults);
        let at = match (at, &defaults.at) {
            (Some(at), _) => self.time(at, "/at"),
            // A wrong time of the defaults is told once, at the defaults.
            (None, Some(at)) => at.parse().ok(),
            (None, None) => Some(Case::NOON),
        };
        let attributes = self.attributes(&defaults.session, session, without);
        let contact = contact.clone().or_else(|| defaults.contact.clone()).unwrap_or_else(|| Case::VISITOR.to_owned());
        let channel = channel.clone().or_else(|| defaults.channel.clone()).unwrap_or_else(|| CHANNEL.to_owned());
        let session = session_of(&contact, &channel, attributes.clone());
        let asked = campaign.as_ref().and_then(|key| self.key(key, "/campaign", Part::Value));
        let earlier = self.history(history, &session, at);
        let expected = self.expected(expect);
        let only = only.as_ref().map(|keys| {
            let is_list = matches!(keys, crate::model::Keys::Many(_));
            let pointer = |place: usize| if is_list { format!("/only/{place}") } else { "/only".to_owned() };
            keys.all().iter().enumerate().filter_map(|(place, key)| self.key(key, &pointer(place), Part::Value)).collect::<BTreeSet<_>>()
        });
        if expect.is_empty() && only.is_none() {
            self.error("", Part::Value, "the case expects nothing, so it can never fail", "add `expect:` with a campaign, or `only:`");
        }
        let errors = self.problems.iter().filter(|(_, severity)| *severity == Severity::Error).count();
        let at = at.filter(|_| errors == before)?;
        let (file, group, name) = (file.to_owned(), group.to_owned(), name.clone());
        Some(Case { group, name, file, line, session, at, asked, history: earlier, expected, only })
    }

    /// The bytes of a value of the case, or of its key.
    fn span(&self, below: &str, part: Part) -> Span {
        self.tree.span(&format!("{}{below}", self.base), part)
    }

    fn problem(&self, rule: &'static str, below: &str, part: Part, message: impl Into<String>, help: impl Into<String>) -> Problem {
        let field = schema::field_path(&format!("{}{below}", self.base));
        Problem::new(rule, self.span(below, part), message).field(field).help(help)
    }

    fn error(&mut self, below: &str, part: Part, message: impl Into<String>, help: impl Into<String>) {
        let problem = self.problem("bad-case", below, part, message, help);
        self.problems.push((problem, Severity::Error));
    }

    /// What is wrong with the defaults is told with the first case.
    fn defaults(&mut self, defaults: &CaseDefaults) {
        if self.base != "/cases/0" {
            return;
        }
        let base = std::mem::replace(&mut self.base, "/defaults".to_owned());
        if let Some(at) = &defaults.at {
            self.time(at, "/at");
        }
        self.look_at(&defaults.session, "/session");
        self.base = base;
    }

    /// A moment, RFC 3339.
    fn time(&mut self, text: &str, below: &str) -> Option<Timestamp> {
        let time = text.parse().ok();
        if time.is_none() {
            let (wrong, help) = match out_of_range(text) {
                Some(out_of_range) => (out_of_range, "write a time within this range"),
                None => ("is no time".to_owned(), "write it as RFC 3339, such as 2024-05-21T14:32:11Z"),
            };
            self.error(below, Part::Value, format!("`{}` {wrong}", shorten(text)), help);
        }
        time
    }

    /// The attributes of a case: those of the defaults, without some, and its own.
    fn attributes(&mut self, defaults: &Attributes, own: &Attributes, without: &[String]) -> Attributes {
        self.look_at(own, "/session");
        let mut all = defaults.clone();
        for (place, name) in without.iter().enumerate() {
            let below = format!("/without/{place}");
            if own.contains_key(name) {
                let message = format!("the session has `{}` and is to be without it", shorten(name));
                self.error(&below, Part::Value, message, "keep it in `session` or in `without`");
            } else if all.remove(name).is_none() {
                let message = format!("the defaults have no attribute `{}`", shorten(name));
                let help = match nearest(name, defaults.keys().map(String::as_str)) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "leave it out: a session has only what the defaults and the case give it".to_owned(),
                };
                self.error(&below, Part::Value, message, help);
            }
        }
        all.extend(own.iter().map(|(name, value)| (name.clone(), value.clone())));
        all
    }

    /// Warns of attributes that are most likely misspelt: no filter looks at them, and at one of nearly that name some does.
    fn look_at(&mut self, session: &Attributes, below: &str) {
        for name in session.keys().filter(|name| !self.known.attributes.contains(*name)) {
            if let Some(meant) = nearest(name, self.known.attributes.iter().map(String::as_str)) {
                let message = format!("no filter looks at the attribute `{}`", shorten(name));
                let below = format!("{below}/{}", escape(name));
                let problem = self.problem("unknown-attribute", &below, Part::Key, message, format!("did you mean `{meant}`?"));
                self.problems.push((problem, Severity::Warning));
            }
        }
    }

    /// A key that some campaign has.
    fn key(&mut self, key: &str, below: &str, part: Part) -> Option<CampaignKey> {
        let Some(keys) = &self.known.keys else { return CampaignKey::new(key).ok() };
        if let Some(known) = keys.iter().find(|known| known.as_str() == key) {
            return Some(known.clone());
        }
        let all: Vec<&str> = keys.iter().map(CampaignKey::as_str).collect();
        let help = match nearest(key, all.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if all.len() <= 10 => format!("the campaigns are {}", schema::list(&all, "and")),
            None => "write the key of a campaign: its `key:`, or the name of its file without `.yaml`".to_owned(),
        };
        let message = format!("there is no campaign `{}`", shorten(key));
        let problem = self.problem("unknown-campaign", below, part, message, help);
        self.problems.push((problem, Severity::Error));
        None
    }

    /// What went before, in order of time.
    fn history(&mut self, history: &[EarlierDocument], session: &Session, now: Option<Timestamp>) -> Vec<Earlier> {
        let mut earlier: Vec<Earlier> =
            history.iter().enumerate().filter_map(|(place, document)| self.earlier(place, document, session, now)).collect();
        earlier.sort_by_key(|earlier| earlier.at);
        earlier
    }

    fn earlier(&mut self, place: usize, document: &EarlierDocument, case: &Session, now: Option<Timestamp>) -> Option<Earlier> {
        let EarlierDocument { invited, session, ago, at, contact, times } = document;
        let below = format!("/history/{place}");
        let at = self.moment(&below, ago.as_deref(), at.as_deref(), now);
        let contact = contact.clone().unwrap_or_else(|| case.contact_id.clone());
        let event = match (invited, session) {
            (Some(key), _) => self.key(key, &format!("{below}/invited"), Part::Value).map(|campaign| Event::Invited { campaign, contact }),
            (None, Some(own)) => {
                self.look_at(own, &format!("{below}/session"));
                let mut attributes = case.attributes.clone();
                attributes.extend(own.iter().map(|(name, value)| (name.clone(), value.clone())));
                Some(Event::Session(session_of(&contact, &case.channel_id, attributes)))
            }
            (None, None) => {
                self.error(&below, Part::Value, "this says not what happened", "add `invited:` with a campaign, or `session:`");
                None
            }
        };
        Some(Earlier { at: at?, times: *times, event: event? })
    }

    /// When something earlier happened.
    fn moment(&mut self, below: &str, ago: Option<&str>, at: Option<&str>, now: Option<Timestamp>) -> Option<Timestamp> {
        let field = if ago.is_some() { "ago" } else { "at" };
        let place = format!("{below}/{field}");
        let moment = match (ago, at) {
            (Some(ago), _) => {
                let Some(period) = period(ago) else {
                    let message = format!("`{}` is no length of time", shorten(ago));
                    self.error(&place, Part::Value, message, "write a time such as 90s, 30m, 23h 59m or 1d");
                    return None;
                };
                let moment = now?.checked_sub(period);
                if moment.is_err() {
                    self.error(&place, Part::Value, "that is before the year -9999", "write a shorter time");
                }
                moment.ok()?
            }
            (None, Some(at)) => self.time(at, &place)?,
            (None, None) => {
                self.error(below, Part::Value, "this says not when it happened", "add `ago:` such as 24h, or `at:`");
                return None;
            }
        };
        if now.is_some_and(|now| moment > now) {
            self.error(&place, Part::Value, "this is later than the session of the case", "write an earlier time");
            return None;
        }
        Some(moment)
    }

    fn expected(&mut self, expect: &BTreeMap<String, ExpectationDocument>) -> BTreeMap<CampaignKey, Expected> {
        let mut all = BTreeMap::new();
        for (key, expectation) in expect {
            let below = format!("/expect/{}", escape(key));
            let key = self.key(key, &below, Part::Key);
            let full = match expectation {
                ExpectationDocument::Status(status) => FullExpectation { status: status.clone(), priority: None, queue: None, until: None },
                ExpectationDocument::Full(full) => full.clone(),
            };
            let FullExpectation { status, priority, queue, until } = full;
            // The schema has seen to it that it is one of the words.
            let Some(status) = DecisionStatus::ALL.into_iter().find(|known| known.as_str() == status) else { continue };
            let invites = status == DecisionStatus::Invited;
            let ends = matches!(status, DecisionStatus::Suppressed | DecisionStatus::Throttled);
            for (field, is_there, fits) in
                [("priority", priority.is_some(), invites), ("queue", queue.is_some(), invites), ("until", until.is_some(), ends)]
            {
                if is_there && !fits {
                    let message = format!("a campaign that decides `{status}` has no `{field}`");
                    self.error(&format!("{below}/{field}"), Part::Key, message, format!("leave out `{field}`, or expect another status"));
                }
            }
            let until = until.and_then(|until| self.time(&until, &format!("{below}/until")));
            all.extend(key.map(|key| (key, Expected { status, priority, queue, until })));
        }
        all
    }
}

fn session_of(contact: &str, channel: &str, attributes: Attributes) -> Session {
    Session {
        contact_id: contact.to_owned(),
        channel_id: channel.to_owned(),
        attributes,
        timestamp: None,
        request_id: None,
        correlation_id: None,
    }
}

/// A length of time: units from days down, a day of 24 hours.
fn period(text: &str) -> Option<jiff::SignedDuration> {
    let span: Period = text.parse().ok()?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    (!duration.is_negative()).then_some(duration)
}

/// A field's name as a step of a JSON pointer.
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::period;

    #[test]
    fn lengths_of_time_are_what_people_write() {
        for (text, seconds) in [("90s", 90), ("30m", 1800), ("23h 59m 59s", 86_399), ("1d", 86_400), ("0s", 0), ("172800s", 172_800)] {
            assert_eq!(period(text).map(|period| period.as_secs()), Some(seconds), "{text}");
        }
        for bad in ["", "24", "-1h", "1 month", "soon", "1h ago"] {
            assert_eq!(period(bad), None, "{bad}");
        }
    }
}
