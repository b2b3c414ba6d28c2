//! A request as the command line that makes it: what a preview shows, so that keys teach verbs.
//! Must never leave out what the request says.

use std::{collections::BTreeSet, fmt};

use super::{Clean, Create, Destroy, IfBlocked, Request, Resize, Return};
use crate::fleet::{Bytes, Change, ServerName};

impl fmt::Display for Request {
    /// `pooldeck pool resize web --cores +8`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create(create) => self::create(create, f),
            Self::Resize(resize) => self::resize(resize, f),
            Self::Destroy(Destroy {
                pool,
                without_drain,
            }) => {
                write!(f, "pooldeck pool destroy {pool}")?;
                flag(f, "without-drain", *without_drain)
            }
            Self::Clean(Clean { server }) => write!(f, "pooldeck server clean {server}"),
            Self::Maintain(wish) => {
                let (server, until, why) = (&wish.server, wish.until, quoted(&wish.why));
                write!(
                    f,
                    "pooldeck server maintain {server} --until {until} --reason {why}"
                )
            }
            Self::Return(Return { server, .. }) => write!(f, "pooldeck server return {server}"),
        }
    }
}

/// As a shell reads it as one word.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn create(create: &Create, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "pooldeck pool create {}", create.pool)?;
    let asked = create.asked;
    option(f, "cores", (asked.cores > 0).then_some(asked.cores))?;
    let memory = (asked.memory.0 > 0).then(|| asked.memory.exact());
    option(f, "memory", memory)?;
    let control_planes = create.control_planes;
    option(
        f,
        "control-planes",
        (control_planes != 1).then_some(control_planes),
    )?;
    option(f, "version", create.version.as_ref())?;
    servers(f, "server", &create.servers)?;
    option(f, "pod-cidr", create.pod_cidr)?;
    option(f, "service-cidr", create.service_cidr)?;
    flag(f, "accept-less", create.accept_less)
}

fn resize(resize: &Resize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "pooldeck pool resize {}", resize.pool)?;
    option(
        f,
        "cores",
        resize.cores.map(|change| signed(change, |n| n.to_string())),
    )?;
    option(
        f,
        "memory",
        resize.memory.map(|change| signed(change, Bytes::exact)),
    )?;
    servers(f, "add", &resize.add)?;
    servers(f, "remove", &resize.remove)?;
    flag(f, "shrink", resize.shrink)?;
    flag(f, "accept-less", resize.accept_less)?;
    let answer = match resize.if_blocked {
        IfBlocked::Wait => Some("wait"),
        IfBlocked::Back => None,
        IfBlocked::Another => Some("another"),
    };
    option(f, "if-blocked", answer)
}

fn signed<T>(change: Change<T>, text: fn(T) -> String) -> String {
    match change {
        Change::To(n) => text(n),
        Change::More(n) => format!("+{}", text(n)),
        Change::Less(n) => format!("-{}", text(n)),
    }
}

fn option<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    value: Option<T>,
) -> fmt::Result {
    value.map_or(Ok(()), |value| write!(f, " --{name} {value}"))
}

fn flag(f: &mut fmt::Formatter<'_>, name: &str, set: bool) -> fmt::Result {
    if set { write!(f, " --{name}") } else { Ok(()) }
}

fn servers(f: &mut fmt::Formatter<'_>, name: &str, servers: &BTreeSet<ServerName>) -> fmt::Result {
    for server in servers {
        write!(f, " --{name} {server}")?;
    }
    Ok(())
}
