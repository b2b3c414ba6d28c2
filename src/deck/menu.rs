//! The action menu: the only door to what changes something, beside the resize dialog. What it offers depends on
//! what is under the cursor, by name.

mod run;
mod words;

use std::collections::BTreeSet;

use jiff::Timestamp;

use self::run::run;
use super::{
    model::{Model, Screen},
    preview::DEAF,
    question::Topic,
    world::{ServerRow, Target, World},
};
use crate::{
    fleet::{PoolName, Role, RunId, ServerName, Standing, TroubleKind},
    plan::{Clean, Destroy, Request},
    store::record::What,
};

/// The menu.
#[derive(Debug, Clone)]
pub struct Menu {
    /// What it is about.
    pub title: String,
    /// What can be done.
    pub items: Vec<Item>,
    /// Which is chosen; none where it can no longer be done, until somebody moves again.
    pub cursor: Option<usize>,
    /// When something else came to stand in it: keys that were on their way then are no answer to it.
    pub changed: Timestamp,
    /// It was chosen with Enter and waits for its `y`.
    pub armed: bool,
    /// What can be done follows the world: it is worked out again at each reading.
    pub follows: bool,
}

/// One thing that can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Verb, object.
    pub label: String,
    /// What happens.
    pub does: Does,
}

/// What an item does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Does {
    /// Opens the resize dialog, with servers chosen by hand.
    Resize(PoolName, BTreeSet<ServerName>),
    /// Opens the dialog for a new pool, with servers chosen by hand.
    Create(BTreeSet<ServerName>),
    /// Opens the preview of a request.
    Preview(Box<Request>),
    /// Asks the captain, after a `y`.
    Ask(What),
    /// Opens the question for a few words.
    Question(Topic),
}

fn item(label: impl Into<String>, does: Does) -> Item {
    Item {
        label: label.into(),
        does,
    }
}

impl Menu {
    /// The menu of what is under the cursor.
    #[must_use]
    pub fn of(model: &Model) -> Self {
        let world = &model.world;
        let (title, mut items) = match model.target() {
            _ if matches!(model.screen(), Screen::Servers) => of_servers(model),
            _ if model.is_on_problem() => words::problem(model),
            // A pool that ended has no actions, and those of another one are not its own.
            Some(Target::Pool(name)) => {
                let there = world.pool(&name).map(|_| pool(world, &name));
                (format!("pool {name}"), there.unwrap_or_default())
            }
            Some(Target::Server(name)) => {
                (name.to_string(), servers(world, &BTreeSet::from([name])))
            }
            Some(Target::Run(id)) => {
                let looked_at = looked_at(model, id);
                (run::title(world, id, looked_at), run(world, id, looked_at))
            }
            Some(Target::Fleet) | None => ("fleet".to_owned(), Vec::new()),
        };
        if !items
            .iter()
            .any(|item| matches!(item.does, Does::Create(_)))
        {
            items.push(item("new pool …", Does::Create(BTreeSet::new())));
        }
        Self {
            follows: true,
            ..Self::titled(title, items)
        }
    }

    /// The same menu on a newer reading: the cursor stays on its item, and what was chosen with Enter stays
    /// chosen only while it can still be done. True when that went away.
    #[must_use]
    pub fn renewed(&self, fresh: Self, now: Timestamp) -> (Self, bool) {
        let chosen = self.chosen();
        let same = |item: &Item| chosen.is_some_and(|it| it.does == item.does);
        let at = fresh.items.iter().position(same);
        let lost = chosen.is_some() && at.is_none();
        let moved = self.items.len() != fresh.items.len()
            || self
                .items
                .iter()
                .zip(&fresh.items)
                .any(|(old, new)| old.does != new.does);
        let menu = Self {
            cursor: at,
            armed: self.armed && at.is_some(),
            changed: if moved { now } else { self.changed },
            ..fresh
        };
        (menu, lost)
    }

    /// The item that is chosen.
    #[must_use]
    pub fn chosen(&self) -> Option<&Item> {
        self.items.get(self.cursor?)
    }

    /// True when keys are not an answer yet.
    #[must_use]
    pub fn is_deaf(&self, now: Timestamp) -> bool {
        now.duration_since(self.changed) < DEAF
    }

    /// To which pool do these spare servers go?
    #[must_use]
    pub fn where_to(world: &World, chosen: &BTreeSet<ServerName>) -> Self {
        let pools = world.pools.iter().map(|row| {
            item(
                format!("add to {} …", row.name),
                Does::Resize(row.name.clone(), chosen.clone()),
            )
        });
        let new = item("new pool of these …", Does::Create(chosen.clone()));
        Self::titled(names(chosen), pools.chain([new]).collect())
    }

    const fn titled(title: String, items: Vec<Item>) -> Self {
        Self {
            title,
            items,
            cursor: Some(0),
            // What a person has just opened is what that person meant.
            changed: Timestamp::UNIX_EPOCH,
            armed: false,
            follows: false,
        }
    }
}

fn names(chosen: &BTreeSet<ServerName>) -> String {
    let names: Vec<&str> = chosen.iter().map(ServerName::as_str).collect();
    match names.len() {
        0..=6 => names.join(" "),
        n => format!("{} and {} more", names[..5].join(" "), n - 5),
    }
}

fn of_servers(model: &Model) -> (String, Vec<Item>) {
    let chosen = super::update::chosen(model);
    (names(&chosen), servers(&model.world, &chosen))
}

fn pool(world: &World, name: &PoolName) -> Vec<Item> {
    let mut items = Vec::new();
    items.push(item(
        format!("resize {name} …"),
        Does::Resize(name.clone(), BTreeSet::new()),
    ));
    items.push(item("new pool …", Does::Create(BTreeSet::new())));
    if let Some(open) = world.run_of(name) {
        items.extend(run(world, open.id(), None));
    }
    items.extend(words::known(world, &Target::Pool(name.clone())));
    items.push(words::protection(world, name));
    let destroy = |without_drain| {
        let pool = name.clone();
        Does::Preview(Box::new(Request::Destroy(Destroy {
            pool,
            without_drain,
        })))
    };
    items.push(item(format!("destroy {name} …"), destroy(false)));
    let cluster = world.snapshot.observed.pools.get(name);
    if cluster.is_some_and(|cluster| cluster.trouble.is_some()) {
        items.push(item(
            format!("destroy {name} without drain …"),
            destroy(true),
        ));
    }
    items
}

/// The server whose step is looked at on a run's own screen.
fn looked_at(model: &Model, id: RunId) -> Option<&ServerName> {
    let Screen::Run(_, steps) = model.screen() else {
        return None;
    };
    let step = steps.selected()?;
    Some(&model.world.run(id)?.plan().step(*step)?.subject)
}

fn servers(world: &World, chosen: &BTreeSet<ServerName>) -> Vec<Item> {
    let rows: Vec<&ServerRow> = chosen
        .iter()
        .filter_map(|name| world.server(name))
        .collect();
    let mut items = Vec::new();
    if !rows.is_empty() {
        let these = names(chosen);
        let all = chosen.iter().cloned().collect();
        items.push(item(
            format!("look at {these} now"),
            Does::Ask(What::Check(all)),
        ));
    }
    let pools: BTreeSet<&PoolName> = rows.iter().filter_map(|row| row.pool.as_ref()).collect();
    let workers = rows.iter().all(|row| row.role == Some(Role::Worker));
    if let ([pool], true) = (&pools.into_iter().collect::<Vec<_>>()[..], workers) {
        items.push(item(
            format!("take {} out of {pool} …", names(chosen)),
            Does::Resize((*pool).clone(), chosen.clone()),
        ));
    }
    if !rows.is_empty() && rows.iter().all(|row| row.is_spare()) {
        items.push(item("new pool of these …", Does::Create(chosen.clone())));
    }
    if let [row] = rows[..] {
        items.extend(one_server(world, row));
    }
    items
}

fn one_server(world: &World, row: &ServerRow) -> Vec<Item> {
    let name = &row.name;
    let mut items = words::maintenance(row);
    items.extend(words::known(world, &Target::Server(name.clone())));
    if matches!(row.standing, Standing::Leftovers(_)) {
        let clean = Request::Clean(Clean {
            server: name.clone(),
        });
        items.push(item(
            format!("clean {name} …"),
            Does::Preview(Box::new(clean)),
        ));
    }
    let trouble = world.snapshot.observed.servers.get(name);
    let Some(trouble) = trouble.and_then(|seen| seen.trouble.as_ref()) else {
        return items;
    };
    match trouble.kind {
        TroubleKind::HostKeyUnknown => {
            items.push(item(
                format!(
                    "look at {name} again: its key was trusted with `pooldeck server trust {name}`"
                ),
                Does::Ask(What::Trust(name.clone())),
            ));
        }
        TroubleKind::Stranger => items.push(item(
            format!("forget the machine that {name} was"),
            Does::Ask(What::Forget(name.clone())),
        )),
        _ => (),
    }
    items
}
