//! The `state:` setting: a path, or the URL of a file or of an object in a bucket.

use std::path::PathBuf;

use crate::diagnostic::nearest;
use crate::model::{Provider, StateObject};

/// What a `state:` setting says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum StateSetting {
    /// A path, absolute or relative to the project.
    Path(PathBuf),
    /// An object in a bucket.
    Object(StateObject),
}

/// Why a `state:` setting cannot be used. Never repeats the setting: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    /// What is wrong with it, to follow the name of the setting.
    pub(super) problem: String,
    /// What to write instead.
    pub(super) help: String,
}

/// Longest key of an object in S3, in bytes, less what `.lock` and `.backup` take.
const LONGEST_KEY: usize = 1000;

pub(super) fn state_setting(text: &str) -> Result<StateSetting, Refused> {
    let Some((scheme, rest)) = text.split_once("://") else { return Ok(StateSetting::Path(PathBuf::from(text))) };
    let refused = |problem: &str, help: &str| Err(Refused { problem: problem.to_owned(), help: help.to_owned() });
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        let help = match scheme {
            "abfs" | "abfss" => "write `az://CONTAINER/KEY` and set AZURE_STORAGE_ACCOUNT_NAME",
            _ => "leave user and password out: credentials come from the process environment only",
        };
        return refused("names an account or credentials", help);
    }
    if rest.contains(['?', '#']) || rest.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return refused("is no address that can be used", "write scheme, bucket and key only: no spaces, no `?`, no `#`");
    }
    if scheme == "file" {
        return match rest.strip_prefix('/') {
            Some(path) if !path.is_empty() && !path.ends_with('/') => Ok(StateSetting::Path(PathBuf::from(rest))),
            _ => refused("names no file on this machine", "write `file:///absolute/path.json`, or a path relative to this file"),
        };
    }
    let Some(provider) = Provider::ALL.into_iter().find(|provider| provider.scheme() == scheme) else {
        return Err(unknown_scheme(scheme));
    };
    let example = format!("{}://BUCKET/campaignctl/production.json", provider.scheme());
    let Some((bucket, key)) = rest.split_once('/').filter(|(bucket, key)| !bucket.is_empty() && !key.is_empty()) else {
        let problem = if rest.trim_end_matches('/').is_empty() { "names no bucket" } else { "names a bucket and no key in it" };
        return refused(problem, &format!("write bucket and key, for example `{example}`"));
    };
    if !bucket.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)) {
        let help = "a bucket has letters, digits, `.`, `-` and `_`; the address of a server of your own goes into AWS_ENDPOINT_URL";
        return refused("names a bucket that cannot be", help);
    }
    if key.len() > LONGEST_KEY || key.split('/').any(|part| ["", ".", ".."].contains(&part)) {
        let help = format!("write names separated by single `/`, not ending in one, {LONGEST_KEY} bytes at most: `{example}`");
        return refused("names a key that cannot be", &help);
    }
    Ok(StateSetting::Object(StateObject { provider, bucket: bucket.to_owned(), key: key.to_owned() }))
}

fn unknown_scheme(scheme: &str) -> Refused {
    let help = match scheme {
        "abfs" | "abfss" | "azure" | "wasb" | "wasbs" => "write `az://CONTAINER/KEY` for Azure Blob Storage".to_owned(),
        "gcs" => "write `gs://BUCKET/KEY` for Google Cloud Storage".to_owned(),
        "http" | "https" => "write `s3://BUCKET/KEY`; the address of a server that speaks S3 goes into AWS_ENDPOINT_URL".to_owned(),
        other => {
            let known = Provider::ALL.map(Provider::scheme);
            let meant = nearest(other, known.into_iter().chain(["file"])).map(|meant| format!("did you mean `{meant}://`? "));
            format!("{}use a path, `file://`, `s3://`, `gs://` or `az://`", meant.unwrap_or_default())
        }
    };
    Refused { problem: "has a scheme that is not known".to_owned(), help }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{StateSetting, state_setting};
    use crate::model::{Provider, StateObject};

    #[test]
    fn paths_and_objects_are_told_apart() {
        let object = |provider, bucket: &str, key: &str| {
            Ok(StateSetting::Object(StateObject { provider, bucket: bucket.to_owned(), key: key.to_owned() }))
        };
        let path = |path: &str| Ok(StateSetting::Path(PathBuf::from(path)));
        assert_eq!(state_setting(".campaignctl/a.json"), path(".campaignctl/a.json"));
        assert_eq!(state_setting("file:///srv/a.json"), path("/srv/a.json"));
        assert_eq!(state_setting("s3://acme-engagement/campaignctl/a.json"), object(Provider::S3, "acme-engagement", "campaignctl/a.json"));
        assert_eq!(state_setting("gs://b/k"), object(Provider::Google, "b", "k"));
        assert_eq!(state_setting("az://c/k.json"), object(Provider::Azure, "c", "k.json"));
    }

    #[test]
    fn what_cannot_be_used_is_told_with_what_to_write_and_never_repeated() {
        for (text, told) in [
            ("s4://b/k", "did you mean `s3://`?"),
            ("gcs://b/k", "`gs://BUCKET/KEY`"),
            ("abfss://container@account.dfs.core.windows.net/k", "AZURE_STORAGE_ACCOUNT_NAME"),
            ("https://b.s3.amazonaws.com/k", "AWS_ENDPOINT_URL"),
            ("s3://id:hunter2@b/k", "process environment"),
            ("s3://b/k?secret=hunter2", "no `?`"),
            ("s3://", "bucket and key"),
            ("s3:///k", "bucket and key"),
            ("s3://b", "bucket and key"),
            ("s3://b/", "bucket and key"),
            ("s3://b/a//b", "single `/`"),
            ("s3://b/a/", "single `/`"),
            ("s3://b/../k", "single `/`"),
            ("s3://host:9000/k", "AWS_ENDPOINT_URL"),
            ("file://state.json", "file:///"),
            ("file:///", "file:///"),
        ] {
            let refused = state_setting(text).unwrap_err();
            assert!(refused.help.contains(told), "{text}: {refused:?}");
            assert!(!format!("{refused:?}").contains("hunter2"), "{refused:?}");
        }
    }
}
