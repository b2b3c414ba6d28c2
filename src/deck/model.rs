//! What the deck knows and where the person is in it. Only `update` changes it; `view` only reads it.

mod lists;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::{Timestamp, tz::TimeZone};

pub use self::lists::{Group, Home, ProblemKey, Section, Servers, Sort};
use super::{
    command::{Keys, Place},
    form::Form,
    list::List,
    menu::Menu,
    offer::{Draft, Offer},
    palette::Palette,
    preview::Preview,
    question::Question,
    trend::Trend,
    ui::Look,
    world::{ActKey, Problem, Target, World},
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
    /// Which keys mean what.
    pub keys: Keys,
    /// What is wrong in the person's own files.
    pub mistakes: Vec<String>,
    /// Where the person is; the last is shown. Never empty.
    pub stack: Vec<Screen>,
    /// Home's lists.
    pub home: Home,
    /// The servers' list, its filter and its marks.
    pub servers: Servers,
    /// The runs' list.
    pub runs: List<RunId>,
    /// The list of who did what.
    pub history: List<ActKey>,
    /// How each pool's CPUs were used while this deck looked.
    pub trends: BTreeMap<PoolName, Trend>,
    /// The mouse is the deck's: the wheel moves the cursor. Else the terminal's: it marks and copies.
    pub mouse: bool,
    /// Which servers may be used.
    pub offer: Offer,
    /// A sentence for the person, until the next key.
    pub notice: Option<String>,
    /// What was asked and not answered yet.
    pub waiting: Option<Waiting>,
    /// Why the store cannot be read now.
    pub trouble: Option<String>,
    /// The newest output of the step that is looked at.
    pub printed: Option<(RunId, StepId, Vec<Line>)>,
    /// Rows of the terminal, for moves by pages.
    pub rows: u16,
    /// The newest question to the planner.
    pub ticket: u64,
    /// The link is slow: nothing is drawn that would only move.
    pub slow: bool,
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
    /// Everything that is wrong; the cursor is home's.
    Problems,
    /// Who did what.
    History,
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
    /// The palette, over the screen that it was opened on.
    Palette(Box<Palette>),
    /// A few words that an action wants.
    Question(Box<Question>),
    /// Which servers may be used.
    Offer,
    /// The lines that offer them.
    Lines(Box<Draft>),
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
            keys: Keys::default(),
            mistakes: Vec::new(),
            stack: vec![Screen::Pools],
            home: Home::default(),
            servers: Servers::default(),
            runs: List::default(),
            history: List::default(),
            trends: BTreeMap::new(),
            mouse: false,
            offer: Offer::default(),
            notice: None,
            waiting: None,
            trouble: None,
            printed: None,
            rows: 24,
            ticket: 0,
            slow: false,
            dropped: 0,
        };
        super::update::arrive(&mut model, world);
        model.home.pools.refocus(&model.pool_names());
        model.servers.list.refocus(&model.servers.shown);
        super::update::greet(&mut model);
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
            Screen::Problems => Place::Problems,
            Screen::History => Place::History,
            Screen::Log(..) => Place::Log,
            Screen::Help(..) => Place::Help,
            Screen::Form(form) => form.place(),
            Screen::Preview(preview) => preview.place(),
            Screen::Menu(_) => Place::Menu,
            Screen::Palette(_) => Place::Palette,
            Screen::Question(question) => question.place(),
            Screen::Offer => Place::Offer,
            Screen::Lines(_) => Place::Lines,
        }
    }

    /// What the cursor stands on: what keys are about, by name.
    #[must_use]
    pub fn target(&self) -> Option<Target> {
        match self.screen() {
            Screen::Pools => match self.home.section {
                Section::Pools => self.home.pools.selected().cloned().map(Target::Pool),
                Section::Problems => self.problem().map(|it| it.target.clone()),
                Section::Runs => self.home.runs.selected().copied().map(Target::Run),
            },
            Screen::Pool(name, _) => Some(Target::Pool(name.clone())),
            Screen::Servers => self.servers.list.selected().cloned().map(Target::Server),
            Screen::Server(name, _) => Some(Target::Server(name.clone())),
            Screen::Runs => self.runs.selected().copied().map(Target::Run),
            Screen::Run(id, _) => Some(Target::Run(*id)),
            Screen::Problems => self.problem().map(|it| it.target.clone()),
            Screen::History => self.history.selected().map(|(run, _)| Target::Run(*run)),
            _ => None,
        }
    }

    /// True when the cursor stands on a problem, here or at home.
    #[must_use]
    pub fn is_on_problem(&self) -> bool {
        let at_home =
            matches!(self.screen(), Screen::Pools) && self.home.section == Section::Problems;
        at_home || matches!(self.screen(), Screen::Problems)
    }

    /// The problem under the cursor.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        let selected = self.home.problems.selected()?;
        let at = self.problem_keys().iter().position(|key| key == selected)?;
        self.world.problems.get(at)
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
        let problems = self.world.problems.iter();
        problems
            .map(|it| (it.target.clone(), it.id.clone()))
            .collect()
    }

    /// Open runs, in the order in which home shows them.
    #[must_use]
    pub fn open_runs(&self) -> Vec<RunId> {
        self.world.open_runs().map(crate::run::Run::id).collect()
    }

    /// Acts in the order in which the history shows them.
    #[must_use]
    pub fn act_keys(&self) -> Vec<ActKey> {
        self.world.history.iter().map(|act| act.key).collect()
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
