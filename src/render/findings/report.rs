//! What every format for machines shows: the findings, and how their files are called.

use crate::diagnostic::{Finding, Severity, SourceMap};
use crate::load::Repository;

/// What a run of `validate` found, for the formats that other programs read.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The findings, errors first.
    pub findings: &'a [Finding],
    /// The files they speak of, and those without a finding.
    pub sources: &'a SourceMap,
    /// Where the project lies in its repository: review tools know files by their path in the repository.
    pub repository: &'a Repository,
    /// The environment whose variables were used, as far as it is known: runs for several environments stay apart by it.
    pub environment: Option<&'a str>,
}

impl Report<'_> {
    /// How many findings are this bad.
    pub(super) fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// The path of a file in its repository: `/` between the names, no `./`, no `..` inside. A file outside the repository
    /// keeps its absolute path.
    pub(in crate::render) fn path(&self, path: &str) -> String {
        let Repository { root, project } = self.repository;
        let inside = path.strip_prefix(root.as_str()).and_then(|rest| rest.strip_prefix('/'));
        let relative = match inside {
            Some(inside) => inside.to_owned(),
            None if is_absolute(path) => return path.to_owned(),
            None => format!("{project}/{path}"),
        };
        let mut names: Vec<&str> = Vec::new();
        for name in relative.split('/') {
            match name {
                "" | "." => {}
                ".." if names.last().is_some_and(|last| *last != "..") => drop(names.pop()),
                name => names.push(name),
            }
        }
        names.join("/")
    }
}

/// `/…`, or `C:/…`.
pub(super) fn is_absolute(path: &str) -> bool {
    path.starts_with('/') || path.as_bytes().get(1..3) == Some(b":/")
}

#[cfg(test)]
mod tests {
    use super::Report;
    use crate::diagnostic::SourceMap;
    use crate::load::Repository;

    #[test]
    fn a_path_is_relative_to_the_repository() {
        let sources = SourceMap::default();
        let path = |project: &str, path: &str| {
            let repository = Repository { root: "/home/me/repo".to_owned(), project: project.to_owned() };
            Report { findings: &[], sources: &sources, repository: &repository, environment: None }.path(path)
        };
        assert_eq!(path("", "campaigns/a.yaml"), "campaigns/a.yaml");
        assert_eq!(path("infra/genesys", "./campaigns/a.yaml"), "infra/genesys/campaigns/a.yaml");
        assert_eq!(path("infra/genesys", "../shared/a.yaml"), "infra/shared/a.yaml");
        assert_eq!(path("infra", "../../a.yaml"), "../a.yaml");
        assert_eq!(path("infra", "/home/me/repo/x/a.yaml"), "x/a.yaml");
        assert_eq!(path("infra", "/home/me/repository/a.yaml"), "/home/me/repository/a.yaml");
        assert_eq!(path("infra", "C:/a.yaml"), "C:/a.yaml");
    }
}
