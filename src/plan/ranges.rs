//! Ranges of pods' and services' addresses: a free one where none is asked for, a refusal where one overlaps.
//! Must never give out a range that any server, any pool or the captain's own host already uses.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::{PlanError, Site};
use crate::fleet::{Fleet, Observed};

/// A node's own part of the pods' range; a bridge of 254 pods, above kubelet's 110.
pub(super) const NODE_PREFIX: u8 = 24;
/// kube-apiserver takes no service range larger than this.
const LARGEST_SERVICES: u8 = 12;
/// 254 services: less is of no use.
const SMALLEST_SERVICES: u8 = 24;

/// Addresses that mean something else everywhere (RFC 6890), and what.
const SPECIAL: [(Ipv4Net, &str); 5] = [
    (special([0, 0, 0, 0], 8), "0.0.0.0/8 is no network"),
    (
        special([127, 0, 0, 0], 8),
        "127.0.0.0/8 is each server's own",
    ),
    (
        special([169, 254, 0, 0], 16),
        "169.254.0.0/16 is for links alone",
    ),
    (special([224, 0, 0, 0], 4), "224.0.0.0/4 is multicast"),
    (special([240, 0, 0, 0], 4), "240.0.0.0/4 is reserved"),
];

const fn special(first: [u8; 4], prefix: u8) -> Ipv4Net {
    let [a, b, c, d] = first;
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

/// A network that is taken, and by whom.
struct Taken {
    net: Ipv4Net,
    by: String,
}

/// The pods' and the services' range of a new pool.
///
/// # Errors
/// [`PlanError::Setting`] when a range that was asked for overlaps or has no usable size, or none is free.
pub(super) fn choose(
    fleet: &Fleet,
    observed: &Observed,
    site: &Site,
    pods: Option<Ipv4Net>,
    services: Option<Ipv4Net>,
) -> Result<(Ipv4Net, Ipv4Net), PlanError> {
    let mut taken = taken(fleet, observed, site);
    let pods = match pods {
        Some(net) => {
            if net.prefix_len() >= NODE_PREFIX {
                return Err(unusable(
                    "pods",
                    net,
                    "it has no room for two nodes, which get a /24 each",
                ));
            }
            check("pods", net, &taken)?
        }
        None => first_free("pods", "--pod-cidr", &[244..=255, 128..=243], &taken)?,
    };
    taken.push(Taken {
        net: pods,
        by: "the pods of the same pool".to_owned(),
    });
    let services = match services {
        Some(net) => {
            if !(LARGEST_SERVICES..=SMALLEST_SERVICES).contains(&net.prefix_len()) {
                return Err(unusable("services", net, "it must be between /12 and /24"));
            }
            check("services", net, &taken)?
        }
        None => first_free("services", "--service-cidr", &[96..=127, 64..=95], &taken)?,
    };
    Ok((pods, services))
}

/// Everything that is in use anywhere in the fleet.
fn taken(fleet: &Fleet, observed: &Observed, site: &Site) -> Vec<Taken> {
    let of = |text: &String, by: &dyn Fn() -> String| {
        let net = text.parse::<Ipv4Net>().ok().or_else(|| {
            let host = text.parse::<Ipv4Addr>().ok()?;
            Some(Ipv4Net::from(host))
        })?;
        // The default route is no network.
        (net.prefix_len() > 0).then(|| Taken {
            net: net.trunc(),
            by: by(),
        })
    };
    let captain = site
        .networks
        .iter()
        .filter_map(|text| of(text, &|| format!("the captain's own host (`{text}`)")));
    let pools = fleet.pools.values().flat_map(|pool| {
        let taken = |net, what| Taken {
            net,
            by: format!("the {what} of pool `{}`", pool.name),
        };
        [
            taken(pool.pod_cidr, "pods"),
            taken(pool.service_cidr, "services"),
        ]
    });
    let servers = observed.servers.iter().flat_map(|(name, seen)| {
        let facts = seen.facts.as_ref();
        facts.into_iter().flat_map(move |facts| {
            let routes = facts.routes.iter().chain(&facts.addresses);
            routes.filter_map(move |text| of(text, &|| format!("server `{name}` (`{text}`)")))
        })
    });
    captain.chain(pools).chain(servers).collect()
}

fn overlap(net: Ipv4Net, taken: &[Taken]) -> Option<&Taken> {
    taken
        .iter()
        .find(|other| other.net.contains(&net) || net.contains(&other.net))
}

fn check(what: &str, net: Ipv4Net, taken: &[Taken]) -> Result<Ipv4Net, PlanError> {
    if net.trunc() != net {
        return Err(unusable(
            what,
            net,
            &format!("its first address is `{}`", net.trunc()),
        ));
    }
    if let Some((_, why)) = SPECIAL
        .iter()
        .find(|(special, _)| special.contains(&net) || net.contains(special))
    {
        return Err(unusable(what, net, why));
    }
    match overlap(net, taken) {
        Some(other) => Err(unusable(
            what,
            net,
            &format!("it overlaps with `{}` of {}", other.net, other.by),
        )),
        None => Ok(net),
    }
}

fn first_free(
    what: &str,
    option: &str,
    seconds: &[std::ops::RangeInclusive<u8>],
    taken: &[Taken],
) -> Result<Ipv4Net, PlanError> {
    let tens = seconds
        .iter()
        .cloned()
        .flatten()
        .map(|second| Ipv4Addr::new(10, second, 0, 0));
    // Where all of 10.0.0.0/8 is routed somewhere, the other private block may be free.
    let others = (16..=31).map(|second| Ipv4Addr::new(172, second, 0, 0));
    tens.chain(others)
        .filter_map(|first| Ipv4Net::new(first, 16).ok())
        .find(|net| overlap(*net, taken).is_none())
        .ok_or_else(|| {
            PlanError::Setting(format!(
                "no range is free for {what}: every private /16 overlaps with a route in the fleet\nhint: name a smaller one with `{option}`"
            ))
        })
}

fn unusable(what: &str, net: Ipv4Net, why: &str) -> PlanError {
    let option = if what == "pods" {
        "--pod-cidr"
    } else {
        "--service-cidr"
    };
    PlanError::Setting(format!(
        "`{net}` cannot be the range of {what}: {why}\nhint: choose another with `{option}`, or leave it out and a free one is taken"
    ))
}
