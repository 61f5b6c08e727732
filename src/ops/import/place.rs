//! Where new files go, and what they say at their top.

use std::path::{Component, Path, PathBuf};

use crate::files::Refused;
use crate::load::{Project, repository_of, shown, stems_in};
use crate::ops::Failure;
use crate::schema;

/// A folder for new files.
#[derive(Debug)]
pub(super) struct Place {
    folder: PathBuf,
    root: PathBuf,
    /// From a file in it to the schema of campaigns, where the repo has one.
    pub(super) schema: Option<String>,
}

impl Place {
    /// The folder `into` below the campaigns folder.
    ///
    /// # Errors
    /// A path that leads out of it, or to where no campaign is read.
    pub(super) fn new(project: &Project, into: &Path) -> Result<Self, Failure> {
        let campaigns = Path::new(&project.settings.campaigns);
        let refused = |reason: &str, hint: String| Err(Failure::new(format!("--into `{}` {reason}", into.display()), hint));
        let below = || format!("name a folder below `{}`, such as --into imported", project.settings.campaigns);
        for step in into.components() {
            match step {
                Component::CurDir => {}
                Component::Normal(name) => match name.to_str() {
                    Some(name) if name.starts_with('.') => return refused("is hidden: no campaign is read there", below()),
                    Some(name) if !name.chars().any(char::is_control) => {}
                    _ => return refused("cannot be shown", below()),
                },
                _ => return refused("leads out of the campaigns folder", below()),
            }
        }
        let campaigns_name = campaigns.strip_prefix(".").unwrap_or(campaigns);
        if !campaigns_name.as_os_str().is_empty()
            && let Ok(rest) = into.strip_prefix(".").unwrap_or(into).strip_prefix(campaigns_name)
        {
            let rest = if rest.as_os_str().is_empty() { "leave --into out".to_owned() } else { format!("write --into {}", rest.display()) };
            return refused("is counted from the campaigns folder, so that it would be in it twice", rest);
        }
        let folder = plain(&project.root.join(campaigns).join(into));
        if let Err(refused @ (Refused::Outside(_) | Refused::Hidden)) = project.border.check(&folder) {
            return refused_folder(into, &refused);
        }
        let schema = schema_at(project).map(|schema| way(&folder, &schema)).filter(|way| !way.chars().any(char::is_control));
        Ok(Self { folder, root: project.root.clone(), schema })
    }

    /// The file of a key, and its path as people should see it.
    pub(super) fn file(&self, key: &str) -> (PathBuf, String) {
        let path = self.folder.join(format!("{key}.yaml"));
        let shown = shown(&path, &self.root);
        (path, shown)
    }

    /// The names of the files that are there, without their ending.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn stems(&self) -> Result<Vec<String>, Failure> {
        stems_in(&self.folder).map_err(|error| {
            Failure::new(format!("cannot read the folder `{}`: {error}", self.folder.display()), "name another one with --into")
        })
    }
}

fn refused_folder(into: &Path, refused: &Refused) -> Result<Place, Failure> {
    let message = format!("--into `{}` is not used: {refused}", into.display());
    Err(Failure::new(message, "name a folder inside the project; nothing was imported"))
}

/// The committed schema of campaigns: in the project, or at the root of its repository.
fn schema_at(project: &Project) -> Option<PathBuf> {
    let roots = [project.root.clone(), PathBuf::from(repository_of(&project.root).root)];
    roots.into_iter().map(|root| root.join("schema").join(schema::CAMPAIGN_FILE)).find(|file| file.is_file())
}

/// The path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for step in path.components() {
        match step {
            Component::CurDir => {}
            Component::ParentDir => drop(out.pop()),
            step => out.push(step),
        }
    }
    out
}

/// The way from a folder to a file, both absolute.
fn way(from: &Path, to: &Path) -> String {
    let (from, to): (Vec<Component<'_>>, Vec<Component<'_>>) = (from.components().collect(), to.components().collect());
    let together = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from[together..].iter().map(|_| "..".to_owned());
    let down = to[together..].iter().map(|step| step.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{plain, way};

    #[test]
    fn the_way_to_the_schema_fits_the_folder() {
        let table = [
            ("/r/campaigns", "/r/schema/c.json", "../schema/c.json"),
            ("/r/campaigns/eu/web", "/r/schema/c.json", "../../../schema/c.json"),
            ("/r", "/r/schema/c.json", "schema/c.json"),
            ("/r/p/../campaigns/.", "/r/schema/c.json", "../schema/c.json"),
        ];
        for (from, to, expected) in table {
            assert_eq!(way(&plain(Path::new(from)), Path::new(to)), expected, "{from}");
        }
    }
}
