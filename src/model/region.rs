//! The public regions of Genesys Cloud and the domain each one answers on.

/// One public region: the AWS region name people use, and the platform's domain for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// AWS region name, as in `GENESYSCLOUD_REGION`.
    pub name: &'static str,
    /// Platform domain: the API is `https://api.<domain>`, logins are `https://login.<domain>`.
    pub domain: &'static str,
}

/// All public regions, from the platform's own client libraries.
pub const REGIONS: [Region; 18] = [
    Region { name: "us-east-1", domain: "mypurecloud.com" },
    Region { name: "us-east-2", domain: "use2.us-gov-pure.cloud" },
    Region { name: "us-west-2", domain: "usw2.pure.cloud" },
    Region { name: "ca-central-1", domain: "cac1.pure.cloud" },
    Region { name: "mx-central-1", domain: "mxc1.pure.cloud" },
    Region { name: "sa-east-1", domain: "sae1.pure.cloud" },
    Region { name: "eu-west-1", domain: "mypurecloud.ie" },
    Region { name: "eu-west-2", domain: "euw2.pure.cloud" },
    Region { name: "eu-central-1", domain: "mypurecloud.de" },
    Region { name: "eu-central-2", domain: "euc2.pure.cloud" },
    Region { name: "eusc-de-east-1", domain: "edee1.eusc-pure.cloud" },
    Region { name: "me-central-1", domain: "mec1.pure.cloud" },
    Region { name: "ap-south-1", domain: "aps1.pure.cloud" },
    Region { name: "ap-southeast-1", domain: "apse1.pure.cloud" },
    Region { name: "ap-southeast-2", domain: "mypurecloud.com.au" },
    Region { name: "ap-northeast-1", domain: "mypurecloud.jp" },
    Region { name: "ap-northeast-2", domain: "apne2.pure.cloud" },
    Region { name: "ap-northeast-3", domain: "apne3.pure.cloud" },
];

/// Finds a region by its AWS name or by its domain (`mypurecloud.ie`), which some teams have in their settings.
pub fn region(name: &str) -> Option<Region> {
    REGIONS.into_iter().find(|region| region.name == name || region.domain == name)
}

impl Region {
    /// Base URL of the API.
    pub fn api_url(self) -> String {
        format!("https://api.{}", self.domain)
    }

    /// Base URL of the login host, which issues tokens.
    pub fn login_url(self) -> String {
        format!("https://login.{}", self.domain)
    }
}

#[cfg(test)]
mod tests {
    use super::{REGIONS, region};

    #[test]
    fn a_region_is_found_by_name_and_by_domain() {
        let ireland = region("eu-west-1").expect("a public region");
        assert_eq!(ireland.api_url(), "https://api.mypurecloud.ie");
        assert_eq!(ireland.login_url(), "https://login.mypurecloud.ie");
        assert_eq!(region("mypurecloud.ie"), Some(ireland));
        assert_eq!(region("us-east-1.mypurecloud.com"), None);
    }

    #[test]
    fn no_region_is_listed_twice() {
        let mut names: Vec<_> = REGIONS.iter().flat_map(|region| [region.name, region.domain]).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), REGIONS.len() * 2);
    }
}
