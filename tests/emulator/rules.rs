//! Which requests a rule is about, how often it fires, and how rules are written.

use campaignctl::emulator::{Clock, FaultRule, FaultScript, Options};
use serde_json::{Value, json};

use crate::session::{CAMPAIGNS, Session, one};
use crate::{body_of, campaign, folder};

#[tokio::test]
async fn a_rule_is_about_the_requests_it_names() {
    let folder = folder();
    let session = Session::start_with(Options::new(folder.path()), Clock::default()).await;
    let paths = [CAMPAIGNS, "/api/v2/routing/queues", CAMPAIGNS, "/api/v2/organizations/me", CAMPAIGNS, "/api/v2/routing/wrapupcodes"];
    // Rules, and which of these requests fail.
    let table: [(&[&str], &[usize]); 16] = [
        (&["any:status=503"], &[0]),
        (&["any:status=503,times=3"], &[0, 1, 2]),
        (&["any:status=503,times=unlimited"], &[0, 1, 2, 3, 4, 5]),
        (&["list:status=503,times=2"], &[0, 2]),
        (&["list@2:status=503"], &[2]),
        (&["list@7:status=503"], &[]),
        (&["any%2:status=503"], &[1, 3, 5]),
        (&["any%2:status=503,times=2"], &[1, 3]),
        (&["list%3:status=503"], &[4]),
        (&["any:status=503,times=unlimited,path=/api/v2/routing/*"], &[1, 5]),
        (&["any@2:status=503,path=*s"], &[1]),
        (&["any:status=503,times=unlimited,method=post"], &[]),
        (&["organization:status=503,method=get"], &[3]),
        (&["any~0:status=503", "queues~1:status=503"], &[1]),
        // Every rule counts every request it is about, also one that another rule has taken.
        (&["any:status=503,times=2", "any@2:status=500", "any@4:status=500"], &[0, 1, 3]),
        (&["any:delay=0ms,times=unlimited", "list@3:status=503", "list:stale=9"], &[4]),
    ];
    for (specs, expected) in table {
        session.emulator.set_faults(FaultScript::of(specs).expect("a script"));
        let mut failed = Vec::new();
        for (place, path) in paths.iter().enumerate() {
            if session.get(path).await.0 != 200 {
                failed.push(place);
            }
        }
        assert_eq!(failed, expected, "{specs:?}");
    }
}

#[tokio::test]
async fn a_rule_may_be_about_one_campaign() {
    let folder = folder();
    let session = Session::start_with(Options::new(folder.path()), Clock::default()).await;
    session.emulator.set_faults(FaultScript::of(&["any:status=503,campaign=Two,times=unlimited"]).expect("a script"));
    let first = session.create(&campaign("One")).await;
    assert_eq!(session.post(&campaign("Two")).await.0, 503);
    let mut renamed = body_of(&first);
    renamed["name"] = json!("Two");
    assert_eq!(session.put(&first["id"], &renamed).await.0, 503, "the body's name");
    session.emulator.clear_faults();
    session.put(&first["id"], &renamed).await;
    session.emulator.set_faults(FaultScript::of(&["any:status=503,campaign=Two,times=unlimited"]).expect("a script"));
    assert_eq!(session.get(&one(&first["id"])).await.0, 503, "the live name");
    assert_eq!(session.get(CAMPAIGNS).await.0, 200);
}

#[tokio::test]
async fn the_same_seed_and_requests_give_the_same_faults() {
    let run = async |seed: Option<u64>, script: FaultScript| {
        let folder = folder();
        let options = Options { seed, ..Options::new(folder.path()) };
        let session = Session::start_with(options, Clock::default()).await;
        let mut runs = Vec::new();
        for _ in 0..2 {
            session.emulator.set_faults(script.clone());
            let mut statuses = Vec::new();
            for _ in 0..60 {
                statuses.push(session.get("/api/v2/organizations/me").await.0);
            }
            runs.push(statuses);
        }
        assert_eq!(runs[0], runs[1], "setting the script again begins again");
        (session.emulator.seed(), runs.remove(0))
    };
    let script = FaultScript::of(&["any~0.3:status=503", "organization~0.2:status=500"]).expect("a script");
    let (_, first) = run(Some(7), script.clone()).await;
    assert!(first.contains(&503) && first.contains(&500) && first.contains(&200), "{first:?}");
    assert_eq!(run(Some(7), script.clone()).await, (7, first.clone()));
    assert_ne!(run(Some(8), script.clone()).await.1, first);
    assert_eq!(run(Some(8), FaultScript { seed: Some(7), ..script.clone() }).await.1, first, "the script's own seed goes first");
    let (drawn, random) = run(None, script.clone()).await;
    assert_eq!(run(Some(drawn), script).await.1, random, "a random seed can be given again");
}

#[test]
fn short_rules_say_the_same_as_json() {
    let table = [
        ("create:drop-after-commit", json!({ "when": { "route": "create" }, "fault": { "kind": "drop-after-commit" } })),
        (
            "update@3:status-after-commit=503",
            json!({ "when": { "route": "update", "nth": 3 }, "fault": { "kind": "status-after-commit", "status": 503 } }),
        ),
        ("list:stale=5", json!({ "when": { "route": "list" }, "fault": { "kind": "stale-list", "requests": 5 } })),
        ("list:stale-list=2writes", json!({ "when": { "route": "list" }, "fault": { "kind": "stale-list", "writes": 2 } })),
        ("any:stale=2s", json!({ "when": {}, "fault": { "kind": "stale-list", "ms": 2000 } })),
        ("token:throttled", json!({ "when": { "route": "token" }, "fault": { "kind": "throttled-token" } })),
        (
            "any%5:status=429,retry-after=2",
            json!({ "when": { "every": 5 }, "fault": { "kind": "status-before-commit", "status": 429, "retryAfter": 2 } }),
        ),
        (
            "skill-groups~0.25:status=400,code=x,message=a=b,times=2",
            json!({ "when": { "route": "skill-groups", "probability": 0.25 }, "times": 2,
                "fault": { "kind": "status-before-commit", "status": 400, "code": "x", "message": "a=b" } }),
        ),
        (
            "any@4%2:torn-body,campaign=Pricing: page,method=PUT,path=/api/*,times=unlimited",
            json!({ "when": { "nth": 4, "every": 2, "campaign": "Pricing: page", "method": "PUT", "path": "/api/*" }, "times": "unlimited",
                "fault": { "kind": "torn-body" } }),
        ),
        ("get:slow-body=50ms", json!({ "when": { "route": "get" }, "fault": { "kind": "slow-body", "ms": 50 } })),
        ("wrap-up-codes:delay=1m", json!({ "when": { "route": "wrap-up-codes" }, "fault": { "kind": "delay", "ms": 60_000 } })),
        ("update:version-mismatch", json!({ "when": { "route": "update" }, "fault": { "kind": "version-mismatch" } })),
    ];
    for (spec, written) in table {
        let rule: FaultRule = spec.parse().expect(spec);
        assert_eq!(serde_json::to_value(&rule).expect("JSON"), written, "{spec}");
        let script = json!({ "faults": [written, spec] }).to_string();
        assert_eq!(FaultScript::from_json(script.as_bytes()).expect(spec).rules, [rule.clone(), rule], "{spec}");
    }
}

#[test]
fn a_bad_short_rule_is_told_where_and_what_is_allowed() {
    let table = [
        ("", "write it as ROUTE:FAULT"),
        ("create", "write it as ROUTE:FAULT"),
        ("creat:drop-after-commit", "there is no route `creat`; there are any, token, organization, list"),
        (":drop-after-commit", "there is no route ``"),
        ("create:drop", "there is no fault `drop`; there are status-before-commit, status-after-commit"),
        ("create:", "there is no fault ``"),
        ("create@0:torn-body", "after `@` comes a whole number from 1; it is `0`"),
        ("create@x:torn-body", "after `@` comes a whole number from 1; it is `x`"),
        ("create%:torn-body", "after `%` comes a whole number from 1; it is ``"),
        ("create~often:torn-body", "after `~` comes a probability such as 0.1; it is `often`"),
        ("create~1.5:torn-body", "a probability is between 0 and 1; it is 1.5"),
        ("create~NaN:torn-body", "a probability is between 0 and 1; it is NaN"),
        ("create:status", "`status` needs a value, e.g. `status=503`"),
        ("create:status=teapot", "`status` takes a whole number; it is `teapot`"),
        (
            "create:status=418",
            "the status of `status-before-commit` is one of 400, 401, 403, 404, 409, 412, 429, 500, 502, 503, 504; it is 418",
        ),
        ("create:status-after-commit=400", "the status of `status-after-commit` is one of 500, 502, 503, 504; it is 400"),
        ("create:torn-body=1", "`torn-body` takes no value"),
        ("create:torn-body,retry-after=1", "`torn-body` does not take `retryAfter`"),
        ("create:torn-body,often", "after `torn-body` come KEY=VALUE pairs; `often` is none"),
        ("create:torn-body,often=2", "there is no `often`; there are retry-after, code, message, campaign, method, path, times"),
        ("create:torn-body,times=0", "`times` is a whole number from 1 or \"unlimited\"; it is 0"),
        ("create:delay=50", "a time is written as 50ms, 2s or 1m; it is `50`"),
        ("list:stale=soon", "`stale` takes list requests (`5`), writes (`2writes`) or a time (`500ms`); it is `soon`"),
        ("create:stale=5", "`stale-list` cannot happen to `create`"),
        ("list:throttled", "`throttled-token` cannot happen to `list`"),
        ("delete:torn-body", "`torn-body` cannot happen to `delete`"),
    ];
    for (spec, expected) in table {
        let error = spec.parse::<FaultRule>().expect_err(spec).to_string();
        assert!(error.starts_with(expected), "{spec}: {error}");
    }
}

#[test]
fn a_bad_script_is_told_where() {
    let good = json!({ "fault": { "kind": "torn-body" } });
    let table: [(Value, &str); 11] = [
        (json!([]), "no script of faults: "),
        (json!({ "faults": [], "seeds": 1 }), "no script of faults: unknown field `seeds`"),
        (json!({ "faults": [good, "create"] }), "faults[1]: write it as ROUTE:FAULT"),
        (json!({ "faults": [good, { "when": {} }] }), "faults[1]: missing field `fault`"),
        (
            json!({ "faults": [{ "when": { "verb": "PUT" }, "fault": good["fault"] }] }),
            "faults[0]: unknown field `verb`, expected one of `route`, `method`",
        ),
        (
            json!({ "faults": [{ "when": { "route": "put" }, "fault": good["fault"] }] }),
            "faults[0]: unknown variant `put`, expected one of `token`",
        ),
        (json!({ "faults": [{ "fault": { "kind": "delay" } }] }), "faults[0]: `delay` needs `ms`"),
        (json!({ "faults": [{ "fault": { "kind": "delay", "ms": 5, "status": 500 } }] }), "faults[0]: `delay` does not take `status`"),
        (json!({ "faults": [{ "fault": { "kind": "stale-list", "ms": 5, "writes": 5 } }] }), "faults[0]: `stale-list` needs one of"),
        (
            json!({ "faults": [{ "when": { "route": "token" }, "fault": { "kind": "token-expiry" } }] }),
            "faults[0]: `token-expiry` cannot happen to `token`",
        ),
        (json!({ "faults": [{ "fault": good["fault"], "times": "often" }] }), "faults[0]: `times` is a whole number from 1"),
    ];
    for (script, expected) in table {
        let error = FaultScript::from_json(script.to_string().as_bytes()).expect_err(expected).to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn the_script_of_the_documents_is_one() {
    let document = include_str!("../../docs/rehearsing.md");
    let (_, json) = document.split_once(" -d '").expect("a script");
    let script = FaultScript::from_json(json.split_once("}'").map(|(json, _)| format!("{json}}}")).expect("its end").as_bytes());
    assert_eq!(script.expect("a script").rules.len(), 2);
    let texts = document.lines().filter(|line| line.starts_with("| `")).flat_map(|line| line.split('`'));
    for rule in texts.filter(|text| text.contains('=') && !text.ends_with('=') && !text.contains(' ')) {
        let allowed = [format!("any:{rule}"), format!("any:torn-body,{rule}"), format!("list:{rule}")];
        assert!(allowed.iter().any(|spec| spec.parse::<FaultRule>().is_ok()), "{rule}");
    }
}
