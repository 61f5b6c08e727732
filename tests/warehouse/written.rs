//! For `tests/warehouse/run.sh`: statements, sessions, and what our own evaluator says, as files for engines.

use std::fmt::Write;
use std::path::PathBuf;

use campaignctl::warehouse::{Dialect, Relation, Shape, statement};
use serde_json::json;

use super::hostile::{Owned, Recorded, campaigns, sessions};

#[test]
#[ignore = "writes files for engines; tests/warehouse/run.sh runs it"]
fn files_for_engines() {
    let folder = PathBuf::from(std::env::var_os("WAREHOUSE_FILES").unwrap());
    let campaigns = campaigns();
    let asked: Vec<_> = campaigns.iter().map(Owned::asked).collect();
    let relation = Relation::new("odd \"table`", "odd \"column`").unwrap();
    for dialect in Dialect::ALL {
        for (name, rows) in [("counts", false), ("rows", true)] {
            let sql = statement(&asked, &relation, dialect, Shape { compared: true, rows });
            std::fs::write(folder.join(format!("{}.{name}.sql", dialect.title())), sql).unwrap();
        }
    }
    let mut expected = String::new();
    let mut held = vec![0_u64; campaigns.len()];
    for line in sessions(4000) {
        let session = Recorded::of(&line.text);
        let matched: Vec<_> = campaigns
            .iter()
            .enumerate()
            .filter_map(|(place, campaign)| {
                let (live, desired) = campaign.matches(session.as_ref()?);
                held[place] += u64::from(desired);
                (live || desired).then(|| json!([campaign.who.key, campaign.who.id, live, desired]))
            })
            .collect();
        let is_session = session.is_some();
        writeln!(expected, "{}", json!({ "line": line.text, "exotic": line.exotic, "session": is_session, "matched": matched })).unwrap();
    }
    std::fs::write(folder.join("expected.ndjson"), expected).unwrap();
    assert!(held.iter().filter(|held| **held > 0).count() > 300, "most filters hold now and then");
}
