//! Opening a bucket: the process environment's words turned into a client, or what is missing.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::{ClientOptions, ObjectStore, RetryConfig};

use super::bucket::Bucket;
use super::connector::{Connector, Given};
use super::{Clock, ObjectState};
use crate::model::{Provider, StateObject};
use crate::state::StateError;
use crate::state::access::{MACHINE, StateAccess};

/// What is missing or wrong, and what to set.
struct Missing {
    reason: String,
    hint: String,
}

impl ObjectState {
    /// Opens the state of an environment; reads nothing yet.
    pub(in crate::state) fn open(object: &StateObject, access: &StateAccess, environment: &str) -> Result<Self, StateError> {
        // Harmless where it was done before.
        rustls::crypto::ring::default_provider().install_default().ok();
        let at = object.to_string();
        let not_configured = |Missing { reason, hint }| StateError::NotConfigured { at: at.clone(), reason, hint };
        let missing = |reason: String, hint: &str| not_configured(Missing { reason, hint: hint.to_owned() });
        let lease = access.lease().map_err(|reason| missing(reason, "set another number, or unset it: the usual lease is 60 s"))?;
        let given = Given::default();
        access.secrets().for_each(|secret| given.learn(secret));
        let store: Result<Arc<dyn ObjectStore>, Missing> = match object.provider {
            Provider::S3 => s3(&object.bucket, access, &given),
            Provider::Google => google(&object.bucket, access, &given),
            Provider::Azure => azure(&object.bucket, access, &given),
        };
        let bucket = Bucket::new(store.map_err(not_configured)?, object.key.clone(), at.clone(), given);
        Ok(Self { bucket, environment: environment.to_owned(), clock: Clock::of_machine(), lease })
    }

    /// A state in any store, with any clock.
    #[cfg(test)]
    pub(in crate::state) fn of_store(store: Arc<dyn ObjectStore>, clock: Clock, lease: Duration) -> Self {
        let bucket = Bucket::new(store, "state.json".to_owned(), "s3://bucket/state.json".to_owned(), Given::default());
        Self { bucket, environment: "production".to_owned(), clock, lease }
    }
}

fn retry() -> RetryConfig {
    RetryConfig { max_retries: 4, retry_timeout: Duration::from_secs(40), ..RetryConfig::default() }
}

fn connector(is_plain: bool, given: &Given) -> Connector {
    Connector { is_plain, given: given.clone() }
}

/// The builder's own words are about its configuration, which is this tool's doing; values stay out.
fn unusable(variables: &str) -> Missing {
    Missing { reason: format!("{variables} cannot be used"), hint: "see docs/state.md for what each of them holds".to_owned() }
}

fn s3(bucket: &str, access: &StateAccess, given: &Given) -> Result<Arc<dyn ObjectStore>, Missing> {
    let endpoint = access.first(&["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]);
    let is_plain = endpoint.map(checked_endpoint).transpose()?.unwrap_or(false);
    let region = access.first(&["AWS_REGION", "AWS_DEFAULT_REGION"]);
    let Some(region) = region.or(endpoint.map(|_| "us-east-1")) else {
        return Err(Missing { reason: "AWS_REGION is not set".to_owned(), hint: "set it to the region of the bucket".to_owned() });
    };
    let mut builder = AmazonS3Builder::new().with_bucket_name(bucket).with_region(region).with_retry(retry());
    builder = builder.with_http_connector(connector(is_plain, given));
    builder = builder.with_client_options(ClientOptions::new().with_allow_http(is_plain));
    if let Some(endpoint) = endpoint {
        builder = builder.with_endpoint(endpoint.trim_end_matches('/'));
    }
    let names: &[(&str, AmazonS3ConfigKey)] = if access.has(&["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) {
        &[
            ("AWS_ACCESS_KEY_ID", AmazonS3ConfigKey::AccessKeyId),
            ("AWS_SECRET_ACCESS_KEY", AmazonS3ConfigKey::SecretAccessKey),
            ("AWS_SESSION_TOKEN", AmazonS3ConfigKey::Token),
        ]
    } else if access.has(&["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"]) {
        &[
            ("AWS_WEB_IDENTITY_TOKEN_FILE", AmazonS3ConfigKey::WebIdentityTokenFile),
            ("AWS_ROLE_ARN", AmazonS3ConfigKey::RoleArn),
            ("AWS_ROLE_SESSION_NAME", AmazonS3ConfigKey::RoleSessionName),
            ("AWS_ENDPOINT_URL_STS", AmazonS3ConfigKey::StsEndpoint),
        ]
    } else if access.has(&["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]) {
        &[("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", AmazonS3ConfigKey::ContainerCredentialsRelativeUri)]
    } else if access.has(&["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]) {
        &[
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", AmazonS3ConfigKey::ContainerCredentialsFullUri),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", AmazonS3ConfigKey::ContainerAuthorizationTokenFile),
        ]
    } else if access.machine() {
        &[]
    } else {
        return Err(no_s3_credentials(access));
    };
    for (name, key) in names {
        if let Some(value) = access.get(name) {
            builder = builder.with_config(*key, value);
        }
    }
    Ok(Arc::new(builder.build().map_err(|_| unusable("the AWS_… variables"))?))
}

fn no_s3_credentials(access: &StateAccess) -> Missing {
    let half = [("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID")];
    if let Some((set, missing)) = half.into_iter().find(|(set, missing)| access.has(&[set]) && !access.has(&[missing])) {
        return Missing { reason: format!("{set} is set, but {missing} is not"), hint: format!("set {missing} too") };
    }
    let hint = if access.has(&["AWS_PROFILE"]) {
        "profiles are not read; set the credentials of yours with: eval \"$(aws configure export-credentials --format env)\"".to_owned()
    } else {
        format!(
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN), or AWS_WEB_IDENTITY_TOKEN_FILE and \
             AWS_ROLE_ARN; {MACHINE}=machine uses the identity of this machine"
        )
    };
    Missing { reason: "no AWS credentials are set".to_owned(), hint }
}

/// Whether an endpoint speaks plain HTTP, which is for this machine only.
fn checked_endpoint(endpoint: &str) -> Result<bool, Missing> {
    let refused = |hint: &str| Err(Missing { reason: "AWS_ENDPOINT_URL cannot be used".to_owned(), hint: hint.to_owned() });
    let Some((scheme, rest)) = endpoint.split_once("://") else { return refused("write `https://HOST`") };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') || rest.contains(['?', '#']) {
        return refused("write scheme, host and port only; credentials have variables of their own");
    }
    let host =
        authority.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit())).map_or(authority, |(host, _)| host);
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let is_loopback = host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    match scheme {
        _ if host.is_empty() => refused("write `https://HOST`"),
        "https" => Ok(false),
        "http" if is_loopback => Ok(true),
        "http" => refused("use `https://`: plain `http://` is for servers on this machine (127.0.0.1, localhost) only"),
        _ => refused("write `https://HOST`"),
    }
}

fn google(bucket: &str, access: &StateAccess, given: &Given) -> Result<Arc<dyn ObjectStore>, Missing> {
    let mut builder = GoogleCloudStorageBuilder::new().with_bucket_name(bucket).with_retry(retry());
    builder = builder.with_http_connector(connector(false, given));
    let keys = [
        ("GOOGLE_OAUTH_ACCESS_TOKEN", GoogleConfigKey::BearerToken),
        ("GOOGLE_APPLICATION_CREDENTIALS", GoogleConfigKey::ApplicationCredentials),
    ];
    match keys.into_iter().find_map(|(name, key)| Some((key, access.get(name)?))) {
        Some((key, value)) => builder = builder.with_config(key, value),
        None if access.machine() => {}
        None => {
            return Err(Missing {
                reason: "no Google credentials are set".to_owned(),
                hint: format!(
                    "set GOOGLE_APPLICATION_CREDENTIALS to a key file, or GOOGLE_OAUTH_ACCESS_TOKEN; {MACHINE}=machine uses the \
                     identity of this machine"
                ),
            });
        }
    }
    Ok(Arc::new(builder.build().map_err(|_| unusable("GOOGLE_APPLICATION_CREDENTIALS or GOOGLE_OAUTH_ACCESS_TOKEN"))?))
}

fn azure(container: &str, access: &StateAccess, given: &Given) -> Result<Arc<dyn ObjectStore>, Missing> {
    let Some(account) = access.get("AZURE_STORAGE_ACCOUNT_NAME") else {
        let hint = "set it to the storage account of the container".to_owned();
        return Err(Missing { reason: "AZURE_STORAGE_ACCOUNT_NAME is not set".to_owned(), hint });
    };
    let mut builder = MicrosoftAzureBuilder::new().with_account(account).with_container_name(container);
    builder = builder.with_retry(retry()).with_http_connector(connector(false, given));
    let identity = access.has(&["AZURE_CLIENT_ID", "AZURE_TENANT_ID"]);
    let keys: &[(&str, AzureConfigKey)] = if access.has(&["AZURE_STORAGE_ACCOUNT_KEY"]) {
        &[("AZURE_STORAGE_ACCOUNT_KEY", AzureConfigKey::AccessKey)]
    } else if identity && access.first(&["AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE"]).is_some() {
        &[
            ("AZURE_CLIENT_ID", AzureConfigKey::ClientId),
            ("AZURE_TENANT_ID", AzureConfigKey::AuthorityId),
            ("AZURE_CLIENT_SECRET", AzureConfigKey::ClientSecret),
            ("AZURE_FEDERATED_TOKEN_FILE", AzureConfigKey::FederatedTokenFile),
        ]
    } else if access.machine() {
        &[("AZURE_CLIENT_ID", AzureConfigKey::ClientId)]
    } else {
        return Err(Missing {
            reason: "no Azure credentials are set".to_owned(),
            hint: format!(
                "set AZURE_STORAGE_ACCOUNT_KEY, or AZURE_CLIENT_ID and AZURE_TENANT_ID with AZURE_CLIENT_SECRET or \
                 AZURE_FEDERATED_TOKEN_FILE; {MACHINE}=machine uses the identity of this machine"
            ),
        });
    };
    for (name, key) in keys {
        if let Some(value) = access.get(name) {
            builder = builder.with_config(*key, value);
        }
    }
    Ok(Arc::new(builder.build().map_err(|_| unusable("the AZURE_… variables"))?))
}
