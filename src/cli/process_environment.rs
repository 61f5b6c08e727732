//! What the process environment says about credentials: the names that users of Genesys tools already have set.
#![allow(clippy::disallowed_methods, reason = "the roof reads the environment")]

use std::path::PathBuf;

use crate::model::Secret;
use crate::ops::{Access, AllowedHosts, Failure};
use crate::remote::Credentials;
use crate::state::StateAccess;

/// Pairs of names for client id and secret, first found wins.
const CLIENTS: [[&str; 2]; 3] = [
    ["GENESYSCLOUD_OAUTHCLIENT_ID", "GENESYSCLOUD_OAUTHCLIENT_SECRET"],
    ["GENESYS_CLIENT_ID", "GENESYS_CLIENT_SECRET"],
    ["GENESYS_CLOUD_CLIENT_ID", "GENESYS_CLOUD_CLIENT_SECRET"],
];

/// `CAMPAIGNCTL_PLAN_KEY`: what saved plans are signed with.
pub(super) fn plan_key() -> Option<Secret> {
    std::env::var("CAMPAIGNCTL_PLAN_KEY").ok().filter(|key| !key.trim().is_empty()).map(Secret::new)
}

/// `CAMPAIGNCTL_DRIFT_WEBHOOK`: where drift is told of. The URL is a credential.
pub(super) fn drift_webhook() -> Option<Secret> {
    std::env::var("CAMPAIGNCTL_DRIFT_WEBHOOK").ok().filter(|url| !url.trim().is_empty()).map(Secret::new)
}

/// URL of the repository's root at the commit that is being built, as GitHub Actions and GitLab CI tell it.
pub(super) fn link_base() -> Option<String> {
    read_link_base(|name| std::env::var(name).ok())
}

fn read_link_base(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let variable = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    let of_github = || {
        let [server, repository, commit] = ["GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_SHA"].map(&variable);
        Some(format!("{}/{}/blob/{}", server?, repository?, commit?))
    };
    let of_gitlab = || {
        let [project, commit] = ["CI_PROJECT_URL", "CI_COMMIT_SHA"].map(&variable);
        Some(format!("{}/-/blob/{}", project?, commit?))
    };
    of_github().or_else(of_gitlab)
}

/// Link to the pipeline run that this process belongs to, as GitHub Actions and GitLab CI tell it.
pub(super) fn pipeline_run() -> Option<String> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let of_github = || {
        let [server, repository, run] = ["GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"].map(variable);
        Some(format!("{}/{}/actions/runs/{}", server?, repository?, run?))
    };
    of_github().or_else(|| variable("CI_JOB_URL"))
}

/// `GENESYSCLOUD_REGION`, where it is set.
pub(super) fn region() -> Option<String> {
    std::env::var("GENESYSCLOUD_REGION").ok().filter(|region| !region.trim().is_empty())
}

/// `CAMPAIGNCTL_ROOT`: the folder whose files a project may use, where it is more than the project's own.
pub(super) fn root() -> Option<PathBuf> {
    std::env::var_os("CAMPAIGNCTL_ROOT").filter(|root| !root.is_empty()).map(PathBuf::from)
}

/// Name of this machine; empty where it has none.
pub(super) fn host() -> String {
    gethostname::gethostname().to_string_lossy().into_owned()
}

/// Reads the credentials: those of the environment (`GENESYSCLOUD_OAUTHCLIENT_ID_PRODUCTION` for `production`) before those
/// for all. An empty variable counts as not set, as pipelines leave them.
///
/// # Errors
/// Half a pair: an id without its secret, or the other way round.
pub(super) fn access(environment: &str) -> Result<Access, Failure> {
    read(environment, |name| std::env::var(name).ok())
}

fn read(environment: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Access, Failure> {
    let variable = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    let state = StateAccess::read(variable);
    let hosts = AllowedHosts::read(&variable("CAMPAIGNCTL_ALLOW_HOSTS").unwrap_or_default());
    let own = format!("_{}", environment.to_ascii_uppercase().replace('-', "_"));
    for suffix in [own.as_str(), ""] {
        if let Some(credentials) = credentials(suffix, variable)? {
            return Ok(Access { credentials: Some(credentials), region: variable(&format!("GENESYSCLOUD_REGION{suffix}")), hosts, state });
        }
    }
    Ok(Access { credentials: None, region: variable("GENESYSCLOUD_REGION"), hosts, state })
}

/// The credentials in the variables whose names end so.
fn credentials(suffix: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Option<Credentials>, Failure> {
    if let Some(token) = variable(&format!("GENESYSCLOUD_ACCESS_TOKEN{suffix}")) {
        return Ok(Some(Credentials::Token(Secret::new(token))));
    }
    for names in CLIENTS {
        let [id_name, secret_name] = names.map(|name| format!("{name}{suffix}"));
        match (variable(&id_name), variable(&secret_name)) {
            (Some(id), Some(secret)) => return Ok(Some(Credentials::Client { id, secret: Secret::new(secret) })),
            (None, None) => {}
            (Some(_), None) => return Err(half(&id_name, &secret_name)),
            (None, Some(_)) => return Err(half(&secret_name, &id_name)),
        }
    }
    Ok(None)
}

fn half(set: &str, missing: &str) -> Failure {
    Failure::new(format!("{set} is set, but {missing} is not"), format!("set {missing} too, or unset {set}"))
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::remote::Credentials;

    fn access(variables: &[(&str, &str)]) -> Result<Option<Credentials>, String> {
        let variable = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        read("eu-west", variable).map(|access| access.credentials).map_err(|failure| failure.message)
    }

    #[test]
    fn every_known_name_is_taken_and_half_a_pair_is_refused() {
        for [id, secret] in super::CLIENTS {
            assert!(matches!(access(&[(id, "i"), (secret, "s")]), Ok(Some(Credentials::Client { .. }))), "{id}");
            assert_eq!(access(&[(id, "i"), (secret, "")]).unwrap_err(), format!("{id} is set, but {secret} is not"));
            assert_eq!(access(&[(secret, "s")]).unwrap_err(), format!("{secret} is set, but {id} is not"));
        }
        assert!(matches!(access(&[("GENESYSCLOUD_ACCESS_TOKEN", "t")]), Ok(Some(Credentials::Token(_)))));
        assert!(matches!(access(&[("GENESYSCLOUD_OAUTHCLIENT_ID", " ")]), Ok(None)));
        let own = [("GENESYSCLOUD_ACCESS_TOKEN", "t"), ("GENESYS_CLIENT_ID_EU_WEST", "i"), ("GENESYS_CLIENT_SECRET_EU_WEST", "s")];
        assert!(matches!(access(&own), Ok(Some(Credentials::Client { .. }))), "those of the environment go first");
        assert_eq!(access(&own[..2]).unwrap_err(), "GENESYS_CLIENT_ID_EU_WEST is set, but GENESYS_CLIENT_SECRET_EU_WEST is not");
    }
}
