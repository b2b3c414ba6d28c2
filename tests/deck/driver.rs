//! A person at the deck, without a terminal: presses keys, lets time pass, plans at once.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use pooldeck::{
    deck::{Effect, Model, Msg, World, effect::Asked, update, view},
    plan::{Plan, Site, plan},
    store::record::CaptainSeen,
};
use ratatui::{Terminal, backend::TestBackend};

use crate::room7;

/// The deck and what it has asked for so far.
pub struct Driver {
    /// The deck.
    pub model: Model,
    /// What the captain was asked.
    pub asked: Vec<Asked>,
    /// Every effect, in order.
    pub effects: Vec<Effect>,
    /// The answer to every question, where the planner's own words do not matter.
    pub plan: Option<Plan>,
}

impl Driver {
    /// A person at the room's deck.
    pub fn new() -> Self {
        Self::on(room7::model())
    }

    /// A person at this deck.
    pub fn on(model: Model) -> Self {
        Self {
            model,
            asked: Vec::new(),
            effects: Vec::new(),
            plan: None,
        }
    }

    /// Says something to the deck and does what it wants.
    pub fn say(&mut self, msg: Msg) {
        for effect in update(&mut self.model, msg) {
            self.effects.push(effect.clone());
            match effect {
                Effect::Plan { ticket, request } => {
                    let snapshot = &self.model.world.snapshot;
                    let site = snapshot
                        .captain
                        .as_ref()
                        .map_or_else(Site::default, CaptainSeen::site);
                    let now = self.model.now;
                    let made = plan(&snapshot.fleet, &snapshot.observed, &request, now, &site);
                    let made = self.plan.clone().map_or(made, Ok);
                    let plan = made.map(Box::new).map_err(|error| error.to_string());
                    self.say(Msg::Planned { ticket, plan });
                }
                Effect::Ask(asked) => self.asked.push(asked),
                Effect::Follow(Some((run, step))) => {
                    self.say(Msg::Printed(run, step, room7::lines()));
                }
                _ => (),
            }
        }
    }

    /// Presses keys, named and parted by blanks, a second apart.
    pub fn press(&mut self, keys: &str) {
        for word in keys.split_whitespace() {
            self.wait(1000);
            self.say(Msg::Key(room7::key_of(word)));
        }
    }

    /// Types a text letter by letter.
    pub fn type_text(&mut self, text: &str) {
        for letter in text.chars() {
            self.say(Msg::Key(room7::key_of(&letter.to_string())));
        }
    }

    /// Lets milliseconds pass.
    pub fn wait(&mut self, millis: i64) {
        let now: Timestamp = self.model.now + SignedDuration::from_millis(millis);
        self.say(Msg::Time(now));
    }

    /// The store says something else now.
    pub fn see(&mut self, world: World) {
        self.say(Msg::World(Arc::new(world)));
    }

    /// The screen as it is drawn.
    pub fn draw(&self, width: u16, height: u16) -> Terminal<TestBackend> {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| view(&self.model, frame)).unwrap();
        terminal
    }

    /// The screen's text at 80x24.
    pub fn text(&self) -> String {
        self.text_at(80, 24)
    }

    /// The screen's text.
    pub fn text_at(&self, width: u16, height: u16) -> String {
        let terminal = self.draw(width, height);
        let buffer = terminal.backend().buffer();
        let line = |y| {
            let cells = (0..width).map(|x| buffer[(x, y)].symbol());
            cells.collect::<String>().trim_end().to_owned()
        };
        (0..height).map(line).collect::<Vec<_>>().join("\n")
    }
}
