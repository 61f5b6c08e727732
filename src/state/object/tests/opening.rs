//! What the process environment has to say before a bucket is spoken to; nothing is sent here.

use crate::model::{Provider, StateObject};
use crate::state::StateAccess;
use crate::state::object::ObjectState;

const KEY: (&str, &str) = ("AWS_ACCESS_KEY_ID", "AKIA");
const SECRET: (&str, &str) = ("AWS_SECRET_ACCESS_KEY", "the-secret-of-the-bucket");
const REGION: (&str, &str) = ("AWS_REGION", "eu-west-1");
const ACCOUNT: (&str, &str) = ("AZURE_STORAGE_ACCOUNT_NAME", "acme");
const MACHINE: (&str, &str) = ("CAMPAIGNCTL_STATE_CREDENTIALS", "machine");

fn access(variables: &[(&str, &str)]) -> StateAccess {
    StateAccess::read(|name| variables.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned()))
}

/// `ok`, or what is said to be missing or wrong.
fn opened(provider: Provider, variables: &[(&str, &str)]) -> String {
    let object = StateObject { provider, bucket: "bucket".to_owned(), key: "key".to_owned() };
    match ObjectState::open(&object, &access(variables), "production") {
        Ok(_) => "ok".to_owned(),
        Err(error) => {
            let text = format!("{error} {}", error.hint());
            assert!(!text.contains(SECRET.1), "{text}");
            text
        }
    }
}

#[test]
fn s3_takes_each_kind_of_credentials_and_names_what_is_missing() {
    //  variables, what comes of it
    let table: &[(&[(&str, &str)], &str)] = &[
        (&[REGION, KEY, SECRET], "ok"),
        (&[("AWS_DEFAULT_REGION", "eu-west-1"), KEY, SECRET], "ok"),
        (&[REGION, ("AWS_WEB_IDENTITY_TOKEN_FILE", "/token"), ("AWS_ROLE_ARN", "arn:aws:iam::1:role/r")], "ok"),
        (&[REGION, ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2")], "ok"),
        (&[REGION, MACHINE], "ok"),
        (&[KEY, SECRET], "AWS_REGION is not set"),
        (&[REGION], "no AWS credentials are set"),
        (&[REGION, KEY], "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not"),
        (&[REGION, SECRET], "AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not"),
        (&[REGION, ("AWS_ROLE_ARN", "arn:aws:iam::1:role/r")], "no AWS credentials are set"),
        (&[REGION, ("AWS_PROFILE", "work")], "aws configure export-credentials"),
        (&[REGION, ("CAMPAIGNCTL_STATE_CREDENTIALS", "yes")], "no AWS credentials are set"),
    ];
    for (variables, expected) in table {
        let outcome = opened(Provider::S3, variables);
        assert!(outcome.contains(expected), "{variables:?}: {outcome}");
    }
}

#[test]
fn an_endpoint_is_https_or_on_this_machine() {
    let table = [
        ("https://minio.example.com", "ok"),
        ("https://minio.example.com:9000/", "ok"),
        ("http://127.0.0.1:9000", "ok"),
        ("http://localhost", "ok"),
        ("http://[::1]:9000", "ok"),
        ("http://minio.example.com", "use `https://`"),
        ("http://127.0.0.1.example.com:9000", "use `https://`"),
        ("http://[2001:db8::1]:9000", "use `https://`"),
        ("ftp://127.0.0.1", "write `https://HOST`"),
        ("minio.example.com:9000", "write `https://HOST`"),
        ("https://", "write `https://HOST`"),
        ("https://:9000", "write `https://HOST`"),
        ("http:///bucket", "write `https://HOST`"),
        ("https://me@minio.example.com", "write scheme, host and port only"),
        ("https://minio.example.com/?token=1", "write scheme, host and port only"),
        ("https://minio.example.com#here", "write scheme, host and port only"),
    ];
    for (endpoint, expected) in table {
        // Without a region: an endpoint needs none.
        let outcome = opened(Provider::S3, &[KEY, SECRET, ("AWS_ENDPOINT_URL", endpoint)]);
        assert!(outcome.contains(expected), "{endpoint}: {outcome}");
    }
}

#[test]
fn google_and_azure_name_what_is_missing() {
    let google: &[(&[(&str, &str)], &str)] = &[
        (&[("GOOGLE_OAUTH_ACCESS_TOKEN", "token")], "ok"),
        (&[MACHINE], "ok"),
        (&[], "no Google credentials are set"),
        (&[("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")], "GOOGLE_OAUTH_ACCESS_TOKEN cannot be used"),
    ];
    for (variables, expected) in google {
        let outcome = opened(Provider::Google, variables);
        assert!(outcome.contains(expected), "{variables:?}: {outcome}");
    }
    let (client, tenant) = (("AZURE_CLIENT_ID", "c"), ("AZURE_TENANT_ID", "t"));
    let azure: &[(&[(&str, &str)], &str)] = &[
        (&[ACCOUNT, ("AZURE_STORAGE_ACCOUNT_KEY", "a2V5")], "ok"),
        (&[ACCOUNT, client, tenant, ("AZURE_CLIENT_SECRET", "s")], "ok"),
        (&[ACCOUNT, client, tenant, ("AZURE_FEDERATED_TOKEN_FILE", "/token")], "ok"),
        (&[ACCOUNT, MACHINE], "ok"),
        (&[("AZURE_STORAGE_ACCOUNT_KEY", "a2V5")], "AZURE_STORAGE_ACCOUNT_NAME is not set"),
        (&[ACCOUNT], "no Azure credentials are set"),
        (&[ACCOUNT, client, tenant], "no Azure credentials are set"),
        (&[ACCOUNT, client, ("AZURE_CLIENT_SECRET", "s")], "no Azure credentials are set"),
    ];
    for (variables, expected) in azure {
        let outcome = opened(Provider::Azure, variables);
        assert!(outcome.contains(expected), "{variables:?}: {outcome}");
    }
}

#[test]
fn a_lease_is_a_number_of_seconds_within_bounds() {
    let table = [
        ("2", "ok"),
        ("3600", "ok"),
        ("1", "CAMPAIGNCTL_STATE_LEASE is no number of seconds from 2 to 3600"),
        ("3601", "from 2 to 3600"),
        ("soon", "from 2 to 3600"),
    ];
    for (lease, expected) in table {
        let outcome = opened(Provider::S3, &[REGION, KEY, SECRET, ("CAMPAIGNCTL_STATE_LEASE", lease)]);
        assert!(outcome.contains(expected), "{lease}: {outcome}");
    }
    assert_eq!(access(&[]).lease(), Ok(super::LEASE));
    assert_eq!(access(&[("CAMPAIGNCTL_STATE_LEASE", "15")]).lease(), Ok(std::time::Duration::from_secs(15)));
}

#[test]
fn what_the_environment_says_is_shown_by_name_only() {
    assert_eq!(format!("{:?}", access(&[KEY, SECRET, ("HOME", "/root")])), r#"{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}"#);
}
