//! What the files of a new project say. The pipelines are those of `examples/`, where they are linted and run.

use super::{Pipelines, Target};

/// The first campaign: disabled.
pub(super) const SAMPLE: &str = include_str!("sample.yaml");

/// The line of each pipeline that names the environment.
const ENVIRONMENT: &str = "ENVIRONMENT: production # of campaignctl.yaml";

/// Path from the root of the repository, and text.
pub(super) fn pipelines(pipelines: Pipelines, environment: &str) -> Vec<(&'static str, String)> {
    let files: &[(&str, &str)] = match pipelines {
        Pipelines::GitHub => &[
            (".github/workflows/campaigns-plan.yaml", include_str!("../../../examples/github-actions/workflows/campaigns-plan.yaml")),
            (".github/workflows/campaigns-apply.yaml", include_str!("../../../examples/github-actions/workflows/campaigns-apply.yaml")),
            (".github/workflows/campaigns-drift.yaml", include_str!("../../../examples/github-actions/workflows/campaigns-drift.yaml")),
            (".github/actions/campaignctl/action.yaml", include_str!("../../../examples/github-actions/actions/campaignctl/action.yaml")),
        ],
        Pipelines::GitLab => &[
            (".gitlab/campaigns.yml", include_str!("../../../examples/gitlab-ci/.gitlab-ci.yml")),
            (".gitlab-ci.yml", "include:\n  - local: .gitlab/campaigns.yml\n"),
        ],
        Pipelines::None => &[],
    };
    let named = format!("ENVIRONMENT: {environment} # of campaignctl.yaml");
    files.iter().map(|(path, text)| (*path, text.replace(ENVIRONMENT, &named))).collect()
}

/// What git should leave out: data of the tool, saved plans, and what pipelines check out beside the campaigns.
pub(super) fn ignored() -> Vec<String> {
    ["/.campaignctl/", "/.state/", "/.plan/", "*.plan"].map(str::to_owned).to_vec()
}

/// The project file. What is not known of the environment is left out, with how to add it.
pub(super) fn project(environment: &str, target: Option<&Target>, organization: Option<&str>, pipelines: Pipelines) -> String {
    let organization = match organization {
        Some(id) => format!("organization: {id} # refused when the credentials belong to another one"),
        None => "# organization: ID # as in Genesys Cloud; credentials of another one are then refused".to_owned(),
    };
    let state = match pipelines {
        Pipelines::None => format!("state: .campaignctl/{environment}.json # as soon as more than one machine applies: s3://BUCKET/KEY"),
        _ => format!("state: .state/{environment}.json # the branch campaignctl-state; or s3://BUCKET/KEY, gs://… or az://…"),
    };
    let (mark, first) = match target {
        Some(Target::Region(region)) => ("", format!("region: {}", region.name)),
        Some(Target::BaseUrl(url)) => ("", format!("baseUrl: \"{url}\"")),
        None => ("# ", "region: REGION # as in GENESYSCLOUD_REGION, e.g. eu-west-1".to_owned()),
    };
    let guards = "guards: { maxDeletes: 2, maxChangedPercent: 30 } # a plan beyond is refused";
    let fields = [first, organization, state, guards.to_owned()].map(|field| format!("  {mark}  {}\n", field.trim_start()));
    let missing = if target.is_none() { "  # Name its region, and take the `# ` away:\n" } else { "" };
    format!(
        "# yaml-language-server: $schema=schema/project.schema.json
# Where the campaigns are, and the targets they can be applied to.
campaigns: campaigns
defaultEnvironment: local
environments:
  # The embedded emulator: nothing to install, nothing leaves this machine.
  local:
    emulator: .campaignctl/local
{missing}  {mark}{environment}:
{}",
        fields.concat()
    )
}
