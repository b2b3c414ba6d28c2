//! The thread that reads keys. After a hangup it may never come back from a read: nobody waits for it then.
//! While another program has the terminal it reads nothing, or it would take every second key away.

use std::{
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        mpsc::{SendError, Sender},
    },
    thread,
    time::Duration,
};

use crossterm::event::{self, KeyEventKind, MouseEventKind};

use super::Event;
use crate::deck::Msg;

/// How soon it notices that it shall rest. Five looks a second cost no measurable time.
const LOOK: Duration = Duration::from_millis(200);
/// A thread that has not rested by then sleeps in the terminal.
const PATIENCE: Duration = Duration::from_secs(1);
/// What one notch of a wheel moves.
const NOTCH: isize = 3;

/// Rests the thread and wakes it.
#[derive(Debug, Clone, Default)]
pub struct Input(Arc<(Mutex<Reads>, Condvar)>);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Reads {
    /// Keys are read.
    #[default]
    Yes,
    /// Somebody wants that no key is read.
    NotSoon,
    /// No key is read.
    No,
}

impl Input {
    /// Starts the thread. Whoever has messages of their own takes of the deck's what they understand.
    ///
    /// # Errors
    /// When no thread can be had.
    pub fn start<M: From<Msg> + Send + 'static>(events: Sender<Event<M>>) -> std::io::Result<Self> {
        let input = Self::default();
        let gate = input.clone();
        thread::Builder::new()
            .name("deck-input".to_owned())
            .spawn(move || {
                loop {
                    gate.rest();
                    let said = match event::poll(LOOK) {
                        Ok(false) => Ok(()),
                        Ok(true) => event::read()
                            .map_or_else(|_| events.send(Event::Hangup), |it| say(&events, it)),
                        Err(_) => events.send(Event::Hangup),
                    };
                    if said.is_err() {
                        return;
                    }
                }
            })?;
        Ok(input)
    }

    /// No key is read from now on; false when that cannot be had.
    pub fn pause(&self) -> bool {
        let (reads, changed) = &*self.0;
        let mut reads = reads.lock().unwrap_or_else(PoisonError::into_inner);
        if *reads != Reads::Yes {
            return false;
        }
        *reads = Reads::NotSoon;
        let (mut reads, late) = changed
            .wait_timeout_while(reads, PATIENCE, |reads| *reads != Reads::No)
            .unwrap_or_else(PoisonError::into_inner);
        if late.timed_out() {
            *reads = Reads::Yes;
        }
        !late.timed_out()
    }

    /// Keys are read again.
    pub fn go_on(&self) {
        let (reads, changed) = &*self.0;
        *reads.lock().unwrap_or_else(PoisonError::into_inner) = Reads::Yes;
        changed.notify_all();
    }

    fn rest(&self) {
        let (reads, changed) = &*self.0;
        let mut reads = reads.lock().unwrap_or_else(PoisonError::into_inner);
        if *reads == Reads::NotSoon {
            *reads = Reads::No;
            changed.notify_all();
        }
        drop(changed.wait_while(reads, |reads| *reads == Reads::No));
    }
}

fn say<M: From<Msg>>(
    events: &Sender<Event<M>>,
    event: event::Event,
) -> Result<(), SendError<Event<M>>> {
    let msg = match event {
        event::Event::Key(key) if key.kind == KeyEventKind::Press => Msg::Key(key),
        event::Event::Paste(text) => Msg::Paste(text),
        event::Event::Mouse(mouse) => match mouse.kind {
            MouseEventKind::ScrollUp => Msg::Wheel(-NOTCH),
            MouseEventKind::ScrollDown => Msg::Wheel(NOTCH),
            _ => return Ok(()),
        },
        _ => return Ok(()),
    };
    events.send(Event::Msg(msg.into()))
}
