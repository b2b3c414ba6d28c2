//! The command line that does the same, for runbooks and for people who want to type it the next time.

use crate::{
    fleet::{Bytes, Change, ServerName},
    plan::{Confirm, IfBlocked, Plan, Request},
};

/// `pooldeck pool resize web --cores 112 --plan 7f3a --yes`.
#[must_use]
pub fn command_line(plan: &Plan) -> String {
    let mut words = vec!["pooldeck".to_owned()];
    let mut say = |text: String| words.push(text);
    match &plan.request {
        Request::Create(wish) => {
            say(format!("pool create {}", wish.pool));
            say(format!(
                "--cores {} --memory {}",
                wish.asked.cores,
                size(wish.asked.memory)
            ));
            if let Some(version) = &wish.version {
                say(format!("--version {version}"));
            }
            each(&mut say, "--server", &wish.servers);
            if wish.accept_less {
                say("--accept-less".to_owned());
            }
        }
        Request::Resize(wish) => {
            say(format!("pool resize {}", wish.pool));
            if let Some(cores) = wish.cores {
                say(format!("--cores {}", change(cores, |n| n.to_string())));
            }
            if let Some(memory) = wish.memory {
                say(format!("--memory {}", change(memory, size)));
            }
            each(&mut say, "--add", &wish.add);
            each(&mut say, "--remove", &wish.remove);
            if wish.shrink && !plan.effects.outgoing.is_empty() && wish.remove.is_empty() {
                say("--shrink".to_owned());
            }
            if wish.accept_less {
                say("--accept-less".to_owned());
            }
            match wish.if_blocked {
                IfBlocked::Back => (),
                IfBlocked::Wait => say("--if-blocked wait".to_owned()),
                IfBlocked::Another => say("--if-blocked another".to_owned()),
            }
        }
        Request::Destroy(wish) => {
            say(format!("pool destroy {}", wish.pool));
            if wish.without_drain {
                say("--without-drain".to_owned());
            }
        }
        Request::Clean(wish) => say(format!("server clean {}", wish.server)),
        Request::Maintain(_) | Request::Return(_) => {
            let line = plan.request.to_string();
            say(line.trim_start_matches("pooldeck ").to_owned());
        }
    }
    words.push(format!("--plan {}", plan.id.short()));
    words.push(match &plan.effects.confirm {
        Confirm::Yes => "--yes".to_owned(),
        Confirm::TypeName { name, .. } => format!("--confirm {name}"),
    });
    words.join(" ")
}

fn each<'a>(
    say: &mut impl FnMut(String),
    option: &str,
    servers: impl IntoIterator<Item = &'a ServerName>,
) {
    for server in servers {
        say(format!("{option} {server}"));
    }
}

fn change<T>(change: Change<T>, text: impl Fn(T) -> String) -> String {
    match change {
        Change::To(n) => text(n),
        Change::More(n) => format!("+{}", text(n)),
        Change::Less(n) => format!("-{}", text(n)),
    }
}

/// Exactly that many bytes, in the largest unit that divides them.
fn size(bytes: Bytes) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let whole = units
        .iter()
        .find(|(shift, _)| bytes.0.trailing_zeros() >= *shift);
    match whole {
        Some((shift, unit)) => format!("{}{unit}", bytes.0 >> shift),
        None => format!("{}kB", bytes.0.div_ceil(1000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_written_so_that_reading_it_gives_the_same_bytes() {
        for bytes in [
            Bytes::gib(448),
            Bytes(250 << 20),
            Bytes(269_303_808_u64 << 10),
        ] {
            assert_eq!(size(bytes).parse::<Bytes>(), Ok(bytes));
        }
    }
}
