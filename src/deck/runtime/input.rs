//! The thread that reads keys. After a hangup it may never come back from a read: nobody waits for it.

use std::{sync::mpsc::Sender, thread};

use crossterm::event::{self, KeyEventKind};

use super::Event;
use crate::deck::Msg;

/// Starts it. Whoever has messages of their own takes of the deck's what they understand.
///
/// # Errors
/// When no thread can be had.
pub fn start<M: From<Msg> + Send + 'static>(events: Sender<Event<M>>) -> std::io::Result<()> {
    thread::Builder::new()
        .name("deck-input".to_owned())
        .spawn(move || {
            loop {
                let said = match event::read() {
                    Ok(event::Event::Key(key)) if key.kind == KeyEventKind::Press => {
                        events.send(Event::Msg(Msg::Key(key).into()))
                    }
                    Ok(event::Event::Paste(text)) => {
                        events.send(Event::Msg(Msg::Paste(text).into()))
                    }
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
