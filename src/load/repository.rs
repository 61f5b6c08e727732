//! Where a project lies in its repository: review tools name files from the root of the repository on.

use std::path::{MAIN_SEPARATOR_STR, Path};

/// The repository around a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// Its root: the nearest folder with a `.git`, else the folder of the project. Absolute, with `/` between the names.
    pub root: String,
    /// The project's folder below it, with `/` between the names; empty when it is the root.
    pub project: String,
}

/// The repository around a project folder.
pub fn repository_of(project: &Path) -> Repository {
    let project = std::path::absolute(project).unwrap_or_else(|_| project.to_owned());
    // In a worktree or a submodule `.git` is a file.
    let root = project.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(&project);
    let slashes = |path: &Path| path.to_string_lossy().replace(MAIN_SEPARATOR_STR, "/");
    Repository { root: slashes(root), project: slashes(project.strip_prefix(root).unwrap_or(Path::new(""))) }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::repository_of;

    #[test]
    fn the_nearest_git_folder_is_the_root() {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().join("infra/genesys");
        fs::create_dir_all(&project).unwrap();
        fs::write(folder.path().join(".git"), "gitdir: elsewhere").unwrap();
        assert_eq!(repository_of(&project).project, "infra/genesys");
        fs::create_dir(project.join(".git")).unwrap();
        let alone = repository_of(&project);
        assert_eq!((alone.project.as_str(), alone.root.ends_with("infra/genesys")), ("", true));
    }
}
