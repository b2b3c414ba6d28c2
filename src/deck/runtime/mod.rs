//! The deck's engine room: it owns the terminal and the clock, and carries messages in and effects out.
//! Must never let the world wait for a terminal, nor a terminal for the world.

pub mod backend;
mod beside;
mod event;
pub mod input;
mod options;
mod own;
mod pace;
mod pen;
mod perform;
pub mod screen;
pub mod signals;
pub mod terminal;
pub mod tty;
mod visit;
mod watch;
mod work;

use std::{
    ffi::OsString,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use color_eyre::eyre::{Result, eyre};
use jiff::Timestamp;

pub use self::{
    backend::{Frames, Quiet},
    event::Event,
    options::Options,
    work::Pending,
};
use self::{
    input::Input,
    pace::{Pace, Why},
    screen::Screen,
    watch::Order,
    work::Worker,
};
use super::{Model, Msg, World, update, view};
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
    visit::tidy();
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
    screen: Screen,
    events: Receiver<Event>,
    orders: Sender<Order>,
    worker: Worker,
    pending: Pending,
    input: Input,
    send: Sender<Event>,
    kubeconfig: Vec<OsString>,
    now: fn() -> Timestamp,
    pace: Pace,
    /// Pictures that were left out because another was on its way.
    dropped: u64,
}

impl Ui {
    /// Paints first and starts everything else after it.
    fn open(store: Arc<dyn Store>, options: &Options, world: World) -> Result<Self> {
        let (send, events) = channel();
        let screen = Screen::open(send.clone())?;
        let (model, own) = options.begin(world, screen.rows());
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
            screen,
            events,
            orders: channel().0,
            worker,
            pending,
            input: Input::default(),
            send: send.clone(),
            kubeconfig: options.kubeconfig.clone(),
            now: options.now,
            pace: Pace::new(options.slow_link),
            dropped: 0,
        };
        signals::start(send.clone(), ui.pending.clone())?;
        terminal::take()?;
        ui.paint_anew()?;
        ui.input = Input::start(send.clone())?;
        ui.orders = watch::start(store, options.now, options.read_only, own, send)?;
        Ok(ui)
    }

    fn run(mut self) -> Result<()> {
        loop {
            let second = self.model.now.as_second();
            let pause = self
                .pace
                .wait(Instant::now())
                .filter(|_| !self.screen.is_busy() && !visit::is_away());
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
            // Keys that were pressed before the terminal was lent are meant for nobody any more; and a shell that we opened may
            // stop and go on: the terminal is still its own.
            Event::Msg(Msg::Key(_) | Msg::Paste(_) | Msg::Wheel(_)) | Event::Continued
                if visit::is_away() => {}
            Event::Msg(msg) => {
                self.pace.want(Why::of(&msg));
                for effect in update(&mut self.model, msg) {
                    if self.perform(&effect)? {
                        return Ok(true);
                    }
                }
            }
            Event::Resized => {
                self.screen.fit()?;
                self.pace.want(Why::Person);
                drop(update(&mut self.model, Msg::Rows(self.screen.rows())));
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
            Event::Continued => self.take_terminal()?,
            Event::Back(ended) => {
                self.take_terminal()?;
                self.input.go_on();
                drop(update(&mut self.model, Msg::Visited(ended)));
            }
            Event::Hangup => {
                signals::end(129, &self.pending);
            }
        }
        Ok(false)
    }

    /// Draws when a picture is wanted and its time has come, and the last one has arrived; else it is left out. Not
    /// while another program has the terminal.
    fn draw(&mut self) -> Result<()> {
        if visit::is_away() {
            return Ok(());
        }
        match self.pace.wait(Instant::now()) {
            Some(Duration::ZERO) if self.screen.is_busy() => self.dropped += 1,
            Some(Duration::ZERO) => self.draw_now()?,
            Some(_) | None => (),
        }
        Ok(())
    }

    fn draw_now(&mut self) -> Result<()> {
        self.screen.draw_now(|frame| view(&self.model, frame))?;
        self.pace.drew(Instant::now());
        Ok(())
    }
}
