//! The wall's own thread: it owns the terminal and the clock, and carries messages in and effects out.
//! Must never end because something cannot be reached: only by a key, a signal, or a terminal that is gone.

use std::{
    path::PathBuf,
    process,
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread,
    time::{Duration, Instant},
};

use color_eyre::eyre::{Result, eyre};
use jiff::{Timestamp, tz::TimeZone};

use super::{
    draw,
    link::{self, Via},
    model::Model,
    notify::Notify,
    source,
    update::{Effect, Msg, update},
};
use crate::deck::{
    Look,
    runtime::{Event, Pending, input::Input, screen::Screen, signals, terminal},
};

/// Where the view comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// A file of this machine.
    File(PathBuf),
    /// Another host.
    Via(Via),
}

/// How the wall is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the view comes from.
    pub source: Source,
    /// How long a page is shown, in seconds.
    pub page_seconds: u32,
    /// Dark at night.
    pub dim: bool,
    /// Colours and symbols.
    pub look: Look,
    /// The clock.
    pub now: fn() -> Timestamp,
}

/// Opens the wall and returns when somebody leaves it.
///
/// # Errors
/// Where there is no terminal.
pub fn wall(options: Options) -> Result<()> {
    if !terminal::is_there() {
        return Err(eyre!(
            "the wall needs a terminal\nhint: `pooldeck wall --feed` prints the view without one"
        ));
    }
    // As the deck has it: NO_COLOR is a look of our own.
    crossterm::style::force_color_output(true);
    terminal::guard_panics();
    let ui = thread::Builder::new()
        .name("wall-ui".to_owned())
        .spawn(move || Ui::open(options)?.run())?;
    let ended = ui.join();
    terminal::give_back();
    ended.unwrap_or_else(|_| {
        Err(eyre!(
            "the wall ended by a fault of its own\nhint: open it again"
        ))
    })
}

struct Ui {
    model: Model,
    screen: Screen,
    events: Receiver<Event<Msg>>,
    notify: Option<Notify>,
    now: fn() -> Timestamp,
}

impl Ui {
    /// Paints first and starts everything else after it.
    fn open(options: Options) -> Result<Self> {
        let (send, events) = channel();
        let shown = match &options.source {
            Source::File(file) => file.display().to_string(),
            Source::Via(via) => via.0.clone(),
        };
        let mut model = Model::new(shown, (options.now)(), TimeZone::system(), options.look);
        (model.page_seconds, model.dim) = (options.page_seconds, options.dim);
        let mut ui = Self {
            model,
            screen: Screen::open(send.clone())?,
            events,
            notify: Notify::of(|name| std::env::var(name).ok(), process::id()),
            now: options.now,
        };
        signals::start(send.clone(), Pending::default())?;
        terminal::take()?;
        ui.screen.begin_anew()?;
        ui.draw()?;
        Input::start(send.clone())?;
        listen(options.source, options.now, send)?;
        Ok(ui)
    }

    fn run(mut self) -> Result<()> {
        loop {
            match self.events.recv_timeout(self.until_next_second()) {
                Ok(event) => {
                    self.tick()?;
                    if self.take(event)? {
                        return Ok(());
                    }
                    while let Ok(event) = self.events.try_recv() {
                        if self.take(event)? {
                            return Ok(());
                        }
                    }
                }
                Err(RecvTimeoutError::Timeout) => self.tick()?,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            self.draw()?;
        }
    }

    /// The clock changes once a second, and what grows old grows by it.
    fn until_next_second(&self) -> Duration {
        let into = (self.now)().subsec_nanosecond().unsigned_abs();
        Duration::from_nanos(1_000_000_000_u64.saturating_sub(into.into()))
    }

    fn tick(&mut self) -> Result<()> {
        let (second, now) = (self.model.now.as_second(), (self.now)());
        if update(&mut self.model, Msg::Time(now)) == Some(Effect::Repaint) {
            self.screen.clear()?;
        }
        if now.as_second() != second {
            self.screen.changed();
        }
        Ok(())
    }

    /// Takes one event in; true when the wall ends.
    fn take(&mut self, event: Event<Msg>) -> Result<bool> {
        match event {
            // A wall lends its terminal to nobody.
            Event::Msg(Msg::Nothing) | Event::Back(_) => (),
            Event::Msg(msg) => {
                self.screen.changed();
                return Ok(update(&mut self.model, msg) == Some(Effect::Quit));
            }
            Event::Resized => self.screen.fit()?,
            Event::Written(_) => {
                if let Some(notify) = &mut self.notify {
                    notify.frame_arrived(Instant::now());
                }
            }
            Event::Continued => {
                terminal::take()?;
                self.screen.begin_anew()?;
            }
            Event::Hangup => signals::end(129, &Pending::default()),
        }
        Ok(false)
    }

    fn draw(&mut self) -> Result<()> {
        self.screen.draw(|frame| draw::view(&self.model, frame))
    }
}

/// Whoever listens ends only by a fault of its own, and a wall that is deaf for good is better started again.
pub(super) struct Ear(pub(super) Sender<Event<Msg>>);

impl Drop for Ear {
    fn drop(&mut self) {
        drop(self.0.send(Event::Hangup));
    }
}

fn listen(source: Source, now: fn() -> Timestamp, events: Sender<Event<Msg>>) -> Result<()> {
    match source {
        Source::Via(via) => link::start(via, events)?,
        Source::File(file) => {
            thread::Builder::new()
                .name("wall-view".to_owned())
                .spawn(move || {
                    let _ear = Ear(events.clone());
                    source::follow(&file, now, |feed| {
                        events.send(Event::Msg(Msg::Heard(Box::new(feed)))).is_ok()
                    });
                })?;
        }
    }
    Ok(())
}
