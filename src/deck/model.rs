//! What the deck knows and where the person is in it. Only `update` changes it; `view` only reads it.

use std::{collections::BTreeSet, sync::Arc};

use jiff::{Timestamp, tz::TimeZone};

use super::{
    command::Place,
    form::Form,
    list::List,
    menu::Menu,
    preview::Preview,
    question::Question,
    ui::Look,
    world::{Problem, Target, World},
};
use crate::{
    fleet::{PoolName, Role, RunId, ServerName},
    plan::StepId,
    store::record::Line,
};

/// The deck at one moment.
#[derive(Debug, Clone)]
pub struct Model {
    /// What the store said last.
    pub world: Arc<World>,
    /// The clock.
    pub now: Timestamp,
    /// In which the clock is shown.
    pub zone: TimeZone,
    /// Nothing can be asked of the captain.
    pub read_only: bool,
    /// Colours and symbols.
    pub look: Look,
    /// Where the person is; the last is shown. Never empty.
    pub stack: Vec<Screen>,
    /// Home's lists.
    pub home: Home,
    /// The servers' list, its filter and its marks.
    pub servers: Servers,
    /// The runs' list.
    pub runs: List<RunId>,
    /// A sentence for the person, until the next key.
    pub notice: Option<String>,
    /// What was asked and not answered yet.
    pub waiting: Option<Waiting>,
    /// Why the store cannot be read now.
    pub trouble: Option<String>,
    /// The newest output of the step that is looked at.
    pub lines: Option<(RunId, StepId, Vec<Line>)>,
    /// Rows of the terminal, for moves by pages.
    pub rows: u16,
    /// The newest question to the planner.
    pub ticket: u64,
    /// Frames that a slow link cost.
    pub dropped: u64,
}

/// A question to the captain that stands in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its key, once it is written.
    pub key: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// What it is about, for the answer's sentence.
    pub about: String,
}

/// One level of where the person is.
#[derive(Debug, Clone)]
pub enum Screen {
    /// Home.
    Pools,
    /// One pool, and which of its members is looked at.
    Pool(PoolName, List<ServerName>),
    /// All servers.
    Servers,
    /// One server; scrolled so far.
    Server(ServerName, usize),
    /// All runs.
    Runs,
    /// One run, and which of its steps is looked at.
    Run(RunId, List<StepId>),
    /// All that a step of a run printed; the line under the cursor, none while its end is followed.
    Log(RunId, StepId, Option<usize>),
    /// The keys of a place; scrolled so far.
    Help(Place, usize),
    /// Another size, or a new pool.
    Form(Box<Form>),
    /// A plan before it is confirmed.
    Preview(Box<Preview>),
    /// The action menu.
    Menu(Box<Menu>),
    /// A few words that an action wants.
    Question(Box<Question>),
}

/// Home's lists and which of them has the focus.
#[derive(Debug, Clone, Default)]
pub struct Home {
    /// Which list.
    pub section: Section,
    /// Pools.
    pub pools: List<PoolName>,
    /// Problems, by what they are about.
    pub problems: List<ProblemKey>,
    /// Open runs.
    pub runs: List<RunId>,
}

/// A problem is known by what it is about and the how-manieth of its kind it is.
pub type ProblemKey = (Target, usize);

/// Home's lists, from top to bottom.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Section {
    /// Pools.
    #[default]
    Pools,
    /// Problems.
    Problems,
    /// Runs.
    Runs,
}

/// The servers' list.
#[derive(Debug, Clone, Default)]
pub struct Servers {
    /// The cursor.
    pub list: List<ServerName>,
    /// What is shown, in order: the filter and the sort are worked out when something changes, not at each draw.
    pub shown: Vec<ServerName>,
    /// Only what holds this text.
    pub filter: String,
    /// The filter is being typed.
    pub typing: bool,
    /// In which order.
    pub sort: Sort,
    /// Grouped how.
    pub group: Group,
    /// Marked servers, by name.
    pub marks: BTreeSet<ServerName>,
    /// The order is frozen and another one would be right.
    pub resort_due: bool,
}

/// Orders of the servers' list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// By name.
    #[default]
    Name,
    /// Worst first.
    State,
    /// Most CPUs first.
    Cpus,
    /// Most memory first.
    Memory,
    /// Highest load first.
    Load,
}

/// Groups of the servers' list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Group {
    /// Pools by name, then what is in no pool.
    #[default]
    Pool,
    /// Zones by name.
    Zone,
    /// None.
    None,
}

impl Model {
    /// The deck as it opens.
    #[must_use]
    pub fn new(
        world: Arc<World>,
        now: Timestamp,
        zone: TimeZone,
        read_only: bool,
        look: Look,
    ) -> Self {
        let mut model = Self {
            world: Arc::clone(&world),
            now,
            zone,
            read_only,
            look,
            stack: vec![Screen::Pools],
            home: Home::default(),
            servers: Servers::default(),
            runs: List::default(),
            notice: None,
            waiting: None,
            trouble: None,
            lines: None,
            rows: 24,
            ticket: 0,
            dropped: 0,
        };
        super::update::arrive(&mut model, world);
        model.home.pools.refocus(&model.pool_names());
        model.servers.list.refocus(&model.servers.shown);
        model
    }

    /// The screen that is shown.
    #[must_use]
    pub fn screen(&self) -> &Screen {
        self.stack.last().unwrap_or(&Screen::Pools)
    }

    /// Where keys go now.
    #[must_use]
    pub fn place(&self) -> Place {
        match self.screen() {
            Screen::Pools => Place::Pools,
            Screen::Pool(..) => Place::Pool,
            Screen::Servers if self.servers.typing => Place::Text,
            Screen::Servers => Place::Servers,
            Screen::Server(..) => Place::Server,
            Screen::Runs => Place::Runs,
            Screen::Run(..) => Place::Run,
            Screen::Log(..) => Place::Log,
            Screen::Help(..) => Place::Help,
            Screen::Form(form) => form.place(),
            Screen::Preview(preview) => preview.place(),
            Screen::Menu(_) => Place::Menu,
            Screen::Question(question) => question.place(),
        }
    }

    /// Pools in the order in which home shows them.
    #[must_use]
    pub fn pool_names(&self) -> Vec<PoolName> {
        self.world
            .pools
            .iter()
            .map(|row| row.name.clone())
            .collect()
    }

    /// Members of a pool: control planes first, then by name.
    #[must_use]
    pub fn members(&self, pool: &PoolName) -> Vec<ServerName> {
        let pool = self.world.snapshot.fleet.pools.get(pool);
        let all = [Role::ControlPlane, Role::Worker];
        let names = |role| pool.into_iter().flat_map(move |pool| pool.with_role(role));
        let all = all.into_iter().flat_map(names);
        all.map(|(name, _)| name.clone()).collect()
    }

    /// Problems in the order in which home shows them.
    #[must_use]
    pub fn problem_keys(&self) -> Vec<ProblemKey> {
        let problems = &self.world.problems;
        let before = |at: usize| {
            let same = |it: &&Problem| it.target == problems[at].target;
            problems[..at].iter().filter(same).count()
        };
        (0..problems.len())
            .map(|at| (problems[at].target.clone(), before(at)))
            .collect()
    }

    /// Open runs, in the order in which home shows them.
    #[must_use]
    pub fn open_runs(&self) -> Vec<RunId> {
        self.world.open_runs().map(crate::run::Run::id).collect()
    }

    /// Marked servers that the filter hides.
    #[must_use]
    pub fn hidden_marks(&self) -> Vec<&ServerName> {
        if self.servers.marks.is_empty() || self.servers.filter.is_empty() {
            return Vec::new();
        }
        let shown: BTreeSet<&ServerName> = self.servers.shown.iter().collect();
        let marks = self.servers.marks.iter();
        marks.filter(|mark| !shown.contains(mark)).collect()
    }
}
