//! Where a repository is pushed to: what its git configuration says, read as text. No git is run.

use std::fs;
use std::path::{Path, PathBuf};

use crate::files::read_regular;

/// The largest file of git that is read, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// A service that hosts repositories and runs pipelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GitHost {
    /// GitHub, also one of a company's own.
    GitHub,
    /// GitLab, also one of a company's own.
    GitLab,
}

/// The host name of the remote `origin`, or else of the first one, of the repository whose root this is. `None` where the
/// folder is no repository, has no remote, or its remote is a path.
pub fn remote_host(root: &Path) -> Option<String> {
    let config = text(&git_folder(root)?.join("config"))?;
    host_of(&remote_url(&config)?)
}

/// The service behind a host name, by the name: `github.com`, `gitlab.example.com`.
pub fn service(host: &str) -> Option<GitHost> {
    let host = host.to_ascii_lowercase();
    match (host.contains("github"), host.contains("gitlab")) {
        (true, false) => Some(GitHost::GitHub),
        (false, true) => Some(GitHost::GitLab),
        _ => None,
    }
}

/// The folder with the configuration: `.git`, or where a file of that name leads, as in a submodule and a linked work tree. That
/// folder must name this work tree too: a `.git` that somebody prepared could otherwise lead to any repository of the machine.
fn git_folder(root: &Path) -> Option<PathBuf> {
    let git = root.join(".git");
    if fs::symlink_metadata(&git).ok()?.is_dir() {
        return Some(git);
    }
    let folder = fs::canonicalize(root.join(text(&git)?.trim_end().strip_prefix("gitdir: ")?)).ok()?;
    let is_ours = |path: &Path, ours: &Path| fs::canonicalize(path).is_ok_and(|path| fs::canonicalize(ours).is_ok_and(|ours| path == ours));
    match text(&folder.join("commondir")) {
        Some(main) => {
            let main = fs::canonicalize(folder.join(main.trim_end())).ok()?;
            let names_us = text(&folder.join("gitdir")).is_some_and(|named| is_ours(&folder.join(named.trim_end()), &git));
            (names_us && folder.starts_with(main.join("worktrees"))).then_some(main)
        }
        None => {
            let config = text(&folder.join("config"))?;
            let work_tree = config.lines().find_map(|line| line.trim().strip_prefix("worktree")?.trim().strip_prefix('='))?;
            is_ours(&folder.join(work_tree.trim()), root).then_some(folder)
        }
    }
}

/// The text of a file that is no link; a configuration has a few KB.
fn text(path: &Path) -> Option<String> {
    fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file)?;
    String::from_utf8(read_regular(path, MAX_BYTES).ok()?).ok()
}

/// `url` of the section `[remote "origin"]`, or of the first remote there is.
fn remote_url(config: &str) -> Option<String> {
    let mut remote: Option<String> = None;
    let mut urls: Vec<(String, String)> = Vec::new();
    for line in config.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            let name = section.strip_prefix("remote \"").and_then(|rest| rest.split_once("\"]"));
            remote = name.map(|(name, _)| name.to_owned());
        } else if let (Some(name), Some((key, value))) = (&remote, line.split_once('='))
            && key.trim().eq_ignore_ascii_case("url")
        {
            urls.push((name.clone(), value.trim().trim_matches('"').to_owned()));
        }
    }
    let origin = urls.iter().position(|(name, _)| name == "origin").unwrap_or_default();
    (!urls.is_empty()).then(|| urls.swap_remove(origin).1)
}

/// The host of `https://user:token@host/path`, `ssh://git@host:22/path` or `git@host:path`. Nothing else of it is kept: there
/// may be a token in it.
fn host_of(url: &str) -> Option<String> {
    let authority = match url.split_once("://") {
        Some(("file", _)) => return None,
        Some((_, rest)) => rest.split(['/', '?', '#']).next()?,
        // The short form of ssh has a colon before the first slash; anything else is a path.
        None => url.split('/').next()?.split_once(':')?.0,
    };
    let host = authority.rsplit('@').next()?.split(':').next()?;
    (!host.is_empty()).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{GitHost, host_of, remote_host, remote_url, service};

    #[test]
    fn hosts_are_read_from_every_form_of_address_and_tokens_are_not() {
        for (url, host) in [
            ("https://github.com/acme/campaigns.git", Some("github.com")),
            ("https://oauth2:glpat-secret@gitlab.example.com:8443/a/b", Some("gitlab.example.com")),
            ("git@github.com:acme/campaigns.git", Some("github.com")),
            ("ssh://git@gitlab.com:22/acme/campaigns", Some("gitlab.com")),
            ("github-work:acme/campaigns", Some("github-work")),
            ("git://git.example.com/x", Some("git.example.com")),
            ("/srv/git/github.git", None),
            ("../other:thing", None),
            ("file:///srv/github", None),
            ("", None),
        ] {
            assert_eq!(host_of(url).as_deref(), host, "{url}");
        }
        assert_eq!(service("GitHub.example.com"), Some(GitHost::GitHub));
        assert_eq!(service("gitlab.com"), Some(GitHost::GitLab));
        assert_eq!(service("bitbucket.org"), None);
    }

    #[test]
    fn origin_goes_before_the_other_remotes() {
        let config = "[core]\n\turl = no\n[remote \"fork\"]\n\turl = git@a:x\n[remote \"origin\"]\n\tfetch = y\n\tURL = \"git@b:x\"\n[branch \"main\"]\n\turl = no\n";
        assert_eq!(remote_url(config).as_deref(), Some("git@b:x"));
        assert_eq!(remote_url(&config.replace("origin", "other")).as_deref(), Some("git@a:x"));
        assert_eq!(remote_url("[remote \"origin\"]\n"), None);
    }

    #[test]
    fn a_linked_work_tree_and_a_submodule_have_the_remotes_of_their_repository() {
        let folder = tempfile::tempdir().unwrap();
        let [main, linked, sub] = ["main", "linked", "main/sub"].map(|name| folder.path().join(name));
        fs::create_dir_all(main.join(".git/worktrees/linked")).unwrap();
        fs::create_dir_all(main.join(".git/modules/sub")).unwrap();
        fs::create_dir(&linked).unwrap();
        fs::create_dir(&sub).unwrap();
        fs::write(main.join(".git/config"), "[remote \"origin\"]\nurl = git@github.com:a/b\n").unwrap();
        fs::write(main.join(".git/worktrees/linked/commondir"), "../..\n").unwrap();
        fs::write(main.join(".git/worktrees/linked/gitdir"), format!("{}\n", linked.join(".git").display())).unwrap();
        fs::write(linked.join(".git"), format!("gitdir: {}\n", main.join(".git/worktrees/linked").display())).unwrap();
        let config = "[core]\n\tworktree = ../../../sub\n[remote \"origin\"]\nurl = git@gitlab.com:a/b\n";
        fs::write(main.join(".git/modules/sub/config"), config).unwrap();
        fs::write(sub.join(".git"), "gitdir: ../.git/modules/sub\n").unwrap();
        assert_eq!(remote_host(&linked).as_deref(), Some("github.com"));
        assert_eq!(remote_host(&main).as_deref(), Some("github.com"));
        assert_eq!(remote_host(&sub).as_deref(), Some("gitlab.com"));
        assert_eq!(remote_host(folder.path()), None);
    }

    #[test]
    fn a_prepared_git_file_does_not_lead_to_another_repository() {
        let folder = tempfile::tempdir().unwrap();
        let [other, hostile] = ["other", "hostile"].map(|name| folder.path().join(name));
        fs::create_dir_all(other.join(".git")).unwrap();
        fs::create_dir_all(hostile.join("fake")).unwrap();
        fs::write(other.join(".git/config"), "[remote \"origin\"]\nurl = git@internal.github.example:a/b\n").unwrap();
        fs::write(hostile.join("fake/commondir"), "../../other/.git").unwrap();
        fs::write(hostile.join("fake/gitdir"), hostile.join(".git").to_str().unwrap()).unwrap();
        for leads in ["../other/.git", "fake"] {
            fs::write(hostile.join(".git"), format!("gitdir: {leads}\n")).unwrap();
            assert_eq!(remote_host(&hostile), None, "{leads}");
        }
    }
}
