//! `message-length`: an invite that nobody reads to its end.

use crate::diagnostic::{Finding, SourceMap};
use crate::lint::{Gravity, Rule, Subject};
use crate::model::Level;

/// The longest invite, in characters: four lines of a chat bubble of 40 characters. A convention of this tool; the API has
/// no limit.
const LONGEST: usize = 160;

/// An invite that nobody reads to its end.
pub(in crate::lint) const RULE: Rule = Rule {
    id: "message-length",
    gravity: Gravity::Warning(Level::Warn),
    summary: "an inviteMessage is longer than 160 characters",
    what: "Counts the characters of `config.inviteMessage` in each action of all campaigns, variables filled in, in disabled campaigns too. The limit is a convention, not the API's: 160 characters are about four lines of a chat bubble on a phone.",
    why: "An invite is a bubble in the corner of a page that somebody is busy with. A long one covers the page, is cut off on small screens, and is dismissed unread.",
    example: "inviteMessage: >-\n  We noticed that you have been looking at our pricing page for quite some time now, and we would like to offer you\n  a conversation with one of our specialists, who will be happy to answer every question.",
    fix: "inviteMessage: Comparing plans? A specialist can tell you in two minutes which one fits.",
};

pub(in crate::lint) fn check(subjects: &[Subject<'_>], sources: &SourceMap) -> Vec<Finding> {
    let mut findings = Vec::new();
    for subject in subjects {
        for (pointer, action) in subject.actions() {
            let Some(message) = action.config.as_ref().and_then(|config| config.invite_message.as_deref()) else { continue };
            // Bytes are never fewer than characters.
            let length = if message.len() > LONGEST { message.trim_end().chars().count() } else { 0 };
            if length > LONGEST {
                let told = format!("the message has {length} characters; an invite of more than {LONGEST} does not fit a chat bubble");
                let help = format!("say it in {LONGEST} characters: one question, one offer");
                findings.push(subject.warning(&RULE, sources, &format!("{pointer}/config/inviteMessage"), &told).help(help));
            }
        }
    }
    findings
}
