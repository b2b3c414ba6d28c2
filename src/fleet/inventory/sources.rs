//! `pooldeck_kubernetes`: where packages and images come from.
//! Must never allow plain http by itself.

use super::{
    Problem,
    nearest::nearest,
    value::{Problems, entries, text, twice, yes},
    yaml::{At, Node},
};
use crate::fleet::Sources;

const KEYS: [&str; 5] = [
    "version",
    "packages",
    "packages_key",
    "images",
    "plain_http",
];

/// Reads the mapping; none when it is nothing.
pub(super) fn sources(key: &str, node: &Node, problems: &mut Problems) -> Option<Sources> {
    let mut sources = Sources::default();
    let mut seen = Vec::new();
    for (key, node) in entries(key, node, problems)? {
        if seen.contains(&key.text.as_str()) {
            problems.push(twice(key));
        }
        seen.push(&key.text);
        match key.text.as_str() {
            "version" => sources.version = version(node, problems),
            "packages" => sources.packages = text("packages", node, problems),
            "packages_key" => sources.packages_key = text("packages_key", node, problems),
            "images" => sources.images = text("images", node, problems),
            "plain_http" => sources.plain_http = yes("plain_http", node, problems).unwrap_or(false),
            other => problems.push(Problem::new(
                &key.at,
                format!("`pooldeck_kubernetes` has no `{other}`"),
                match nearest(other, KEYS) {
                    Some(word) => format!("did you mean `{word}`?"),
                    None => format!("it has {}", KEYS.map(|key| format!("`{key}`")).join(", ")),
                },
            )),
        }
    }
    plain_http(&sources, &node.at, problems);
    Some(sources)
}

/// `v1.33.13`; without the `v` it is put in front.
fn version(node: &Node, problems: &mut Problems) -> Option<String> {
    let written = text("version", node, problems)?;
    let bare = written.strip_prefix('v').unwrap_or(&written);
    if semver::Version::parse(bare).is_ok() {
        return Some(format!("v{bare}"));
    }
    problems.push(Problem::new(
        &node.at,
        format!("`{written}` is not a version of Kubernetes"),
        "write it whole, such as `v1.33.13`",
    ));
    None
}

fn plain_http(sources: &Sources, at: &At, problems: &mut Problems) {
    let urls = [
        ("packages", &sources.packages),
        ("packages_key", &sources.packages_key),
    ];
    for (key, url) in urls
        .into_iter()
        .filter_map(|(key, url)| Some((key, url.as_ref()?)))
    {
        let plain = url.starts_with("http://");
        if plain && !sources.plain_http {
            problems.push(Problem::new(
                at,
                format!("`{key}` is plain http: `{url}`"),
                "use https, or allow it with `plain_http: true`",
            ));
        } else if !plain && !url.starts_with("https://") || url.contains(char::is_whitespace) {
            problems.push(Problem::new(
                at,
                format!("`{key}` is not a URL: `{url}`"),
                "write it with `https://` in front",
            ));
        }
    }
}
