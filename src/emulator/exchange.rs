//! Around every request: its number, its faults, its place in the request log; and the answer with its correlation id.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Extension;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use super::broken_body;
use super::failure::Failure;
use super::fault::{Asked, Fault};
use super::faulty::{Course, Ending};
use super::hook::Moment;
use super::json_body::peek_name;
use super::line::Line;
use super::rate_limit::Standing;
use super::request_log::RequestRecord;
use super::route::{Route, campaign_in};
use super::router::Service;
use super::token::{Caller, bearer};
use super::under_way::Counted;

/// Header with the id that people quote to support; error envelopes repeat it as `contextId`.
const CORRELATION_HEADER: &str = "inin-correlation-id";

/// Says on a response that the request changed something, and that it is on disk.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Committed {
    /// The campaign that was created, if one was.
    pub created: Option<Uuid>,
}

/// Lets the request through, unless a fault says otherwise, and finishes the answer.
pub(super) async fn exchange(
    State(service): State<Arc<Service>>,
    Extension(ConnectInfo(line)): Extension<ConnectInfo<Line>>,
    request: Request,
    next: Next,
) -> Response {
    let correlation = Uuid::new_v4().to_string();
    let route = Route::of(request.method(), request.uri().path());
    let has_name = matches!(route, Some(Route::Create | Route::Update));
    let (request, name) = if has_name { peek_name(request).await } else { (request, Ok(None)) };
    let (record, call) = receive(&service, route, name, &request);
    service.hooks.call(Moment::Received, &record);
    // A task of its own: whoever hangs up does not take back what the request asked for.
    let work = tokio::spawn(answer(Arc::clone(&service), record, call, request, next));
    let Ok((mut record, standing, response, ending)) = work.await else {
        line.cut();
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if ending == Ending::Dropped {
        tracing::debug!(method = %record.method, path_and_query = %record.path_and_query, "emulator dropped the connection");
        line.cut();
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let mut response = finished(response, &correlation);
    if let Some(standing) = standing {
        standing.tell(response.headers_mut());
    }
    let status = response.status().as_u16();
    tracing::debug!(method = %record.method, path_and_query = %record.path_and_query, status, %correlation, "emulator answered");
    record.status = Some(status);
    record.answered_at = (ending != Ending::Torn).then(|| service.clock.now());
    service.log.update(&record);
    sent(&service, record, response, ending, line).await
}

/// Numbers the request, counts it against the limit, and decides what goes wrong with it: all at once, so that the order of
/// the log is the order in which faults are counted.
fn receive(service: &Service, route: Option<Route>, name: Result<Option<String>, Failure>, request: &Request) -> (RequestRecord, Call) {
    let (name, unreadable) = name.map_or_else(|failure| (None, Some(failure)), |name| (name, None));
    let path = request.uri().path();
    let token = bearer(request.headers()).map(str::to_owned);
    let caller = token.as_deref().and_then(|token| service.tokens.caller(token, Instant::now()));
    let id = route.filter(|route| route.has_campaign_id()).and_then(|_| campaign_in(path));
    let live_name = || id.and_then(|id| service.store.name(Uuid::try_parse(id).ok()?));
    let mut record = RequestRecord {
        index: 0,
        method: request.method().to_string(),
        path_and_query: request.uri().path_and_query().map_or_else(String::new, ToString::to_string),
        route,
        client: caller.as_ref().map(|caller| caller.0.to_string()),
        campaign_id: id.map(str::to_owned),
        campaign_name: name.or_else(live_name),
        committed: false,
        faults: Vec::new(),
        status: None,
        received_at: service.clock.now(),
        answered_at: None,
    };
    let asked = Asked { method: request.method().as_str(), path, route, campaign: record.campaign_name.as_deref(), page: page(request) };
    let mut armed = service.armed();
    let standing = service.rate_limit.as_ref().zip(caller).map(|(limit, Caller(client))| limit.take(&client, record.received_at));
    let history = service.store.history();
    let number = if route == Some(Route::List) { history.list_came() } else { 0 };
    let refused = standing.is_some_and(|standing| standing.refused);
    let hides = |staleness| history.hides(staleness, number, record.received_at);
    let faults = if refused { Vec::new() } else { armed.decide(&asked, hides) };
    record.faults = faults.iter().map(Fault::name).collect();
    let record = service.log.add(record);
    drop(armed);
    let course = Course::of(faults, number, record.received_at);
    let _under_way = service.under_way.begin();
    (record, Call { token, unreadable, standing, course, latency: service.latency, _under_way })
}

/// The number of the page that is asked for.
fn page(request: &Request) -> u64 {
    let pairs = request.uri().query().unwrap_or_default().split('&');
    pairs.filter_map(|pair| pair.strip_prefix("pageNumber=")).find_map(|number| number.parse().ok()).unwrap_or(1)
}

/// What was decided about a request when it came.
struct Call {
    token: Option<String>,
    unreadable: Option<Failure>,
    standing: Option<Standing>,
    course: Course,
    latency: Duration,
    /// Counts until the request is done, also when its connection is gone.
    _under_way: Counted,
}

type Answered = (RequestRecord, Option<Standing>, Response, Ending);

/// Does what the request asks for, as far as it gets.
async fn answer(service: Arc<Service>, mut record: RequestRecord, call: Call, mut request: Request, next: Next) -> Answered {
    let Call { token, unreadable, standing, course, latency, _under_way } = call;
    let Course { delay, view, before, ending, after, revoke } = course;
    let wait = latency + delay;
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
    if let Some(standing) = standing.filter(|standing| standing.refused) {
        return (record, Some(standing), standing.refusal(), Ending::Whole);
    }
    if let Some(refusal) = before {
        let response = refusal.response(record.route);
        return (record, standing, response, ending);
    }
    if let Some(failure) = unreadable {
        return (record, standing, failure.into_response(), ending);
    }
    if let Some(token) = token.filter(|_| revoke) {
        service.tokens.revoke(&token);
    }
    if let Some(view) = view {
        request.extensions_mut().insert(view);
    }
    let mut response = next.run(request).await;
    if let Some(Caller(client)) = response.extensions_mut().remove() {
        record.client = Some(client.to_string());
    }
    if let Some(Committed { created }) = response.extensions_mut().remove() {
        record.committed = true;
        record.campaign_id = created.map(|id| id.to_string()).or(record.campaign_id);
        service.log.update(&record);
        service.hooks.call(Moment::Committed, &record);
    }
    if let Some(refusal) = after {
        response = refusal.response(record.route);
    }
    (record, standing, response, ending)
}

/// The answer with its correlation id, and with its envelope if it is a refusal.
pub(super) fn finished(mut response: Response, correlation: &str) -> Response {
    if let Some(failure) = response.extensions_mut().remove::<Failure>() {
        *response.body_mut() = failure.envelope(correlation);
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    let value = HeaderValue::try_from(correlation).expect("a UUID is a header value");
    response.headers_mut().insert(CORRELATION_HEADER, value);
    response
}

/// Hands the answer to the connection, whole or not.
async fn sent(service: &Arc<Service>, record: RequestRecord, response: Response, ending: Ending, line: Line) -> Response {
    let hooks = Arc::clone(&service.hooks);
    let told = move |line: &Line| {
        if !hooks.is_empty() {
            line.when_flushed(move || hooks.call(Moment::Answered, &record));
        }
    };
    let (mut head, body) = response.into_parts();
    let body = match ending {
        Ending::Torn | Ending::Slow(_) => {
            // Bodies of this server are in memory already, so nothing is too large and nothing fails.
            let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
            head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
            match ending {
                Ending::Slow(total) => broken_body::slow(bytes, total, move || told(&line)),
                _ => broken_body::torn(&bytes, line),
            }
        }
        Ending::Whole | Ending::Dropped => {
            told(&line);
            body
        }
    };
    Response::from_parts(head, Body::new(body))
}
