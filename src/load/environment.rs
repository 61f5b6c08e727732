//! One environment of a project: the target, the values of its variables and its limits, checked and made absolute.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::Project;
use super::state_location::{StateSetting, state_setting};
use crate::diagnostic::{Finding, Part, SourceMap, nearest};
use crate::files::Refused;
use crate::model::{EnvironmentSettings, Guards, Limits, REGIONS, Region, StateLocation, VariableValue, region};
use crate::schema::{field_path, shorten};

/// A target that campaigns can be planned against and applied to.
#[derive(Debug, Clone, PartialEq)]
pub struct Environment {
    /// Its name in the project file.
    pub name: String,
    /// What is behind it.
    pub target: Target,
    /// Id of the organization it must be.
    pub organization: Option<String>,
    /// Where the state is kept.
    pub state: StateLocation,
    /// What `${name}` stands for.
    pub variables: BTreeMap<String, VariableValue>,
    /// Its limits, with the project's where it sets none.
    pub guards: Guards,
    /// What the organization can take, with the project's where it sets none.
    pub limits: Limits,
}

/// What is behind an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The embedded emulator; its data folder, absolute.
    Emulator(PathBuf),
    /// Any server of this API; no `/` at the end.
    BaseUrl(String),
    /// A public region of Genesys Cloud.
    Region(Region),
}

/// Why an environment cannot be used: always something in the project file, or a name that is not in it.
#[derive(Debug, Clone, PartialEq)]
pub struct EnvironmentError {
    finding: Box<Finding>,
    sources: SourceMap,
}

impl EnvironmentError {
    /// What is wrong, with its place in the project file.
    pub fn finding(&self) -> &Finding {
        &self.finding
    }

    /// The project file.
    pub fn sources(&self) -> &SourceMap {
        &self.sources
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<&str> {
        self.finding.help.as_deref()
    }
}

impl fmt::Display for EnvironmentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.finding.message)
    }
}

impl std::error::Error for EnvironmentError {}

impl Project {
    /// The environment called `name`; without a name the default one, or the only one.
    ///
    /// # Errors
    /// No such environment, or one that is not set up right: the finding says what and where.
    pub fn environment(&self, name: Option<&str>) -> Result<Environment, EnvironmentError> {
        let name = self.environment_name(name)?;
        let Some(settings) = self.settings.environments.get(name) else {
            return Err(self.error("unknown-environment", "/environments", Part::Key, format!("there is no environment `{name}`")));
        };
        let at = Setting { project: self, pointer: format!("/environments/{name}"), name };
        let target = at.target(settings)?;
        Ok(Environment {
            name: name.to_owned(),
            state: at.state(settings, &target)?,
            target,
            organization: settings.organization.clone(),
            variables: self.settings.variables.clone().into_iter().chain(settings.variables.clone()).collect(),
            guards: settings.guards.or(self.settings.guards),
            limits: settings.limits.or(self.settings.limits),
        })
    }

    /// Which environment is meant.
    fn environment_name<'a>(&'a self, name: Option<&'a str>) -> Result<&'a str, EnvironmentError> {
        let known = &self.settings.environments;
        let names: Vec<&str> = known.keys().map(String::as_str).collect();
        let listed = names.join(", ");
        let missing = |name: &str, pointer: &str, part| {
            let mut error = self.error("unknown-environment", pointer, part, format!("there is no environment `{name}`"));
            error.finding.help = Some(match nearest(name, names.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`? environments: {listed}"),
                None => format!("environments: {listed}"),
            });
            error
        };
        match (name, &self.settings.default_environment) {
            (Some(name), _) if known.contains_key(name) => Ok(name),
            (Some(name), _) => Err(missing(name, "/environments", Part::Key)),
            (None, Some(name)) if known.contains_key(name) => Ok(name),
            (None, Some(name)) => Err(missing(name, "/defaultEnvironment", Part::Value)),
            (None, None) => match names.as_slice() {
                [only] => Ok(only),
                _ => {
                    let mut error = self.error(
                        "unknown-environment",
                        "/environments",
                        Part::Key,
                        "no environment is named, and there are several".to_owned(),
                    );
                    error.finding.help = Some(format!("name one with `--environment`, or set `defaultEnvironment`: {listed}"));
                    Err(error)
                }
            },
        }
    }

    fn error(&self, rule: &'static str, pointer: &str, part: Part, message: String) -> EnvironmentError {
        let place = self.sources.place(self.document, pointer, part);
        let finding = Finding::error(rule, place, message).field(field_path(pointer));
        EnvironmentError { finding: Box::new(finding), sources: self.sources.clone() }
    }

    fn absolute(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = self.root.join(path);
        std::path::absolute(&path).unwrap_or(path)
    }
}

/// The settings of one environment, and where they stand.
struct Setting<'a> {
    project: &'a Project,
    pointer: String,
    name: &'a str,
}

impl Setting<'_> {
    fn error(&self, rule: &'static str, field: &str, message: String, help: String) -> EnvironmentError {
        let (pointer, part) =
            if field.is_empty() { (self.pointer.clone(), Part::Key) } else { (format!("{}/{field}", self.pointer), Part::Value) };
        let mut error = self.project.error(rule, &pointer, part, message);
        error.finding.help = Some(help);
        error
    }

    fn target(&self, settings: &EnvironmentSettings) -> Result<Target, EnvironmentError> {
        match (&settings.emulator, &settings.base_url, &settings.region) {
            (Some(folder), None, None) => self.emulator(folder),
            (None, Some(url), None) => self.base_url(url),
            (None, None, Some(name)) => region(name).map(Target::Region).ok_or_else(|| self.unknown_region(name)),
            (None, None, None) => Err(self.error(
                "bad-target",
                "",
                format!("environment `{}` has no target", self.name),
                "add one of `emulator`, `baseUrl` and `region`, for example `region: eu-west-1`".to_owned(),
            )),
            _ => Err(self.error(
                "bad-target",
                "",
                format!("environment `{}` has more than one target", self.name),
                "keep one of `emulator`, `baseUrl` and `region`".to_owned(),
            )),
        }
    }

    /// The data folder is made and written by any command, so that it must be inside the project.
    fn emulator(&self, folder: &str) -> Result<Target, EnvironmentError> {
        let path = self.project.absolute(folder);
        let Err(refused @ (Refused::Outside(_) | Refused::Hidden)) = self.project.border.check(&path) else {
            return Ok(Target::Emulator(path));
        };
        let message = format!("`environments.{}.emulator`: the folder `{}` is not used: {refused}", self.name, shorten(folder));
        let help = "name a folder inside the project, for example `emulator: .campaignctl/local`";
        Err(self.error("outside-project", "emulator", message, help.to_owned()))
    }

    fn base_url(&self, url: &str) -> Result<Target, EnvironmentError> {
        let help = match refused_url(url) {
            None => return Ok(Target::BaseUrl(url.trim_end_matches('/').to_owned())),
            Some(help) => help,
        };
        Err(self.error(
            "bad-target",
            "baseUrl",
            format!("`environments.{}.baseUrl` is no address that can be used", self.name),
            help.to_owned(),
        ))
    }

    fn unknown_region(&self, name: &str) -> EnvironmentError {
        let names = REGIONS.iter().map(|region| region.name);
        let listed = names.clone().collect::<Vec<_>>().join(", ");
        let help = match nearest(name, names) {
            Some(meant) => format!("did you mean `{meant}`? regions: {listed}"),
            None => format!("regions: {listed}"),
        };
        self.error("unknown-region", "region", format!("`environments.{}.region`: there is no region `{name}`", self.name), help)
    }

    fn state(&self, settings: &EnvironmentSettings, target: &Target) -> Result<StateLocation, EnvironmentError> {
        let file = match (&settings.state, target) {
            (Some(state), _) => match state_setting(state) {
                Ok(StateSetting::Path(path)) => self.project.absolute(&path),
                Ok(StateSetting::Object(object)) => return Ok(StateLocation::Object(object)),
                Err(refused) => {
                    let message = format!("`environments.{}.state` {}", self.name, refused.problem);
                    return Err(self.error("bad-state", "state", message, refused.help));
                }
            },
            (None, Target::Emulator(folder)) => folder.join("state.json"),
            (None, _) => self.project.root.join(Path::new(".campaignctl")).join(format!("{}.json", self.name)),
        };
        Ok(StateLocation::File(file))
    }
}

/// Why a base URL is refused: `https` everywhere, `http` on this machine only, and no credentials in a file.
fn refused_url(url: &str) -> Option<&'static str> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if rest.contains(['?', '#']) || url.contains(char::is_whitespace) {
        return Some("write scheme, host and path only: no spaces, no `?`, no `#`");
    }
    if authority.contains('@') {
        return Some("leave user and password out: credentials come from the process environment only");
    }
    let host = authority
        .rsplit_once(':')
        .filter(|(_, port)| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
        .map_or(authority, |(host, _)| host);
    match scheme {
        _ if host.is_empty() => Some("write `https://HOST`, or `http://127.0.0.1:PORT` for a server on this machine"),
        "https" => None,
        "http" if is_loopback(host) => None,
        "http" => Some("use `https://`: plain `http://` is for servers on this machine (127.0.0.1, localhost) only"),
        _ => Some("write `https://HOST`, or `http://127.0.0.1:PORT` for a server on this machine"),
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::refused_url;

    #[test]
    fn plain_http_stays_on_this_machine() {
        for good in ["https://example.com", "https://example.com:8443/base/", "http://127.0.0.1:8080", "http://localhost", "http://[::1]:1"]
        {
            assert_eq!(refused_url(good), None, "{good}");
        }
        for bad in [
            "",
            "example.com",
            "http://example.com",
            "http://127.0.0.1.evil.com",
            "http://localhost@evil.com",
            "https://u:p@h",
            "ftp://h",
            "https://",
            "https://h?x",
        ] {
            assert!(refused_url(bad).is_some(), "{bad}");
        }
    }
}
