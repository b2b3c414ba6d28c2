//! Carries the deck's wishes out: to the terminal, to the planner, to the store, to another program.

use std::{path::PathBuf, sync::Arc, thread};

use base64::{Engine, prelude::BASE64_STANDARD};
use color_eyre::eyre::Result;

use super::{SETTLE, Ui, pace::Why, terminal, visit, watch::Order, work::Work};
use crate::{
    deck::{Effect, Msg, update},
    fleet::PoolName,
};

/// Terminals drop a longer sequence whole (xterm's and tmux's limit, the one that k9s keeps, too).
const CLIPBOARD: usize = 74_994;

impl Ui {
    /// Does what the deck wants; true when it ends.
    pub(super) fn perform(&mut self, effect: &Effect) -> Result<bool> {
        match effect {
            Effect::Quit => return Ok(true),
            Effect::Reload => drop(self.orders.send(Order::Reload)),
            Effect::Repaint => {
                self.screen.clear()?;
                self.pace.want(Why::Person);
            }
            Effect::Suspend => {
                terminal::give_back();
                rustix::process::kill_current_process_group(rustix::process::Signal::TSTP)?;
                // Another thread may be the one that the signal stops: not a byte before it did.
                thread::sleep(SETTLE);
                self.take_terminal()?;
            }
            Effect::Copy(text) => self.copy(text)?,
            Effect::Mouse(on) => {
                let bytes = if *on {
                    terminal::MOUSE
                } else {
                    terminal::NO_MOUSE
                };
                self.screen.write(bytes)?;
                self.pace.want(Why::Person);
            }
            Effect::Visit(pool) => self.visit(pool)?,
            Effect::Plan { ticket, request } => {
                let world = Arc::clone(&self.model.world);
                self.worker
                    .give(Work::Plan(*ticket, request.clone(), world));
            }
            Effect::Ask(asked) => {
                self.worker.give(Work::Ask(asked.clone()));
                drop(self.orders.send(Order::Keen));
            }
            Effect::Compose(names) => {
                self.worker
                    .give(Work::Compose(self.inventory(), names.clone()));
            }
            Effect::Write(offered) => {
                self.worker
                    .give(Work::Write(self.inventory(), offered.clone()));
            }
            Effect::Follow(step) => drop(self.orders.send(Order::Follow(*step))),
        }
        Ok(false)
    }

    /// Where the captain reads it.
    fn inventory(&self) -> PathBuf {
        PathBuf::from(&self.model.world.snapshot.listed.place)
    }

    /// Into the clipboard of the terminal that the person sits at, however many machines lie between.
    fn copy(&mut self, text: &str) -> Result<()> {
        let text = BASE64_STANDARD.encode(text);
        if text.len() > CLIPBOARD {
            self.tell("too long for a terminal's clipboard");
            return Ok(());
        }
        self.screen
            .write(format!("\x1b]52;c;{text}\x07").as_bytes())
    }

    fn visit(&mut self, pool: &PoolName) -> Result<()> {
        if self.kubeconfig.is_empty() {
            self.tell("a simulated pool has no API that k9s could speak to");
        } else if self.input.pause() {
            terminal::give_back();
            visit::start(pool.clone(), self.kubeconfig.clone(), self.send.clone())?;
        } else {
            self.tell("the terminal cannot be handed over now");
        }
        Ok(())
    }

    fn tell(&mut self, why: &str) {
        drop(update(&mut self.model, Msg::Visited(Err(why.to_owned()))));
        self.pace.want(Why::Person);
    }

    /// Takes the terminal as another program left it.
    pub(super) fn take_terminal(&mut self) -> Result<()> {
        terminal::take()?;
        if self.model.mouse {
            self.screen.write(terminal::MOUSE)?;
        }
        self.paint_anew()
    }

    /// Takes the terminal as a stranger left it.
    pub(super) fn paint_anew(&mut self) -> Result<()> {
        self.screen.begin_anew()?;
        self.pace.want(Why::Person);
        if self.screen.is_busy() {
            return Ok(());
        }
        self.draw_now()
    }
}
