//! The thread that reads keys. After a hangup it may never come back from a read: nobody waits for it.

use std::{sync::mpsc::Sender, thread};

use crossterm::event::{self, KeyEventKind};

use super::Event;
use crate::deck::Msg;

/// Starts it.
pub fn start(events: Sender<Event>) -> std::io::Result<()> {
    thread::Builder::new()
        .name("deck-input".to_owned())
        .spawn(move || {
            loop {
                let said = match event::read() {
                    Ok(event::Event::Key(key)) if key.kind == KeyEventKind::Press => {
                        events.send(Event::Msg(Msg::Key(key)))
                    }
                    Ok(event::Event::Paste(text)) => events.send(Event::Msg(Msg::Paste(text))),
                    Ok(_) => Ok(()),
                    Err(_) => {
                        drop(events.send(Event::Hangup));
                        return;
                    }
                };
                if said.is_err() {
                    return;
                }
            }
        })?;
    Ok(())
}
