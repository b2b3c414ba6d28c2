//! The deck's engine room: it owns the terminal and the clock, and carries messages in and effects out.
//! Must never let the world wait for a terminal, nor a terminal for the world.

pub mod backend;
pub mod input;
pub mod signals;
pub mod terminal;
pub mod tty;
mod watch;
mod work;

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread,
    time::Duration,
};

use color_eyre::eyre::{Result, eyre};
use jiff::{Timestamp, tz::TimeZone};
use ratatui::{Terminal, layout::Size};

pub use self::work::Pending;
use self::{
    backend::{Frames, Quiet},
    tty::Tty,
    watch::Order,
    work::{Work, Worker},
};
use super::{Effect, Look, Model, Msg, World, update, view};
use crate::store::{Store, snapshot::Snapshot};

/// How long a stop signal takes at most to stop every thread.
const SETTLE: Duration = Duration::from_millis(100);

/// How the deck is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Nothing can be asked of the captain, and nothing at all is written.
    pub read_only: bool,
    /// Who asks: `ops1@jump1`.
    pub who: String,
    /// Colours and symbols.
    pub look: Look,
    /// The clock.
    pub now: fn() -> Timestamp,
}

impl Options {
    /// As a person's environment has it.
    #[must_use]
    pub fn new(who: String) -> Self {
        Self {
            read_only: false,
            who,
            look: Look::of(|name| std::env::var(name).ok()),
            now: Timestamp::now,
        }
    }
}

/// What reaches the thread that owns the screen: the deck's, or the wall's with messages of its own.
#[derive(Debug)]
pub enum Event<M = Msg> {
    /// Something for `update`.
    Msg(M),
    /// The terminal has another size.
    Resized,
    /// A frame reached the terminal.
    Written,
    /// The process was stopped and goes on.
    Continued,
    /// The terminal is gone.
    Hangup,
}

/// Opens the deck on a store and returns when the person leaves it.
///
/// # Errors
/// Where there is no terminal, or the store cannot be read.
pub fn deck(store: Arc<dyn Store>, options: Options) -> Result<()> {
    if !terminal::is_there() {
        return Err(eyre!(
            "the deck needs a terminal\nhint: `pooldeck server list` and `pooldeck pool list` print the same without one"
        ));
    }
    // NO_COLOR is a look of our own: crossterm 0.29 would answer it with a bare reset that also undoes
    // the reversed cursor row (crossterm's change log, "bare CSI m").
    crossterm::style::force_color_output(true);
    terminal::guard_panics();
    let world = World::of(Snapshot::read(&*store)?, (options.now)());
    let ui = thread::Builder::new()
        .name("deck-ui".to_owned())
        .spawn(move || Ui::open(store, &options, world)?.run())?;
    let ended = ui.join();
    terminal::give_back();
    ended.unwrap_or_else(|_| {
        Err(eyre!(
            "the deck ended by a fault of its own\nhint: what runs goes on; open it again"
        ))
    })
}

/// The deck's own thread.
struct Ui {
    model: Model,
    terminal: Terminal<Quiet>,
    frames: Frames,
    tty: Tty,
    events: Receiver<Event>,
    orders: Sender<Order>,
    worker: Worker,
    pending: Pending,
    now: fn() -> Timestamp,
    /// Something may look different.
    dirty: bool,
    dropped: u64,
}

impl Ui {
    /// Paints first and starts everything else after it.
    fn open(store: Arc<dyn Store>, options: &Options, world: World) -> Result<Self> {
        let (send, events) = channel();
        let (width, height) = crossterm::terminal::size()?;
        let frames = Frames::default();
        let quiet = Quiet::new(frames.clone(), Size { width, height });
        let now = (options.now)();
        let zone = TimeZone::system();
        let mut model = Model::new(Arc::new(world), now, zone, options.read_only, options.look);
        model.rows = height;
        let pending = Pending::default();
        let worker = Worker::start(
            Arc::clone(&store),
            options.who.clone(),
            options.now,
            pending.clone(),
            send.clone(),
        )?;
        let mut ui = Self {
            model,
            terminal: Terminal::new(quiet)?,
            frames,
            tty: Tty::start(terminal::open()?, send.clone())?,
            events,
            orders: channel().0,
            worker,
            pending,
            now: options.now,
            dirty: true,
            dropped: 0,
        };
        signals::start(send.clone(), ui.pending.clone())?;
        terminal::take()?;
        ui.paint_anew()?;
        input::start(send.clone())?;
        ui.orders = watch::start(store, options.now, options.read_only, send)?;
        Ok(ui)
    }

    fn run(mut self) -> Result<()> {
        loop {
            let second = self.model.now.as_second();
            match self.events.recv_timeout(self.until_next_second()) {
                Ok(event) => {
                    self.tick(second);
                    if self.take(event)? {
                        return Ok(());
                    }
                    while let Ok(event) = self.events.try_recv() {
                        if self.take(event)? {
                            return Ok(());
                        }
                    }
                }
                Err(RecvTimeoutError::Timeout) => self.tick(second),
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            self.draw()?;
        }
    }

    /// The clock on the screen changes once a second; nothing else does by itself.
    fn until_next_second(&self) -> Duration {
        let into = (self.now)().subsec_nanosecond().unsigned_abs();
        Duration::from_nanos(1_000_000_000_u64.saturating_sub(into.into()))
    }

    fn tick(&mut self, second: i64) {
        let now = (self.now)();
        drop(update(&mut self.model, Msg::Time(now)));
        self.dirty |= now.as_second() != second;
    }

    /// Takes one event in; true when the deck ends.
    fn take(&mut self, event: Event) -> Result<bool> {
        match event {
            Event::Msg(msg) => {
                self.dirty = true;
                for effect in update(&mut self.model, msg) {
                    if self.perform(&effect)? {
                        return Ok(true);
                    }
                }
            }
            Event::Resized => {
                let (width, height) = crossterm::terminal::size()?;
                self.terminal.backend_mut().resize(Size { width, height });
                self.dirty = true;
                drop(update(&mut self.model, Msg::Rows(height)));
            }
            Event::Written => {
                let dropped = self.dropped;
                drop(update(&mut self.model, Msg::Dropped(dropped)));
            }
            Event::Continued => {
                terminal::take()?;
                self.paint_anew()?;
            }
            Event::Hangup => {
                signals::end(129, &self.pending);
            }
        }
        Ok(false)
    }

    fn perform(&mut self, effect: &Effect) -> Result<bool> {
        match effect {
            Effect::Quit => return Ok(true),
            Effect::Repaint => {
                self.terminal.clear()?;
                self.dirty = true;
            }
            Effect::Suspend => {
                terminal::give_back();
                rustix::process::kill_current_process_group(rustix::process::Signal::TSTP)?;
                // Another thread may be the one that the signal stops: not a byte before it did.
                thread::sleep(SETTLE);
                terminal::take()?;
                self.paint_anew()?;
            }
            Effect::Plan { ticket, request } => {
                let world = Arc::clone(&self.model.world);
                self.worker
                    .give(Work::Plan(*ticket, request.clone(), world));
            }
            Effect::Ask(asked) => {
                self.worker.give(Work::Ask(asked.clone()));
                drop(self.orders.send(Order::Keen));
            }
            Effect::Follow(step) => drop(self.orders.send(Order::Follow(*step))),
        }
        Ok(false)
    }

    /// Takes the terminal as a stranger left it.
    fn paint_anew(&mut self) -> Result<()> {
        self.terminal.backend_mut().forget();
        self.terminal.clear()?;
        let cleared = self.frames.take().unwrap_or_default();
        std::io::Write::write_all(&mut self.frames, &[terminal::ENTER, &cleared].concat())?;
        self.dirty = true;
        self.draw()
    }

    /// Draws when something changed and the last frame has arrived; else the frame is left out.
    fn draw(&mut self) -> Result<()> {
        if !self.dirty {
            return Ok(());
        }
        if self.tty.is_busy() {
            self.dropped += 1;
            return Ok(());
        }
        self.terminal.draw(|frame| view(&self.model, frame))?;
        self.dirty = false;
        if let Some(frame) = self.frames.take() {
            self.tty.send(frame);
        }
        Ok(())
    }
}
