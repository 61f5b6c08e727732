//! `campaignctl init`

use std::path::{Component, Path, PathBuf};

use clap::{Args, ValueEnum};

use super::schema::files;
use crate::cli::context::{Context, Outcome};
use crate::cli::exit_code::Exit;
use crate::cli::process_environment;
use crate::model::{REGIONS, Region, region};
use crate::ops::init::{Pipelines, Request, Target, init};
use crate::ops::{Access, Failure};
use crate::render;

/// Start a project: campaignctl.yaml, a disabled sample campaign, schemas, pipelines
///
/// Asks nothing. The region comes from GENESYSCLOUD_REGION, the organization from the credentials (one request), the
/// pipelines from the git remote; what is not known is left out, with how to add it. A file that is there is never
/// changed, but for lines that .gitignore lacks. Run again it does nothing.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  campaignctl init
  campaignctl init campaigns-of-acme --region eu-west-1 --ci gitlab
  campaignctl init -e staging         calls the environment `staging` instead of `production`")]
pub(in crate::cli) struct Init {
    /// Folder of the project [default: the working directory]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Region of the environment [default: GENESYSCLOUD_REGION]
    #[arg(long, value_name = "REGION", value_parser = known_region)]
    region: Option<Region>,
    /// Any other server of this API, e.g. a standalone emulator, instead of a region
    #[arg(long, value_name = "URL", conflicts_with = "region", value_parser = url)]
    base_url: Option<String>,
    /// Id of the organization [default: that of the credentials]
    #[arg(long, value_name = "ID", value_parser = id)]
    organization: Option<String>,
    /// Pipelines to write [default: by the git remote]
    #[arg(long, value_enum, value_name = "SERVICE")]
    ci: Option<Ci>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Ci {
    Github,
    Gitlab,
    None,
}

fn known_region(text: &str) -> Result<Region, String> {
    region(text).ok_or_else(|| format!("it is one of {}", REGIONS.map(|region| region.name).join(", ")))
}

fn url(text: &str) -> Result<String, String> {
    crate::remote::Server::base_url(text).map_err(|error| error.to_string())?;
    if text.contains(['"', '\\']) || text.chars().any(char::is_control) {
        return Err("no address has quotes in it".to_owned());
    }
    Ok(text.to_owned())
}

fn id(text: &str) -> Result<String, String> {
    let is_id = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if is_id { Ok(text.to_owned()) } else { Err("an id has letters, digits and `-`".to_owned()) }
}

impl Init {
    pub(in crate::cli) fn run(self, context: &Context) -> Outcome {
        let Self { folder, region, base_url, organization, ci } = self;
        if context.is_project_named() {
            return Err(Failure::new("`init` takes no --project", "name the folder: campaignctl init DIR"));
        }
        let environment = context.named_environment()?.unwrap_or("production").to_owned();
        let here = Context::working_folder()?;
        let named = folder.as_deref().map(|folder| without_dots(&here.join(folder)));
        let folder = named.clone().unwrap_or_else(|| here.clone());
        // Half a pair of credentials, or a region that is none, keeps nobody from starting.
        let mut problems = Vec::new();
        let access = process_environment::access(&environment).unwrap_or_else(|failure| {
            problems.push(failure.message);
            Access::default()
        });
        let set = process_environment::region();
        let target = match (region, base_url, set.as_deref().map(|name| (name, crate::model::region(name)))) {
            (Some(region), ..) => Some((Target::Region(region), "--region")),
            (None, Some(url), _) => Some((Target::BaseUrl(url), "--base-url")),
            (None, None, Some((_, Some(region)))) => Some((Target::Region(region), "GENESYSCLOUD_REGION")),
            (None, None, Some((name, None))) => {
                problems.push(format!("GENESYSCLOUD_REGION is `{name}`, which is no region"));
                None
            }
            (None, None, None) => None,
        };
        let request = Request {
            environment,
            is_named: named.is_some(),
            folder: folder.clone(),
            target,
            organization,
            pipelines: ci.map(|ci| match ci {
                Ci::Github => Pipelines::GitHub,
                Ci::Gitlab => Pipelines::GitLab,
                Ci::None => Pipelines::None,
            }),
            access,
            schemas: files(),
        };
        let mut started = context.block_on(init(request))?;
        started.notes.extend(problems.into_iter().map(|problem| format!("Note: {problem}.")));
        let cd = (folder != here).then(|| relative(&folder, &here));
        context.console.details(&render::init::started(&started, cd.as_deref()));
        Ok(Exit::Ok)
    }
}

fn relative(folder: &Path, here: &Path) -> String {
    folder.strip_prefix(here).unwrap_or(folder).display().to_string()
}

/// The path without `.` and `..`, as a shell reads it: the folder need not be there yet.
fn without_dots(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(out.pop()),
            Component::CurDir => {}
            part => out.push(part),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::without_dots;

    #[test]
    fn dots_are_read_as_a_shell_reads_them() {
        for (path, plain) in [("/a/./b/../c", "/a/c"), ("/a/b/..", "/a"), ("/..", "/"), ("/a", "/a")] {
            assert_eq!(without_dots(Path::new(path)), Path::new(plain));
        }
    }
}
