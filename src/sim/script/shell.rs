//! What a script in the rack can do: print, take its time, change its server, end.
//! Must never reach another server than its own but through its cluster's API.

use std::time::Duration;

use super::Call;
use crate::{
    fleet::script::exit,
    sim::{machine::Machine, rack::Rack, world::World},
    ssh::UnitName,
};

/// A running script.
#[derive(Debug)]
pub struct Shell {
    /// Where it is.
    pub rack: Rack,
    /// What it was told.
    pub call: Call,
    /// Its unit.
    pub unit: UnitName,
}

/// A script's end other than a good one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// Its exit code.
    pub code: i32,
    /// Its last lines.
    pub text: String,
}

impl Stop {
    /// A person, or a new plan, has to do something.
    pub fn fail(what: &str, hint: &str) -> Self {
        Self {
            code: exit::NOT_SO,
            text: format!("{what}\nhint: {hint}"),
        }
    }

    /// The same step may well succeed in a while.
    pub fn later(what: &str, hint: &str) -> Self {
        Self {
            code: exit::AGAIN,
            text: format!("{what}\nhint: {hint}"),
        }
    }

    /// What a check answers when it looked and found otherwise.
    pub fn not_so(what: &str) -> Self {
        Self {
            code: exit::NOT_SO,
            text: what.to_owned(),
        }
    }

    /// What a check answers when it could not look.
    pub fn cannot_tell(what: &str) -> Self {
        Self {
            code: 3,
            text: what.to_owned(),
        }
    }

    /// `Ok` when it is so, else what was found.
    pub fn unless(so: bool, what: &str) -> Result<(), Self> {
        if so { Ok(()) } else { Err(Self::not_so(what)) }
    }
}

impl Shell {
    /// Prints a line.
    pub fn say(&self, line: &str) {
        self.machine(|machine| {
            if let Some(unit) = machine.boot.units.get_mut(&self.unit) {
                unit.say(line);
            }
        });
    }

    /// Works for about so long: a fifth more or less.
    pub async fn work(&self, millis: u64) {
        let millis = self
            .rack
            .with(|world| world.prng.between(millis * 4 / 5, millis * 6 / 5));
        self.rack.clock.work(Duration::from_millis(millis)).await;
    }

    /// Prints lines, evenly over about so long.
    pub async fn narrate(&self, millis: u64, lines: &[&str]) {
        let pause = millis / (lines.len() as u64 + 1);
        for line in lines {
            self.work(pause).await;
            self.say(line);
        }
        self.work(pause).await;
    }

    /// A variable.
    pub fn env(&self, key: &str) -> &str {
        self.call.env(key)
    }

    /// Looks at its own server, or changes it.
    pub fn machine<R>(&self, look: impl FnOnce(&mut Machine) -> R) -> Option<R> {
        self.rack.machine(&self.call.server, look)
    }

    /// Looks at the world as it is now, or changes it.
    pub fn world<R>(&self, look: impl FnOnce(&mut World) -> R) -> R {
        self.rack.with(|world| {
            world.settle();
            look(world)
        })
    }
}
