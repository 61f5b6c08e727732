//! The routes of the API by name, as fault rules and the request log call them.

use axum::http::Method;
use serde::{Deserialize, Serialize};

use super::contract::CAMPAIGNS;
use super::{routing, trigger};

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Route {
    /// A token, on either path.
    Token,
    /// The organization of the token.
    Organization,
    /// A page of campaigns.
    List,
    /// One campaign.
    Get,
    /// A new campaign.
    Create,
    /// Another content for a campaign.
    Update,
    /// The end of a campaign.
    Delete,
    /// A decision about a session.
    Trigger,
    /// A contact's suppression.
    Suppression,
    /// A page of queues.
    Queues,
    /// A page of skill groups.
    SkillGroups,
    /// A page of wrap-up codes.
    WrapUpCodes,
}

impl Route {
    /// All routes with the names people write.
    pub(super) const NAMES: [(&'static str, Self); 12] = [
        ("token", Self::Token),
        ("organization", Self::Organization),
        ("list", Self::List),
        ("get", Self::Get),
        ("create", Self::Create),
        ("update", Self::Update),
        ("delete", Self::Delete),
        ("trigger", Self::Trigger),
        ("suppression", Self::Suppression),
        ("queues", Self::Queues),
        ("skill-groups", Self::SkillGroups),
        ("wrap-up-codes", Self::WrapUpCodes),
    ];

    /// The route of a request; `None` for a request that the API does not know.
    pub(super) fn of(method: &Method, path: &str) -> Option<Self> {
        let (get, post) = (*method == Method::GET, *method == Method::POST);
        if let Some(rest) = path.strip_prefix(CAMPAIGNS) {
            let mut parts = rest.split('/').skip(1);
            return match (parts.next(), parts.next(), parts.next()) {
                (None, ..) if !rest.is_empty() => None,
                (None, ..) if get => Some(Self::List),
                (None, ..) if post => Some(Self::Create),
                (Some(id), None, _) if !id.is_empty() => match *method {
                    Method::GET => Some(Self::Get),
                    Method::PUT => Some(Self::Update),
                    Method::DELETE => Some(Self::Delete),
                    _ => None,
                },
                (Some(_), Some("trigger"), None) if post => Some(Self::Trigger),
                _ => None,
            };
        }
        match path {
            "/oauth/token" | "/v2/oauth/token" => post.then_some(Self::Token),
            routing::ORGANIZATION => get.then_some(Self::Organization),
            routing::QUEUES_PATH => get.then_some(Self::Queues),
            routing::SKILL_GROUPS_PATH => get.then_some(Self::SkillGroups),
            routing::WRAP_UP_CODES_PATH => get.then_some(Self::WrapUpCodes),
            _ if path.strip_prefix(trigger::CONTACTS).is_some_and(|rest| rest.ends_with("/suppression")) => {
                get.then_some(Self::Suppression)
            }
            _ => None,
        }
    }

    /// The name people write.
    pub(super) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, route)| *route == self).map_or("", |(name, _)| name)
    }

    /// Whether the path names one campaign behind [`CAMPAIGNS`].
    pub(super) fn has_campaign_id(self) -> bool {
        matches!(self, Self::Get | Self::Update | Self::Delete | Self::Trigger)
    }
}

/// The id of the campaign in a path, as it stands there.
pub(super) fn campaign_in(path: &str) -> Option<&str> {
    path.strip_prefix(CAMPAIGNS)?.strip_prefix('/')?.split('/').next().filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use axum::http::Method;

    use super::{CAMPAIGNS, Route};

    #[test]
    fn a_request_has_the_route_that_answers_it() {
        let table = [
            (Method::POST, "/oauth/token".to_owned(), Some(Route::Token)),
            (Method::POST, "/v2/oauth/token".to_owned(), Some(Route::Token)),
            (Method::GET, "/oauth/token".to_owned(), None),
            (Method::GET, "/api/v2/organizations/me".to_owned(), Some(Route::Organization)),
            (Method::GET, CAMPAIGNS.to_owned(), Some(Route::List)),
            (Method::POST, CAMPAIGNS.to_owned(), Some(Route::Create)),
            (Method::PUT, CAMPAIGNS.to_owned(), None),
            (Method::GET, format!("{CAMPAIGNS}/"), None),
            (Method::GET, format!("{CAMPAIGNS}x"), None),
            (Method::GET, format!("{CAMPAIGNS}/1"), Some(Route::Get)),
            (Method::PUT, format!("{CAMPAIGNS}/1"), Some(Route::Update)),
            (Method::DELETE, format!("{CAMPAIGNS}/1"), Some(Route::Delete)),
            (Method::POST, format!("{CAMPAIGNS}/1"), None),
            (Method::POST, format!("{CAMPAIGNS}/1/trigger"), Some(Route::Trigger)),
            (Method::POST, format!("{CAMPAIGNS}/1/trigger/2"), None),
            (Method::GET, "/api/v2/analytics/predictiveengagement/contacts/ext:1/suppression".to_owned(), Some(Route::Suppression)),
            (Method::GET, "/api/v2/routing/queues".to_owned(), Some(Route::Queues)),
            (Method::GET, "/api/v2/routing/skillgroups".to_owned(), Some(Route::SkillGroups)),
            (Method::GET, "/api/v2/routing/wrapupcodes".to_owned(), Some(Route::WrapUpCodes)),
            (Method::GET, "/nowhere".to_owned(), None),
        ];
        for (method, path, expected) in table {
            assert_eq!(Route::of(&method, &path), expected, "{method} {path}");
        }
    }
}
