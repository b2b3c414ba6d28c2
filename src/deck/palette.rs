//! The palette: every command and everything that has a name, found by typing.
//! Must never do what its key would not do: it presses keys and opens menus for a person, and confirms nothing.

use super::{
    command::{Command, Place, TABLE},
    menu::Menu,
    model::Model,
    world::World,
};
use crate::fleet::{PoolName, RunId, ServerName};

/// More than a screen of suggestions helps nobody; another letter does.
const MOST: usize = 100;

/// What is typed and what it may mean.
#[derive(Debug, Clone)]
pub struct Palette {
    /// What was typed so far.
    pub typed: String,
    /// Where it was opened: its commands are meant.
    pub below: Place,
    /// What was typed may mean these, the likeliest first.
    pub found: Vec<Suggestion>,
    /// Which of them is chosen.
    pub cursor: usize,
    /// What can be done where it was opened: commands and the items of the menu.
    here: Vec<Suggestion>,
}

/// One thing that what was typed may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// Its words.
    pub label: String,
    /// What happens, or its key.
    pub note: String,
    /// Where it leads.
    pub leads: Leads,
}

/// Where a suggestion leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leads {
    /// The same as its key.
    Command(Command),
    /// The action menu, at the item with this label.
    Item(String),
    /// A pool's screen.
    Pool(PoolName),
    /// A server's screen.
    Server(ServerName),
    /// A run's screen.
    Run(RunId),
}

impl Leads {
    /// True for what every finger knows a key for: it is found by its name, but not offered before.
    const fn moves(&self) -> bool {
        use Command as C;
        matches!(
            self,
            Self::Command(
                C::Open
                    | C::Up
                    | C::Down
                    | C::PageUp
                    | C::PageDown
                    | C::Top
                    | C::Bottom
                    | C::Next
                    | C::Previous
                    | C::Back
            )
        )
    }
}

impl Palette {
    /// Opens on what is shown.
    #[must_use]
    pub fn on(model: &Model) -> Self {
        let below = model.place();
        let commands = TABLE
            .iter()
            .filter(|entry| entry.on.contains(&below) && entry.command != Command::Palette)
            .map(|entry| Suggestion {
                label: entry.name.to_owned(),
                note: model.keys.of(entry).first().map_or_else(
                    || entry.help.to_owned(),
                    |key| format!("{key}  {}", entry.help),
                ),
                leads: Leads::Command(entry.command),
            });
        let acts = TABLE
            .iter()
            .any(|entry| entry.command == Command::Actions && entry.on.contains(&below));
        let items = acts.then(|| Menu::of(model).items).into_iter().flatten();
        let items = items.map(|item| Suggestion {
            note: "A  in the menu of actions".to_owned(),
            leads: Leads::Item(item.label.clone()),
            label: item.label,
        });
        let mut palette = Self {
            typed: String::new(),
            below,
            found: Vec::new(),
            cursor: 0,
            here: commands.chain(items).collect(),
        };
        palette.search(&model.world);
        palette
    }

    /// Finds anew what is meant.
    pub fn search(&mut self, world: &World) {
        let typed = self.typed.to_lowercase();
        let words: Vec<&str> = typed.split_whitespace().collect();
        let means = |label: &str| {
            let label = label.to_lowercase();
            words.iter().all(|word| label.contains(word))
        };
        let mut found: Vec<Suggestion> = self.here.clone();
        if words.is_empty() {
            found.retain(|it| !it.leads.moves());
        } else {
            found.extend(named(world));
        }
        found.retain(|it| means(&it.label));
        found.sort_by_key(|it| !it.label.to_lowercase().starts_with(typed.trim()));
        found.truncate(MOST);
        self.found = found;
        self.cursor = 0;
    }

    /// What Enter does.
    #[must_use]
    pub fn chosen(&self) -> Option<&Suggestion> {
        self.found.get(self.cursor)
    }
}

/// Everything that has a name.
fn named(world: &World) -> impl Iterator<Item = Suggestion> {
    let pools = world.pools.iter().map(|row| Suggestion {
        label: format!("pool {}", row.name),
        note: row.state.to_owned(),
        leads: Leads::Pool(row.name.clone()),
    });
    let servers = world.servers.iter().map(|row| Suggestion {
        label: format!("server {}", row.name),
        note: row.state.clone(),
        leads: Leads::Server(row.name.clone()),
    });
    let runs = world.runs.iter().filter_map(|id| world.run(*id));
    let runs = runs.map(|run| Suggestion {
        label: format!("run {}", run.id()),
        note: run.plan().effects.title.clone(),
        leads: Leads::Run(run.id()),
    });
    pools.chain(servers).chain(runs)
}
