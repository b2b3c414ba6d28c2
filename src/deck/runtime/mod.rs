//! The deck's engine room: it owns the terminal and the clock, and carries messages in and effects out.
//! Must never let the world wait for a terminal, nor a terminal for the world.

mod backend;
mod event;
mod input;
mod options;
mod own;
mod pace;
mod pen;
mod signals;
mod terminal;
mod tty;
mod watch;
mod work;

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use color_eyre::eyre::{Result, eyre};
use jiff::Timestamp;
use ratatui::{Terminal, layout::Size};

pub use self::{
    backend::{Frames, Quiet},
    options::Options,
};
use self::{
    event::Event,
    pace::{Pace, Why},
    tty::Tty,
    watch::Order,
    work::{Pending, Work, Worker},
};
use super::{Effect, Model, Msg, World, update, view};
use crate::store::{Store, snapshot::Snapshot};

/// How long a stop signal takes at most to stop every thread.
const SETTLE: Duration = Duration::from_millis(100);

/// A wait that is not over by a hair must not become a loop.
const LEAST: Duration = Duration::from_millis(1);

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
    pace: Pace,
    dropped: u64,
}

impl Ui {
    /// Paints first and starts everything else after it.
    fn open(store: Arc<dyn Store>, options: &Options, world: World) -> Result<Self> {
        let (send, events) = channel();
        let (width, height) = crossterm::terminal::size()?;
        let frames = Frames::default();
        let quiet = Quiet::new(frames.clone(), Size { width, height });
        let (model, own) = options.begin(world, height);
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
            pace: Pace::new(options.slow_link),
            dropped: 0,
        };
        signals::start(send.clone(), ui.pending.clone())?;
        terminal::take()?;
        ui.paint_anew()?;
        input::start(send.clone())?;
        ui.orders = watch::start(store, options.now, options.read_only, own, send)?;
        Ok(ui)
    }

    fn run(mut self) -> Result<()> {
        loop {
            let second = self.model.now.as_second();
            let pause = self
                .pace
                .wait(Instant::now())
                .filter(|_| !self.tty.is_busy());
            let pause = pause.map_or(Duration::MAX, |pause| pause.max(LEAST));
            match self
                .events
                .recv_timeout(self.until_next_second().min(pause))
            {
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

    /// On a slow link no clock is shown: time alone changes nothing.
    fn tick(&mut self, second: i64) {
        let now = (self.now)();
        drop(update(&mut self.model, Msg::Time(now)));
        if now.as_second() != second {
            let slow = self.pace.is_slow(Instant::now());
            if !slow || slow != self.model.slow {
                self.pace.want(Why::World);
            }
            self.say_link(slow);
        }
    }

    fn say_link(&mut self, slow: bool) {
        let dropped = self.dropped;
        drop(update(&mut self.model, Msg::Link { slow, dropped }));
    }

    /// Takes one event in; true when the deck ends.
    fn take(&mut self, event: Event) -> Result<bool> {
        match event {
            Event::Msg(msg) => {
                self.pace.want(Why::of(&msg));
                for effect in update(&mut self.model, msg) {
                    if self.perform(&effect)? {
                        return Ok(true);
                    }
                }
            }
            Event::Resized => {
                let (width, height) = crossterm::terminal::size()?;
                self.terminal.backend_mut().resize(Size { width, height });
                self.pace.want(Why::Person);
                drop(update(&mut self.model, Msg::Rows(height)));
            }
            Event::Written(took) => {
                let now = Instant::now();
                self.pace.wrote(took, now);
                let slow = self.pace.is_slow(now);
                if slow != self.model.slow {
                    self.pace.want(Why::World);
                }
                self.say_link(slow);
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
            Effect::Reload => drop(self.orders.send(Order::Reload)),
            Effect::Repaint => {
                self.terminal.clear()?;
                self.pace.want(Why::Person);
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
        self.pace.want(Why::Person);
        if self.tty.is_busy() {
            return Ok(());
        }
        self.draw_now()
    }

    /// Draws when a picture is wanted and its time has come, and the last one has arrived; else it is left out.
    fn draw(&mut self) -> Result<()> {
        match self.pace.wait(Instant::now()) {
            Some(Duration::ZERO) if self.tty.is_busy() => self.dropped += 1,
            Some(Duration::ZERO) => self.draw_now()?,
            Some(_) | None => (),
        }
        Ok(())
    }

    fn draw_now(&mut self) -> Result<()> {
        self.terminal.draw(|frame| view(&self.model, frame))?;
        self.pace.drew(Instant::now());
        if let Some(frame) = self.frames.take() {
            self.tty.send(frame);
        }
        Ok(())
    }
}
