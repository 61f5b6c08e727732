//! `/api/v2/analytics/predictiveengagement/campaigns`: the campaigns themselves.

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_ignored::Path;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::model::{Action, CampaignId, CampaignSpec, Filter, LiveCampaign, Throttling, UnmodelledField, UnreadableCampaign};
use crate::remote::RemoteError;
use crate::remote::list::Listing;
use crate::remote::page::{Envelope, Page};
use crate::remote::request::{Body, Request, segment};

const PATH: &str = "/api/v2/analytics/predictiveengagement/campaigns";
/// Largest page of campaigns the API answers.
const PAGE_SIZE: u64 = 100;
/// The fields of a live campaign that the server sets and [`LiveCampaign`] holds beside the body.
const SERVER_FIELDS: [&str; 6] = ["id", "version", "dateCreated", "dateModified", "modifiedBy", "selfUri"];

/// One campaign of an answer.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all are readable; a box for each would only cost")]
pub(in crate::remote) enum Entry {
    /// Its body has the shape of the contract.
    Readable(LiveCampaign),
    /// Its body has another one.
    Unreadable(UnreadableCampaign),
}

/// All campaigns.
pub(in crate::remote) const CAMPAIGNS: Listing<Entry> = Listing { page_size: PAGE_SIZE, request: page, decode: decode_page, id: Entry::id };

impl Entry {
    fn id(&self) -> &str {
        match self {
            Self::Readable(campaign) => &campaign.id.0,
            Self::Unreadable(campaign) => &campaign.id.0,
        }
    }
}

fn page(number: u64) -> Request {
    Request::get(PATH).query("pageSize", PAGE_SIZE).query("pageNumber", number)
}

/// The request for one campaign.
pub(in crate::remote) fn get(id: &CampaignId) -> Result<Request, RemoteError> {
    Ok(Request::get(path_of(id)?))
}

/// The request that makes a campaign. Sending it twice makes two.
pub(in crate::remote) fn create(body: &Value) -> Request {
    Request::post(PATH, Body::Json(body.to_string()))
}

/// The request that replaces a campaign whole; the body carries the version it replaces.
pub(in crate::remote) fn update(id: &CampaignId, body: &Value) -> Result<Request, RemoteError> {
    Ok(Request::put(path_of(id)?, Body::Json(body.to_string())))
}

/// The campaign that `body` asks to create; nothing where it is no campaign.
pub(in crate::remote) fn proposal(body: &Value) -> Option<CampaignSpec> {
    CampaignSpec::deserialize(body).ok()
}

/// What is live when `body` has replaced the version of campaign `id` that it names; nothing where it names none or is no
/// campaign. The version is still the replaced one.
pub(in crate::remote) fn replacement(id: &CampaignId, body: &Value) -> Option<LiveCampaign> {
    let mut replacement = body.clone();
    replacement.as_object_mut()?.insert("id".to_owned(), Value::String(id.0.clone()));
    decode_one(&replacement.to_string(), None).ok()
}

/// The request that deletes a campaign.
pub(in crate::remote) fn delete(id: &CampaignId) -> Result<Request, RemoteError> {
    Ok(Request::delete(path_of(id)?))
}

fn path_of(id: &CampaignId) -> Result<String, RemoteError> {
    let id = segment(&id.0).ok_or_else(|| RemoteError::setup(format!("`{id}` cannot be the id of a campaign")))?;
    Ok(format!("{PATH}/{id}"))
}

fn decode_page(body: &str) -> Result<Page<Entry>, String> {
    let envelope: Envelope<'_> = serde_json::from_str(body).map_err(|error| format!("no page of campaigns: {error}"))?;
    let items = envelope.entities.iter().map(|raw| decode(raw.get())).collect::<Result<_, _>>()?;
    Ok(Page { head: envelope.head(), items })
}

/// Reads the campaign that a request about `id` (or, for a create, about none yet) was answered with.
///
/// # Errors
/// Where the answer is no campaign, another one, or one that this version cannot read.
pub(in crate::remote) fn decode_one(body: &str, id: Option<&CampaignId>) -> Result<LiveCampaign, String> {
    match decode(body)? {
        Entry::Readable(campaign) if id.is_some_and(|id| !id.0.eq_ignore_ascii_case(&campaign.id.0)) => {
            Err(format!("the answer is about another campaign, {}", campaign.id))
        }
        Entry::Readable(campaign) => Ok(campaign),
        Entry::Unreadable(UnreadableCampaign { id, name: _, reason }) => Err(format!("campaign {id}: {reason}")),
    }
}

/// What the server says of a campaign beside its body. Only id and version must be there; the rest is taken where it fits.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ServerFields<'a> {
    id: String,
    version: u64,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    date_created: Option<&'a RawValue>,
    date_modified: Option<&'a RawValue>,
    modified_by: Option<&'a RawValue>,
}

fn decode(raw: &str) -> Result<Entry, String> {
    let fields: ServerFields<'_> = serde_json::from_str(raw).map_err(|error| format!("a campaign without `id` or `version`: {error}"))?;
    let ServerFields { id, version, name, date_created, date_modified, modified_by } = fields;
    let id = CampaignId(id);
    let mut ignored = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_str(raw);
    match serde_ignored::deserialize::<_, _, CampaignSpec>(&mut deserializer, |path| ignored.extend(unmodelled(&path))) {
        Ok(spec) => Ok(Entry::Readable(LiveCampaign {
            id,
            version,
            date_created: lenient::<Timestamp>(date_created),
            date_modified: lenient::<Timestamp>(date_modified),
            modified_by: lenient(modified_by),
            spec,
            unmodelled: with_values(raw, ignored),
        })),
        Err(error) => {
            let reason = serde_json::from_str(raw).ok().and_then(|body| culprit(&body)).unwrap_or_else(|| error.to_string());
            Ok(Entry::Unreadable(UnreadableCampaign { id, name: lenient(name), reason }))
        }
    }
}

/// A value where it has the expected shape.
fn lenient<T: DeserializeOwned>(raw: Option<&RawValue>) -> Option<T> {
    serde_json::from_str(raw?.get()).ok()
}

/// JSON pointer of an ignored path, unless it is a field of the server's own.
fn unmodelled(path: &Path<'_>) -> Option<String> {
    if let Path::Map { parent: Path::Root, key } = path
        && SERVER_FIELDS.contains(&key.as_str())
    {
        return None;
    }
    let mut pointer = String::new();
    push_pointer(path, &mut pointer);
    Some(pointer)
}

fn push_pointer(path: &Path<'_>, pointer: &mut String) {
    match path {
        Path::Root => {}
        Path::Seq { parent, index } => {
            push_pointer(parent, pointer);
            pointer.push('/');
            pointer.push_str(&index.to_string());
        }
        Path::Map { parent, key } => {
            push_pointer(parent, pointer);
            pointer.push('/');
            pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
        }
        Path::Some { parent } | Path::NewtypeStruct { parent } | Path::NewtypeVariant { parent } => push_pointer(parent, pointer),
    }
}

/// Looks up the ignored values; the text is only read as a tree where there are any.
fn with_values(raw: &str, pointers: Vec<String>) -> Vec<UnmodelledField> {
    if pointers.is_empty() {
        return Vec::new();
    }
    let Ok(body) = serde_json::from_str::<Value>(raw) else {
        return Vec::new();
    };
    let field = |pointer: String| body.pointer(&pointer).cloned().map(|value| UnmodelledField { pointer, value });
    pointers.into_iter().filter_map(field).collect()
}

/// Which part of a body cannot be read, and why: `filters[1]: unknown variant …`.
fn culprit(body: &Value) -> Option<String> {
    let each = |list: &str, check: fn(&Value) -> Option<String>| {
        let entries = body.get(list)?.as_array()?.iter().enumerate();
        entries.filter_map(|(index, entry)| check(entry).map(|why| format!("{list}[{index}]: {why}"))).next()
    };
    let throttling = || misfit::<Option<Throttling>>(body.get("throttling")?).map(|why| format!("throttling: {why}"));
    each("filters", misfit::<Filter>)
        .or_else(|| each("actions", misfit::<Action>))
        .or_else(throttling)
        .or_else(|| misfit::<CampaignSpec>(body))
}

fn misfit<T: DeserializeOwned>(value: &Value) -> Option<String> {
    T::deserialize(value).err().map(|error| error.to_string())
}
