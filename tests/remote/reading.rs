//! Lists in pages, and what is made of the campaigns in them.

use super::*;

#[tokio::test]
async fn a_list_costs_one_request_per_hundred_campaigns() {
    for (campaigns, requests) in [(0, 1), (1, 1), (100, 1), (101, 2), (250, 3)] {
        let server = MockServer::start().await;
        list(&server, (0..campaigns).rev().map(campaign).collect()).await;
        let reader = given_token(&server);
        let live = reader.campaigns().await.unwrap();
        assert_eq!(reader.requests_sent(), requests, "{campaigns}");
        let ids: Vec<_> = live.campaigns.iter().map(|campaign| campaign.id.0.clone()).collect();
        assert_eq!(ids, (0..campaigns).map(|number| format!("c-{number:05}")).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn queues_come_in_pages_of_five_hundred() {
    let server = MockServer::start().await;
    let queues: Vec<_> = (0..501).map(|n| json!({"id": format!("q-{n}"), "name": format!("Queue {}", 999 - n), "division": {}})).collect();
    Mock::given(path("/api/v2/routing/queues")).respond_with(move |request: &Request| page_of(&queues, request)).mount(&server).await;
    let reader = given_token(&server);
    let queues = reader.queues().await.unwrap();
    assert_eq!((queues.len(), reader.requests_sent(), queues[0].name.as_str()), (501, 2, "Queue 499"));
}

#[tokio::test]
async fn skill_groups_come_by_cursor_and_never_in_circles() {
    let server = MockServer::start().await;
    let page = |ids: &[&str], next: Option<&str>| {
        let entities: Vec<_> = ids.iter().map(|id| json!({"id": id, "name": format!("Group {id}")})).collect();
        ResponseTemplate::new(200).set_body_json(json!({"entities": entities, "nextUri": next}))
    };
    let skill_groups = || Mock::given(path("/api/v2/routing/skillgroups"));
    let after = |cursor: &'static str| skill_groups().and(wiremock::matchers::query_param("after", cursor));
    after("b+/=").respond_with(page(&["c"], None)).mount(&server).await;
    after("round").respond_with(page(&["d"], Some("/api/v2/routing/skillgroups?after=round"))).mount(&server).await;
    let first = page(&["a", "b"], Some("https://api.example.com/api/v2/routing/skillgroups?pageSize=500&after=b%2B%2F%3D"));
    skill_groups().respond_with(first).up_to_n_times(1).mount(&server).await;
    let reader = given_token(&server);
    let names: Vec<_> = reader.skill_groups().await.unwrap().into_iter().map(|group| group.name).collect();
    assert_eq!(names, ["Group a", "Group b", "Group c"]);

    skill_groups().respond_with(page(&["a"], Some("/api/v2/routing/skillgroups?after=round"))).mount(&server).await;
    let error = given_token(&server).skill_groups().await.unwrap_err();
    assert!(error.to_string().contains("round in circles"), "{error}");
}

#[tokio::test]
async fn a_list_that_changes_while_it_is_read_is_read_again() {
    let server = MockServer::start().await;
    // The first reading sees 101 campaigns, of which one has moved from the second page to the first.
    let torn: Vec<_> = (0..101).map(|number| campaign(number.min(99))).collect();
    Mock::given(path(CAMPAIGNS)).respond_with(move |request: &Request| page_of(&torn, request)).up_to_n_times(2).mount(&server).await;
    list(&server, (0..100).map(campaign).collect()).await;
    let reader = given_token(&server);
    assert_eq!(reader.campaigns().await.unwrap().campaigns.len(), 100);
    assert_eq!(reader.requests_sent(), 3);
}

#[tokio::test]
async fn a_list_that_never_stands_still_is_an_error() {
    let server = MockServer::start().await;
    list(&server, vec![campaign(1), campaign(1)]).await;
    let reader = given_token(&server);
    let error = reader.campaigns().await.unwrap_err();
    assert!(matches!(error.kind(), RemoteErrorKind::ListUnstable { readings: 3, .. }), "{error}");
    assert!(error.to_string().contains("2 entries, but 1 different"), "{error}");
    assert!(error.hint().is_some());
    assert_eq!(reader.requests_sent(), 3);
}

#[tokio::test]
async fn an_entry_that_keeps_coming_twice_is_taken_once() {
    let server = MockServer::start().await;
    let entities: Vec<_> = [1, 2, 2, 3].map(campaign).to_vec();
    let body = json!({"entities": entities, "pageSize": 100, "pageNumber": 1, "total": 3, "pageCount": 1});
    answer(&server, "GET", ResponseTemplate::new(200).set_body_json(body)).await;
    let reader = given_token(&server);
    let ids: Vec<_> = reader.campaigns().await.unwrap().campaigns.into_iter().map(|campaign| campaign.id.0).collect();
    assert_eq!(ids, ["c-00001", "c-00002", "c-00003"]);
    // It was read again first: the second entry could have been in the place of another.
    assert_eq!(reader.requests_sent(), 3);
}

#[tokio::test]
async fn a_total_that_grows_between_the_pages_is_read_again() {
    let server = MockServer::start().await;
    let growing = |request: &Request| {
        let shown: Vec<_> = (0..150 + number(request, "pageNumber")).map(campaign).collect();
        page_of(&shown, request)
    };
    Mock::given(path(CAMPAIGNS)).respond_with(growing).up_to_n_times(2).mount(&server).await;
    list(&server, (0..152).map(campaign).collect()).await;
    let reader = given_token(&server);
    assert_eq!((reader.campaigns().await.unwrap().campaigns.len(), reader.requests_sent()), (152, 4));

    server.reset().await;
    Mock::given(path(CAMPAIGNS)).respond_with(growing).mount(&server).await;
    let error = given_token(&server).campaigns().await.unwrap_err();
    assert!(error.to_string().contains("one page says there are 151 entries, another 152"), "{error}");
}

#[tokio::test]
async fn a_page_count_that_hides_campaigns_is_rejected() {
    let server = MockServer::start().await;
    let body = json!({"entities": [campaign(1)], "pageSize": 1, "pageNumber": 1, "total": 9, "pageCount": 1});
    answer(&server, "GET", ResponseTemplate::new(200).set_body_json(body)).await;
    let error = given_token(&server).campaigns().await.unwrap_err();
    assert!(matches!(error.kind(), RemoteErrorKind::Undecodable { .. }), "{error}");
}

#[tokio::test]
async fn unmodelled_fields_are_kept_with_their_place() {
    let server = MockServer::start().await;
    let mut odd = campaign(1);
    odd["segment/~x"] = json!({"a": [1]});
    odd["filters"][0]["weight"] = json!(12.50);
    odd["actions"][0]["config"] = json!({"inviteMessage": "Hi", "theme": null});
    odd["throttling"] = json!({"maxInvitesPerContact": 1, "scope": "org"});
    odd["modifiedBy"] = json!({"id": "u-1"});
    odd["dateCreated"] = json!("yesterday");
    list(&server, vec![odd, campaign(2)]).await;
    let live = given_token(&server).campaigns().await.unwrap();
    let fields: Vec<_> = live.campaigns[0].unmodelled.iter().map(|field| (field.pointer.as_str(), field.value.clone())).collect();
    let expected = [
        ("/actions/0/config/theme", Value::Null),
        ("/filters/0/weight", json!(12.5)),
        ("/segment~1~0x", json!({"a": [1]})),
        ("/throttling/scope", json!("org")),
    ];
    assert_eq!(
        BTreeSet::from_iter(fields.iter().map(|(pointer, _)| *pointer)),
        BTreeSet::from(expected.clone().map(|(pointer, _)| pointer))
    );
    assert!(expected.iter().all(|field| fields.contains(field)), "{fields:?}");
    assert_eq!((live.campaigns[0].modified_by.as_ref(), live.campaigns[0].date_created), (None, None));
    let plain = &live.campaigns[1];
    assert_eq!((plain.unmodelled.len(), plain.version, plain.modified_by.as_deref()), (0, 3, Some("client-9")));
    assert_eq!(plain.date_modified.unwrap().to_string(), "2026-11-20T04:05:06Z");
}

#[tokio::test]
async fn a_campaign_that_cannot_be_read_does_not_hide_the_others() {
    let server = MockServer::start().await;
    let mut new_operator = campaign(1);
    new_operator["filters"] =
        json!([campaign(0)["filters"][0], {"attributeName": "a.b", "operator": "matches", "value": 1, "dataType": "integer"}]);
    let mut null = campaign(2);
    null["name"] = Value::Null;
    let mut bad_throttling = campaign(3);
    bad_throttling["throttling"] = json!({"cooldownSeconds": -1});
    list(&server, vec![new_operator.clone(), null, bad_throttling, campaign(4)]).await;
    let live = given_token(&server).campaigns().await.unwrap();
    assert_eq!(live.campaigns.len(), 1);
    let unreadable: Vec<_> = live.unreadable.iter().map(|c| (c.id.0.as_str(), c.name.as_deref(), c.reason.as_str())).collect();
    assert_eq!((unreadable[0].0, unreadable[0].1), ("c-00001", Some("Campaign 1")));
    assert!(unreadable[0].2.starts_with("filters[1]: unknown variant `matches`"), "{unreadable:?}");
    assert_eq!(unreadable[1].1, None);
    assert!(unreadable[1].2.contains("null"), "{unreadable:?}");
    assert!(unreadable[2].2.starts_with("throttling: "), "{unreadable:?}");

    server.reset().await;
    answer(&server, "GET", ResponseTemplate::new(200).set_body_json(new_operator)).await;
    let error = given_token(&server).campaign(&id("c-00001")).await.unwrap_err();
    assert!(matches!(error.kind(), RemoteErrorKind::Undecodable { status: 200, .. }), "{error}");
}

#[tokio::test]
async fn a_campaign_without_id_or_version_fails_the_list() {
    for field in ["id", "version"] {
        let server = MockServer::start().await;
        let mut nameless = campaign(1);
        nameless.as_object_mut().unwrap().remove(field);
        list(&server, vec![nameless]).await;
        let error = given_token(&server).campaigns().await.unwrap_err();
        assert!(error.to_string().contains(field), "{error}");
    }
}

#[tokio::test]
async fn one_campaign_is_found_or_not() {
    let server = MockServer::start().await;
    Mock::given(path(format!("{CAMPAIGNS}/c-00001")))
        .respond_with(ResponseTemplate::new(200).set_body_json(campaign(1)))
        .mount(&server)
        .await;
    Mock::given(path(format!("{CAMPAIGNS}/other")))
        .respond_with(ResponseTemplate::new(200).set_body_json(campaign(1)))
        .mount(&server)
        .await;
    let page = ResponseTemplate::new(404).set_body_raw("<html><title>Not here</title></html>", "text/html");
    Mock::given(path(format!("{CAMPAIGNS}/page"))).respond_with(page).mount(&server).await;
    let reader = given_token(&server);
    assert_eq!(reader.campaign(&id("c-00001")).await.unwrap().unwrap().spec.name, "Campaign 1");
    assert_eq!(reader.campaign(&id("absent")).await.unwrap(), None);
    assert!(reader.campaign(&id("other")).await.unwrap_err().to_string().contains("another campaign"));
    // A proxy's page says nothing about the campaign.
    let writer = Writer::new(reader);
    assert!(writer.reader().campaign(&id("page")).await.unwrap_err().hint().unwrap().contains("base URL"));
    assert!(writer.delete(&id("page")).await.is_err());
    let sent = writer.reader().requests_sent();
    assert!(writer.delete(&id("..")).await.is_err());
    assert_eq!(writer.reader().requests_sent(), sent);
}
