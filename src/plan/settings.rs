//! A pool's version and where its packages and images come from.
//! Must never take a repository on trust that does not say so.

use semver::Version;

use super::PlanError;
use crate::fleet::{Facts, Sources};

/// The first minor whose kubeadm reads v1beta4, the only format that is written here.
const FIRST_MINOR: u64 = 31;
/// The first minor that refuses cgroup v1.
const NO_CGROUP_V1: u64 = 35;
/// The last minor that runs on containerd 1.x.
const LAST_CONTAINERD_1: u64 = 35;
/// The community's image registry.
const IMAGES: &str = "registry.k8s.io";

/// Where a node's packages and images come from, with every default filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Supply {
    /// apt repository.
    pub packages: String,
    /// URL of its signing key; empty where it has none and that is allowed.
    pub key: String,
    /// Registry with prefix.
    pub images: String,
    /// `images` was named: kubeadm must be told.
    pub own_images: bool,
    /// Plain http and an unsigned repository are allowed.
    pub plain_http: bool,
}

/// A version as `v1.33.13`.
///
/// # Errors
/// [`PlanError::Setting`] when it is none, or too old.
pub(super) fn version(text: &str) -> Result<Version, PlanError> {
    let version = Version::parse(text.trim_start_matches('v')).map_err(|_| {
        PlanError::Setting(format!(
            "`{text}` is not a version of Kubernetes\nhint: write it whole, such as `{}`",
            super::site::TESTED
        ))
    })?;
    if version.major != 1 || version.minor < FIRST_MINOR {
        return Err(PlanError::Setting(format!(
            "`{text}` is too old: kubeadm reads its configuration in the format v1beta4 from v1.{FIRST_MINOR} on\nhint: `{}` is tested",
            super::site::TESTED
        )));
    }
    Ok(version)
}

/// What nobody knows of a version of another minor than the tested one.
pub(super) fn untested(version: &Version) -> Option<String> {
    let tested = self::version(super::site::TESTED).ok()?;
    (version.minor != tested.minor).then(|| {
        format!(
            "whether Kubernetes v{version} exists and comes up: tested is v{tested}, and v1.{FIRST_MINOR} is the oldest that can be"
        )
    })
}

/// Why a server cannot run this version; none when it can as far as is known.
pub(super) fn unfit_for(version: &Version, facts: &Facts) -> Option<String> {
    if facts.cgroup == 1 && version.minor >= NO_CGROUP_V1 {
        return Some(format!("cgroup v1: Kubernetes v{version} wants cgroup v2"));
    }
    let containerd = facts.containerd.as_deref()?;
    (containerd.trim_start_matches('v').starts_with("1.") && version.minor > LAST_CONTAINERD_1)
        .then(|| format!("containerd {containerd}: Kubernetes v{version} wants 2.0 or newer"))
}

impl Supply {
    /// The defaults of the community where `sources` names nothing; its package repository is one per minor version.
    ///
    /// # Errors
    /// [`PlanError::Setting`] when plain http or a missing key is not allowed.
    pub fn of(sources: &Sources, version: &Version) -> Result<Self, PlanError> {
        let community = format!(
            "https://pkgs.k8s.io/core:/stable:/v1.{}/deb/",
            version.minor
        );
        let packages = sources
            .packages
            .clone()
            .unwrap_or_else(|| community.clone());
        let key = match (&sources.packages_key, &sources.packages) {
            (Some(key), _) => key.clone(),
            (None, None) => format!("{community}Release.key"),
            (None, Some(_)) => String::new(),
        };
        if !sources.plain_http {
            if key.is_empty() {
                return Err(PlanError::Setting(format!(
                    "the package repository `{packages}` has no signing key\nhint: name it as `packages_key` in `pooldeck_kubernetes`, or say `plain_http: true` for a mirror of your own"
                )));
            }
            if packages.starts_with("http://") {
                return Err(PlanError::Setting(format!(
                    "the package repository `{packages}` is plain http\nhint: say `plain_http: true` in `pooldeck_kubernetes` where that is meant"
                )));
            }
        }
        Ok(Self {
            packages,
            key,
            images: sources.images.clone().unwrap_or_else(|| IMAGES.to_owned()),
            own_images: sources.images.is_some(),
            plain_http: sources.plain_http,
        })
    }

    /// URLs that a server must reach before anything is begun.
    pub fn mirrors(&self) -> String {
        let scheme = if self.plain_http && self.own_images {
            "http"
        } else {
            "https"
        };
        let registry = self.images.split('/').next().unwrap_or_default();
        format!(
            "{} {scheme}://{registry}/v2/",
            self.packages.split(' ').next().unwrap_or_default()
        )
    }

    /// For people: `packages from … images from …`.
    pub fn words(&self) -> String {
        let trust = if self.key.is_empty() {
            ", unsigned as allowed"
        } else {
            ""
        };
        format!(
            "packages from {}{trust}; images from {}",
            self.packages, self.images
        )
    }
}
