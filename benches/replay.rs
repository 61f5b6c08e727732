//! How long a million recorded sessions take to be decided again: `cargo bench --bench replay`.
//!
//! Three times each: reading and parsing alone, matching with that, and the whole replay of live against desired with ledger and report; 20 and 1,000 campaigns.
//! `-- --write FILE SESSIONS` writes such a recording, `-- --campaigns N` prints the campaigns, for other programs.

#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use campaignctl::model::{BothWorlds, CampaignKey, CampaignSpec, Contender};
use campaignctl::replay::{Contest, Contested, Options, Source, replay};
use serde_json::{Value, json};

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }

    fn one_of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        let place = self.roll(words.len() as u64);
        words[usize::try_from(place).unwrap_or(0)]
    }
}

const PAGES: [&str; 6] = ["/pricing", "/pricing/enterprise", "/checkout", "/docs/start", "/blog/2024/release", "/"];
const LANGUAGES: [&str; 5] = ["en-US", "en-GB", "de-DE", "fr-FR", "es-ES"];
const TIERS: [&str; 4] = ["free", "pro", "business", "enterprise"];

/// One session a line, one every 50 ms; one in two hundred sends its churn probability as text, as the real ones do.
fn write_sessions(path: &Path, sessions: u64) {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path).expect("the file can be created"));
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for number in 0..sessions {
        let at = jiff::Timestamp::from_millisecond(1_716_300_000_000 + i64::try_from(number).unwrap_or(0) * 50).expect("a time");
        let churn = dice.roll(10_000);
        let churn = if dice.roll(200) == 0 { format!("\"0.{churn:04}\"") } else { format!("0.{churn:04}") };
        let contact = dice.roll(sessions / 3 + 1);
        let (page, language, tier) = (dice.one_of(&PAGES), dice.one_of(&LANGUAGES), dice.one_of(&TIERS));
        let (dwell, views, cart) = (dice.roll(300), dice.roll(20), dice.roll(50_000));
        let (known, width) = (dice.roll(3) == 0, 320 + dice.roll(1600));
        writeln!(
            out,
            "{{\"contactId\":\"ext:customer_{contact}\",\"channelId\":\"webchat:primary_embed\",\"sessionData\":{{\"referrer.page\":\"{page}\",\
             \"external.churn_probability\":{churn},\"session.dwell_time_seconds\":{dwell},\"session.page_views\":{views},\
             \"contact.is_authenticated\":{known},\"contact.tier\":\"{tier}\",\"browser.language\":\"{language}\",\
             \"browser.viewport_width\":{width},\"session.cart_value\":{}.{:02}}},\"evaluationContext\":{{\"timestamp\":\"{at}\",\
             \"correlationId\":\"c-{number:08x}\"}}}}",
            cart / 100,
            cart % 100
        )
        .expect("the disk has room");
    }
    out.flush().expect("the disk has room");
}

/// Campaigns as teams write them: two to four filters, few of which most sessions pass.
fn campaigns(count: u64) -> Vec<CampaignSpec> {
    let mut dice = Dice(42);
    let mut campaign = |number: u64| {
        let mut filters: Vec<Value> = vec![
            json!({ "attributeName": "external.churn_probability", "operator": "greater_than", "value": 0.6 + f64::from(u32::try_from(dice.roll(390)).unwrap_or(0)) / 1000.0, "dataType": "float" }),
            json!({ "attributeName": "session.dwell_time_seconds", "operator": "greater_than", "value": 20 + dice.roll(200), "dataType": "integer" }),
        ];
        match dice.roll(4) {
            0 => filters.push(json!({ "attributeName": "referrer.page", "operator": "starts_with", "value": dice.one_of(&PAGES[..4]), "dataType": "string" })),
            1 => filters.push(json!({ "attributeName": "browser.language", "operator": "in", "value": [dice.one_of(&LANGUAGES), "en-US"], "dataType": "string" })),
            2 => filters.push(json!({ "attributeName": "contact.is_authenticated", "operator": "equals", "value": true, "dataType": "boolean" })),
            _ => filters.push(json!({ "attributeName": "session.cart_value", "operator": "greater_than_or_equal", "value": 100 + dice.roll(300), "dataType": "float" })),
        }
        if dice.roll(2) == 0 {
            filters.push(
                json!({ "attributeName": "contact.tier", "operator": "not_equals", "value": dice.one_of(&TIERS), "dataType": "string" }),
            );
        }
        serde_json::from_value(json!({
            "name": format!("Campaign {number}"), "enabled": true, "campaignType": "proactive", "evaluationMode": "realtime", "filters": filters,
            "actions": [{ "type": "webchat_invite", "priority": 1 + dice.roll(5),
                          "routingConfig": { "queueId": format!("a1b2c3d4-e5f6-4890-abcd-{:012}", dice.roll(7)) } }],
            "throttling": { "maxInvitesPerContact": 1, "cooldownSeconds": 86400, "maxInvitesPerMinute": 500 },
        }))
        .expect("a campaign")
    };
    (0..count).map(&mut campaign).collect()
}

/// What a review would be about: one threshold lowered, everything else as it was.
fn changed(live: &[CampaignSpec]) -> Vec<CampaignSpec> {
    let mut desired = live.to_vec();
    if let Some(filter) = desired.first_mut().and_then(|campaign| campaign.filters.get_mut(1)) {
        filter.value = serde_json::from_value(json!(10)).expect("a value");
    }
    desired
}

fn contested<'a>(live: &'a [CampaignSpec], desired: &'a [CampaignSpec], compared: bool) -> Vec<Contested<'a>> {
    live.iter()
        .zip(desired)
        .enumerate()
        .map(|(number, (live, desired))| Contested {
            who: Contender { key: CampaignKey::new(format!("c{number:04}")).ok(), id: None, name: live.name.clone() },
            spec: BothWorlds { live: compared.then_some(live), desired: Some(desired) },
        })
        .collect()
}

fn run(path: &Path, campaigns: Vec<Contested<'_>>, compared: bool) -> (Duration, u64, u64) {
    let start = Instant::now();
    let source = Source { name: "sessions".to_owned(), from: Box::new(File::open(path).expect("the recording is there")) };
    let replayed =
        replay(vec![source], &Contest::new(campaigns), Options { compared, strict: false }, &mut |_| {}).expect("it can be read");
    (start.elapsed(), replayed.totals.desired.invites, replayed.flips.iter().map(|flip| flip.sessions).sum())
}

/// Seconds that all threads together computed so far; Linux tells, in hundredths.
fn computed() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> =
        stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2).filter_map(|field| field.parse().ok()).collect();
    fields.iter().sum::<f64>() / 100.0
}

/// The most memory the process had so far, in MB; Linux tells.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--write", path, sessions] => return write_sessions(Path::new(path), sessions.parse().expect("a number")),
        ["--campaigns", count] => {
            let live = campaigns(count.parse().expect("a number"));
            println!("{}", serde_json::to_string(&live).expect("campaigns are JSON"));
            return;
        }
        _ => {}
    }
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    std::fs::create_dir_all(&folder).expect("target is there");
    let path = folder.join("sessions.ndjson");
    let sessions = 1_000_000;
    if !path.exists() {
        write_sessions(&path, sessions);
    }
    let bytes = std::fs::metadata(&path).map_or(0, |file| file.len());
    println!("{sessions} sessions, {} MB, {} threads", bytes / 1_000_000, rayon::current_num_threads());
    for count in [20, 1_000] {
        let live = campaigns(count);
        let desired = changed(&live);
        let nobody: Vec<CampaignSpec> = live.iter().cloned().map(|campaign| CampaignSpec { actions: Vec::new(), ..campaign }).collect();
        for _ in 0..3 {
            let tell = |what: &str, time: Duration, computed: f64, more: &str| {
                println!("{count:>5} campaigns: {what:<15} {:>7.3} s, {computed:>6.2} s of cores{more}", time.as_secs_f64());
            };
            let before = computed();
            let (time, ..) = run(&path, Vec::new(), false);
            tell("parse", time, computed() - before, "");
            let before = computed();
            let (time, ..) = run(&path, contested(&nobody, &nobody, false), false);
            tell("parse and match", time, computed() - before, "");
            let before = computed();
            let (time, invites, flips) = run(&path, contested(&live, &desired, true), true);
            let more = format!("; {invites} invites, {flips} flips, at most {} MB so far", peak_memory());
            tell("whole replay", time, computed() - before, &more);
        }
    }
}
