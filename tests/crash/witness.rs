//! What the server sees of the runs, and what it must never see.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::PathBuf;

use campaignctl::emulator::{Moment, RequestRecord, Route};
use campaignctl::reconcile::{Plan, Tier};
use campaignctl::state::StateDocument;
use jiff::{SignedDuration, Timestamp};

use super::world::{OURS, SETTLE};

/// What was seen so far, of all runs and of the one that is going on.
pub struct Witness {
    state: PathBuf,
    run: Run,
    /// The latest create of each name.
    creates: HashMap<String, Create>,
    /// When each list was asked for that was answered as a whole, and its number.
    lists: Vec<(u64, Timestamp)>,
    /// Whether nobody else writes: then a campaign is created once.
    pub is_alone: bool,
    /// What must not have happened.
    pub wrong: Vec<String>,
}

#[derive(Default)]
struct Run {
    /// Requests by their number: the how many-eth of this run, counted from 0.
    requests: HashMap<u64, usize>,
    /// When the plan means to write what.
    tiers: HashMap<Target, Tier>,
    latest: Option<Tier>,
    under_way: BTreeMap<u64, Tier>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Target {
    Name(String),
    Id(String),
}

#[derive(Debug)]
struct Create {
    number: u64,
    received: Timestamp,
    /// Whether the answer says that nothing was done.
    refused: bool,
}

impl Witness {
    pub fn new(state: PathBuf) -> Self {
        Self { state, run: Run::default(), creates: HashMap::new(), lists: Vec::new(), is_alone: true, wrong: Vec::new() }
    }

    pub fn begin_run(&mut self) {
        self.run = Run::default();
    }

    /// What the run is about to do.
    pub fn learn(&mut self, plan: &Plan) {
        self.run.tiers = plan
            .changes
            .iter()
            .filter(|change| change.action.writes())
            .filter_map(|change| {
                let target = match &change.live {
                    Some(live) => Target::Id(live.id.0.clone()),
                    None => Target::Name(change.desired.as_ref()?.name.clone()),
                };
                Some((target, change.tier))
            })
            .collect();
    }

    /// Takes note of a moment of a request, and returns the how many-eth of the run the request is.
    pub fn see(&mut self, moment: Moment, record: &RequestRecord) -> usize {
        let count = self.run.requests.len();
        let request = *self.run.requests.entry(record.index).or_insert(count);
        match moment {
            Moment::Received if record.client.as_deref() == Some(OURS) => self.received(record),
            Moment::Answered => {
                self.run.under_way.remove(&record.index);
                let status = record.status.unwrap_or_default();
                if let Some(create) = self.create(record) {
                    create.refused = (400..500).contains(&status) && status != 408;
                }
                if record.route == Some(Route::List) && status == 200 {
                    self.lists.push((record.index, record.received_at));
                }
            }
            Moment::Received | Moment::Committed => {}
        }
        request
    }

    fn create(&mut self, record: &RequestRecord) -> Option<&mut Create> {
        self.creates.get_mut(record.campaign_name.as_deref()?).filter(|create| create.number == record.index)
    }

    fn received(&mut self, record: &RequestRecord) {
        let target = match record.route {
            Some(Route::Create) => Target::Name(record.campaign_name.clone().unwrap_or_default()),
            Some(Route::Update | Route::Delete) => Target::Id(record.campaign_id.clone().unwrap_or_default()),
            _ => return,
        };
        self.in_order(&target, record);
        if let Target::Name(name) = target {
            self.is_intended(&name, record);
            if self.is_alone {
                self.is_first_or_looked_for(name, record);
            }
        }
    }

    /// Every write of an earlier tier has been answered, and none comes any more.
    fn in_order(&mut self, target: &Target, record: &RequestRecord) {
        let Self { run, wrong, .. } = self;
        let Some(tier) = run.tiers.get(target).copied() else {
            return wrong.push(format!("#{} {} of {target:?}, which no change of the plan asks for", record.index, record.method));
        };
        if let Some(latest) = run.latest.filter(|latest| *latest > tier) {
            wrong.push(format!("#{} {} of {target:?}, to {tier:?}, came after one to {latest:?}", record.index, record.method));
        }
        for (earlier, _) in run.under_way.iter().filter(|(_, under_way)| **under_way < tier) {
            wrong.push(format!("#{} {} of {target:?}, to {tier:?}, came before #{earlier} was answered", record.index, record.method));
        }
        run.latest = run.latest.max(Some(tier));
        // What ends without an answer is not told of any more.
        if !record.faults.iter().any(|fault| fault.starts_with("drop-") || *fault == "torn-body") {
            run.under_way.insert(record.index, tier);
        }
    }

    /// The state on disk holds the intent of a create before the server has received it.
    fn is_intended(&mut self, name: &str, record: &RequestRecord) {
        let document = fs::read(&self.state).ok().and_then(|bytes| StateDocument::parse(&bytes).ok());
        if !document.is_some_and(|document| document.intents.values().any(|intent| intent.name == name)) {
            self.wrong.push(format!("#{} POST of {name} was received, and the state on disk holds no intent of it", record.index));
        }
    }

    /// A create that may have been done is sent again only once a list that was asked for at least the settle time later was
    /// answered, and does not show it.
    fn is_first_or_looked_for(&mut self, name: String, record: &RequestRecord) {
        let create = Create { number: record.index, received: record.received_at, refused: false };
        let Some(earlier) = self.creates.insert(name.clone(), create).filter(|earlier| !earlier.refused) else { return };
        // The server's times are whole milliseconds.
        let settled = earlier.received + SignedDuration::try_from(SETTLE).unwrap() - SignedDuration::from_millis(1);
        let looked = self.lists.iter().any(|(list, asked)| *list > earlier.number && *asked >= settled);
        if !looked {
            self.wrong
                .push(format!("#{} POST of {name}, which may have been done before, and was not looked for: {earlier:?}", record.index));
        }
    }
}
