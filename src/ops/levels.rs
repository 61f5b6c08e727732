//! What the project file says to the rules: levels, limits and variables, each with its place.

use crate::diagnostic::{Part, Place};
use crate::lint::{Layer, Levels, OverlayAt, Overrides, Settings, VariableAt};
use crate::load::{Environment, Loaded, LoadedOverlay, Project};
use crate::model::EnvironmentSettings;

/// What every rule's findings count as in an environment.
pub fn levels(project: &Project, environment: &Environment, overrides: &Overrides) -> Levels {
    let layers = layers(project, environment);
    Levels::new(layers.iter().map(|layer| layer.levels), overrides)
}

/// Everything that rules look at besides the campaigns that were loaded.
pub(super) fn settings<'a>(project: &'a Project, environment: &'a Environment, loaded: &'a Loaded, overrides: &Overrides) -> Settings<'a> {
    let Environment { name, target: _, organization: _, state: _, variables, guards: _, limits } = environment;
    let own = of(project, environment).map(|settings| &settings.variables);
    let variable = |variable: &'a String| {
        let is_shared = !own.is_some_and(|own| own.contains_key(variable));
        VariableAt {
            name: variable,
            place: project.variable_place(name, variable, Part::Key),
            is_shared,
            is_used: loaded.used_variables.contains(variable) || (is_shared && loaded.used_elsewhere.contains(variable)),
        }
    };
    let overlay = |overlay: &'a LoadedOverlay| {
        let LoadedOverlay { key, document, file: _, changes } = overlay;
        OverlayAt { key, document: *document, changes: *changes }
    };
    Settings {
        environment: name,
        layers: layers(project, environment),
        overrides: overrides.clone(),
        allows: &loaded.allows,
        max_invites_per_minute: limits.max_invites_per_minute.map(|limit| (limit, limit_place(project, environment))),
        variables: variables.keys().map(variable).collect(),
        overlays: loaded.overlays.iter().map(overlay).collect(),
        complete: loaded.findings.is_empty(),
    }
}

/// The `lint:` maps that hold for an environment, the one that goes before the other last.
fn layers<'a>(project: &'a Project, environment: &Environment) -> Vec<Layer<'a>> {
    let layer = |levels: &'a std::collections::BTreeMap<String, crate::model::Level>, above: String| {
        let place = |rule: &String| project.place(&format!("{above}/lint/{}", rule.replace('~', "~0").replace('/', "~1")), Part::Key);
        Layer { levels, places: levels.keys().map(place).collect(), field: crate::schema::field_path(&format!("{above}/lint")) }
    };
    let own = of(project, environment).map(|settings| layer(&settings.lint, format!("/environments/{}", environment.name)));
    [layer(&project.settings.lint, String::new())].into_iter().chain(own).collect()
}

/// Where the limit that holds for an environment is set.
fn limit_place(project: &Project, environment: &Environment) -> Place {
    let is_own = of(project, environment).is_some_and(|settings| settings.limits.max_invites_per_minute.is_some());
    let above = if is_own { format!("/environments/{}", environment.name) } else { String::new() };
    project.place(&format!("{above}/limits/maxInvitesPerMinute"), Part::Value)
}

fn of<'a>(project: &'a Project, environment: &Environment) -> Option<&'a EnvironmentSettings> {
    project.settings.environments.get(&environment.name)
}
