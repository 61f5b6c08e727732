//! Everything an import looks at before it writes: what is live, what is managed, and a proven file for the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rayon::prelude::*;

use super::Wanted;
use super::bind::not_live;
use super::place::Place;
use super::prove::{Draft, Proven, prove};
use super::select::is;
use crate::adopt::{self, Flags, How, Imports, Keys, Managed, NewFile, NotImported, Variables};
use crate::apply::take_found;
use crate::load::Loaded;
use crate::model::{CampaignId, CampaignKey, Desired, Live, LiveCampaign, QueueIds, Remembered, UnreadableCampaign};
use crate::ops::connect::{Connection, connect};
use crate::ops::plan::{desired, today};
use crate::ops::validate::Validated;
use crate::ops::{Failure, Scope};
use crate::reconcile::{self, Action, Policy, Refusal, same};
use crate::remote::{Reader, RemoteErrorKind};
use crate::state::StateDocument;

/// An import that is decided and not made.
#[derive(Debug)]
pub(super) struct Survey {
    pub(super) connection: Connection,
    pub(super) document: StateDocument,
    /// The files are not written yet.
    pub(super) imports: Imports,
    /// What the state is to remember once they are.
    pub(super) remember: BTreeMap<CampaignKey, Remembered>,
    /// Campaigns that an earlier apply created without learning of it, in `document` already.
    pub(super) found: usize,
}

/// Looks at both sides and drafts the files.
pub(super) async fn survey(scope: &Scope, wanted: &Wanted, into: &Path, validated: Validated) -> Result<Survey, Failure> {
    let place = Place::new(&scope.project, into)?;
    let loaded = validated.loaded;
    let connection = connect(scope).await?;
    let mut document = connection.remembered().await?;
    let live = connection.reader.campaigns().await?;
    wanted.check(&live, &scope.environment.name)?;
    let found = reconcile::resume(&document.intents, &live, &document.campaigns);
    take_found(&mut document, &found, &live);
    let (queues, note) = queues(&loaded, &live, &connection.reader).await?;
    let message = "the campaign files name queues that cannot be used; nothing was imported";
    let desired =
        desired(&loaded, &scope.environment, &queues, today()).map_err(|failure| Failure { message: message.to_owned(), ..failure })?;
    let sorted = sort(wanted, &live, &desired, &document)?;
    let Sorted { mut managed, mut refused, candidates, mut remember } = sorted;
    let (files, bad) = tokio::task::block_in_place(|| {
        let keys = keys(wanted, &loaded, &document, &place)?;
        let drafts = drafts(candidates, keys, &place, &queues, &Variables::new(&scope.environment.variables), wanted)?;
        let flags: BTreeMap<CampaignKey, Flags> = drafts.iter().map(|(draft, flags)| (draft.key.clone(), *flags)).collect();
        let Proven { good, bad } = prove(drafts.into_iter().map(|(draft, _)| draft).collect(), scope, &queues)?;
        for draft in &good {
            let Flags { prevent_destroy, keep } = flags.get(&draft.key).copied().unwrap_or_default();
            remember
                .insert(draft.key.clone(), Remembered { prevent_destroy, keep, ..Remembered::new(draft.live.id.clone(), draft.live.spec.clone()) });
        }
        let bad = bad.into_iter().map(|(draft, (reason, hint))| not_imported(draft.live, reason, hint)).collect::<Vec<_>>();
        Ok::<_, Failure>((good.into_iter().map(|draft| new_file(draft, &place)).collect::<Vec<_>>(), bad))
    })?;
    refused.extend(bad);
    managed.sort_by(|a, b| a.key.cmp(&b.key));
    refused.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    let mut imports = Imports { destination: connection.destination.clone(), files, managed, refused, notes: note.into_iter().collect() };
    imports.files.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(Survey { connection, document, imports, remember, found: found.len() })
}

impl Wanted {
    fn takes(&self, id: &CampaignId, name: Option<&str>) -> bool {
        match self {
            Self::Some(selection) => selection.takes(id, name),
            Self::As { key: _, id: wanted } => is(wanted, id),
        }
    }

    fn names_id(&self, id: &CampaignId) -> bool {
        match self {
            Self::Some(selection) => selection.names_id(id),
            Self::As { key: _, id: wanted } => is(wanted, id),
        }
    }

    fn check(&self, live: &Live, environment: &str) -> Result<(), Failure> {
        let is_live = |wanted: &CampaignId| {
            live.campaigns.iter().any(|campaign| is(wanted, &campaign.id))
                || live.unreadable.iter().any(|campaign| is(wanted, &campaign.id))
        };
        match self {
            Self::Some(selection) => selection.check(live, environment),
            Self::As { key: _, id } if !is_live(id) => Err(not_live(environment, id)),
            Self::As { .. } => Ok(()),
        }
    }
}

/// The queues of the organization, where a campaign needs them. Who may not read them gets ids.
async fn queues(loaded: &Loaded, live: &Live, reader: &Reader) -> Result<(QueueIds, Option<String>), Failure> {
    let is_named = loaded.campaigns.iter().any(|campaign| campaign.document.names_queues());
    let routings = || live.campaigns.iter().flat_map(|campaign| &campaign.spec.actions).filter_map(|action| action.routing_config.as_ref());
    if !is_named && !routings().any(|routing| routing.queue_id.is_some() || routing.overflow_queue_id.is_some()) {
        return Ok((QueueIds::default(), None));
    }
    match reader.queues().await {
        Ok(queues) => Ok((QueueIds::new(queues.into_iter().map(|queue| (queue.name, queue.id))), None)),
        Err(error) if !is_named && matches!(error.kind(), RemoteErrorKind::Forbidden { .. }) => {
            Ok((QueueIds::default(), Some(format!("queues are written by id, because their names may not be read: {error}"))))
        }
        Err(error) => Err(error.into()),
    }
}

/// The campaigns that are wanted, by what becomes of them.
#[derive(Default)]
struct Sorted<'a> {
    managed: Vec<Managed>,
    refused: Vec<NotImported>,
    /// Those that get a file, by name and id, with what the state remembers of their lifecycle.
    candidates: Vec<(&'a LiveCampaign, Flags)>,
    /// Those whose file is there already and says what is live.
    remember: BTreeMap<CampaignKey, Remembered>,
}

/// What is known of live campaigns before any of them is looked at.
struct Known<'a> {
    by_state: BTreeMap<&'a CampaignId, (&'a CampaignKey, &'a Remembered)>,
    /// Taken over by name by the next plan, and whether it then changes anything.
    by_name: BTreeMap<CampaignId, (CampaignKey, bool)>,
    /// Of a declared name that several have.
    ambiguous: BTreeMap<CampaignId, CampaignKey>,
    desired: &'a Desired,
}

impl<'a> Known<'a> {
    fn new(live: &Live, desired: &'a Desired, document: &'a StateDocument) -> Self {
        let plan = reconcile::plan(desired, live, &document.campaigns, &Policy::default());
        let by_name = plan.changes.iter().filter(|change| change.imported).filter_map(|change| {
            Some((change.live.as_ref()?.id.clone(), (change.key.clone(), change.action == Action::Record && change.held.is_empty())))
        });
        let ambiguous = plan.refusals.iter().flat_map(|refusal| match refusal {
            Refusal::AmbiguousName { key, name: _, candidates } => {
                candidates.iter().map(|candidate| (candidate.id.clone(), key.clone())).collect()
            }
            _ => Vec::new(),
        });
        let by_state = document.campaigns.campaigns.iter().map(|(key, remembered)| (&remembered.id, (key, remembered))).collect();
        Self { by_state, by_name: by_name.collect(), ambiguous: ambiguous.collect(), desired }
    }

    /// Whether the state knows a campaign by a key that no file declares, not even as its former one.
    fn is_undeclared(&self, key: &CampaignKey) -> bool {
        !self.desired.campaigns.contains_key(key)
            && !self.desired.campaigns.values().any(|campaign| campaign.previously.as_ref() == Some(key))
    }
}

fn sort<'a>(wanted: &Wanted, live: &'a Live, desired: &Desired, document: &StateDocument) -> Result<Sorted<'a>, Failure> {
    let known = Known::new(live, desired, document);
    let mut sorted = Sorted::default();
    let mut chosen: Vec<&LiveCampaign> =
        live.campaigns.iter().filter(|campaign| wanted.takes(&campaign.id, Some(&campaign.spec.name))).collect();
    chosen.sort_by(|a, b| (&a.spec.name, &a.id).cmp(&(&b.spec.name, &b.id)));
    for campaign in chosen {
        sorted.place(campaign, wanted, &known)?;
    }
    for campaign in live.unreadable.iter().filter(|campaign| wanted.takes(&campaign.id, campaign.name.as_deref())) {
        let UnreadableCampaign { id, name, reason } = campaign;
        match known.by_state.get(id) {
            Some((key, _)) => {
                let how = if known.is_undeclared(key) { How::Undeclared } else { How::Known };
                sorted.managed.push(Managed { key: (*key).clone(), id: id.clone(), name: name.clone(), how });
            }
            None => sorted.refused.push(NotImported {
                id: id.clone(),
                name: name.clone(),
                reason: format!("its live body cannot be read: {reason}"),
                hint: "update campaignctl, or change it in Genesys Cloud, then import it again".to_owned(),
            }),
        }
    }
    sorted.refuse_names(desired);
    Ok(sorted)
}

impl<'a> Sorted<'a> {
    /// Decides what becomes of one campaign, as far as it can be told without the others.
    fn place(&mut self, campaign: &'a LiveCampaign, wanted: &Wanted, known: &Known<'_>) -> Result<(), Failure> {
        let LiveCampaign { id, spec, .. } = campaign;
        let managed = |key: &CampaignKey, how| Managed { key: key.clone(), id: id.clone(), name: Some(spec.name.clone()), how };
        let asked_key = if let Wanted::As { key, id: _ } = wanted { Some(key) } else { None };
        if let Some((key, remembered)) = known.by_state.get(id) {
            if known.is_undeclared(key) && asked_key == Some(*key) {
                let Remembered { prevent_destroy, keep, .. } = remembered;
                self.candidates.push((campaign, Flags { prevent_destroy: *prevent_destroy, keep: *keep }));
                return Ok(());
            }
            if let Some(asked) = asked_key {
                return Err(taken(asked, id, key, known.is_undeclared(key)));
            }
            let how = if known.is_undeclared(key) { How::Undeclared } else { How::Known };
            self.managed.push(managed(key, how));
        } else if let Some((key, is_same)) = known.by_name.get(id) {
            if let Some(asked) = asked_key {
                return Err(taken(asked, id, key, false));
            }
            self.managed.push(managed(key, if *is_same { How::Recorded } else { How::Differs }));
            if *is_same {
                self.record(key, campaign, known);
            }
        } else if let Some(key) = known.ambiguous.get(id) {
            let is_same = known.desired.campaigns.get(key).is_some_and(|declared| declared.held.is_empty() && same(&declared.spec, spec));
            // Named by its id, it is this one and no other: an import that was killed is finished.
            if is_same && asked_key.is_none() && wanted.names_id(id) && !self.remember.contains_key(key) {
                self.managed.push(managed(key, How::Recorded));
                self.record(key, campaign, known);
            } else {
                let reason = format!("{} has its name, and so have other live campaigns", key.address());
                let hint =
                    format!("`campaignctl import {} --id ID` says which one that is; rename the others in Genesys Cloud", key.address());
                self.refused.push(not_imported(campaign, reason, hint));
            }
        } else {
            self.candidates.push((campaign, Flags::default()));
        }
        Ok(())
    }

    fn record(&mut self, key: &CampaignKey, campaign: &LiveCampaign, known: &Known<'_>) {
        let lifecycle = known.desired.campaigns.get(key).map(|declared| declared.lifecycle.clone()).unwrap_or_default();
        let (prevent_destroy, keep) = (lifecycle.prevent_destroy, lifecycle.keep);
        let remembered = Remembered { prevent_destroy, keep, ..Remembered::new(campaign.id.clone(), campaign.spec.clone()) };
        self.remember.insert(key.clone(), remembered);
    }

    /// Takes out the candidates whose name another one has, or a campaign that is declared.
    fn refuse_names(&mut self, desired: &Desired) {
        let declared: BTreeMap<&str, &CampaignKey> =
            desired.campaigns.iter().map(|(key, campaign)| (campaign.spec.name.as_str(), key)).collect();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for (campaign, _) in &self.candidates {
            *counts.entry(&campaign.spec.name).or_default() += 1;
        }
        let (candidates, mut refused) = (std::mem::take(&mut self.candidates), Vec::new());
        for (campaign, flags) in candidates {
            let name = campaign.spec.name.as_str();
            if let Some(key) = declared.get(name) {
                let hint = "the repo keeps names apart: rename one of the two in Genesys Cloud, then import it again";
                refused.push(not_imported(campaign, format!("{} has its name already", key.address()), hint.to_owned()));
            } else if counts.get(name).is_some_and(|count| *count > 1) {
                let hint = "the repo keeps names apart: rename all but one in Genesys Cloud, or import one of them by its --id";
                refused.push(not_imported(campaign, format!("{} live campaigns have this name", counts[name]), hint.to_owned()));
            } else {
                self.candidates.push((campaign, flags));
            }
        }
        self.refused.extend(refused);
    }
}

/// A live campaign cannot have two keys.
fn taken(asked: &CampaignKey, id: &CampaignId, key: &CampaignKey, undeclared: bool) -> Failure {
    let hint = if undeclared {
        format!("`campaignctl import {} --id {id}` writes its file under that key", key.address())
    } else {
        format!("to rename it, rename its file and write `previously: {key}` in it")
    };
    Failure::new(format!("{} is not declared, and the live campaign {id} is already {}", asked.address(), key.address()), hint)
}

/// The keys that no new campaign may get.
fn keys(wanted: &Wanted, loaded: &Loaded, document: &StateDocument, place: &Place) -> Result<Keys, Failure> {
    let mut taken: BTreeSet<String> = place.stems()?.into_iter().collect();
    for campaign in &loaded.campaigns {
        taken.insert(campaign.key.to_string());
        taken.extend(campaign.document.previously.clone());
    }
    // The key that was asked for may be the one by which the state knows the campaign.
    let is_asked = |known: &CampaignKey, of: &CampaignId| matches!(wanted, Wanted::As { key, id } if key == known && is(id, of));
    let remembered = document.campaigns.campaigns.iter().filter(|(key, remembered)| !is_asked(key, &remembered.id)).map(|(key, _)| key);
    taken.extend(remembered.chain(document.intents.keys()).map(ToString::to_string));
    Ok(Keys::new(taken))
}

/// A draft for each candidate.
fn drafts<'a>(
    candidates: Vec<(&'a LiveCampaign, Flags)>,
    mut keys: Keys,
    place: &Place,
    queues: &QueueIds,
    variables: &Variables,
    wanted: &Wanted,
) -> Result<Vec<(Draft<'a>, Flags)>, Failure> {
    let mut keyed = Vec::with_capacity(candidates.len());
    for (live, flags) in candidates {
        let key = match wanted {
            Wanted::As { key, id: _ } if keys.is_taken(key.as_str()) => {
                let (_, shown) = place.file(key.as_str());
                return Err(Failure::new(
                    format!("`{shown}` cannot be written: a file or a campaign of that name is there already, or the name is reserved"),
                    "choose another key; upper and lower case are taken for the same",
                ));
            }
            Wanted::As { key, id: _ } => key.clone(),
            Wanted::Some(_) => keys.make(&live.spec.name, &live.id),
        };
        keyed.push((key, live, flags));
    }
    let draft = |(key, live, flags): (CampaignKey, &'a LiveCampaign, Flags)| {
        let (_, shown) = place.file(key.as_str());
        let document = adopt::document(&live.spec, flags, queues, variables);
        let text = adopt::file_text(&document, place.schema.as_deref());
        (Draft { key, live, shown, text }, flags)
    };
    Ok(keyed.into_par_iter().map(draft).collect())
}

fn new_file(draft: Draft<'_>, place: &Place) -> NewFile {
    let Draft { key, live, shown, text } = draft;
    let (path, _) = place.file(key.as_str());
    NewFile { id: live.id.clone(), name: live.spec.name.clone(), path, shown, text, unmodelled: live.unmodelled.len(), key }
}

fn not_imported(campaign: &LiveCampaign, reason: String, hint: String) -> NotImported {
    NotImported { id: campaign.id.clone(), name: Some(campaign.spec.name.clone()), reason, hint }
}
