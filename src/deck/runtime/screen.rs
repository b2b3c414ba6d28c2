//! A screen that is drawn only when something changed, one frame at a time: whoever owns it never waits for the terminal.

use std::{io::Write, sync::mpsc::Sender};

use color_eyre::eyre::Result;
use ratatui::{Frame, Terminal, layout::Size};

use super::{
    Event,
    backend::{Frames, Quiet},
    terminal,
    tty::Tty,
};

/// Nothing is drawn beyond: an 8K screen has 960x270 letters of 8x16 pixels, and smaller ones nobody reads. A terminal may say that it is
/// 65535x65535, and a picture of that would take all the memory that there is; this one takes 30 MB.
const LARGEST: Size = Size {
    width: 1000,
    height: 300,
};

/// The picture on its way to the terminal.
pub struct Screen {
    terminal: Terminal<Quiet>,
    frames: Frames,
    tty: Tty,
    size: Size,
    /// Something may look different.
    dirty: bool,
}

impl Screen {
    /// One of the terminal's size. It says [`Event::Written`] after each frame.
    ///
    /// # Errors
    /// Where there is no terminal.
    pub fn open<M: Send + 'static>(events: Sender<Event<M>>) -> Result<Self> {
        let size = size()?;
        let frames = Frames::default();
        Ok(Self {
            terminal: Terminal::new(Quiet::new(frames.clone(), size))?,
            frames,
            tty: Tty::start(terminal::open()?, events)?,
            size,
            dirty: true,
        })
    }

    /// Rows that are drawn.
    #[must_use]
    pub const fn rows(&self) -> u16 {
        self.size.height
    }

    /// Something may look different now.
    pub const fn changed(&mut self) {
        self.dirty = true;
    }

    /// The terminal has another size now.
    ///
    /// # Errors
    /// Where the terminal does not say which.
    pub fn fit(&mut self) -> Result<()> {
        self.size = size()?;
        self.terminal.backend_mut().resize(self.size);
        self.dirty = true;
        Ok(())
    }

    /// Nothing on it is believed any more: the next frame is a whole one.
    ///
    /// # Errors
    /// None that a frame in memory could have.
    pub fn clear(&mut self) -> Result<()> {
        self.terminal.clear()?;
        self.dirty = true;
        Ok(())
    }

    /// Sends bytes of our own with the next frame.
    ///
    /// # Errors
    /// As [`Screen::clear`].
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.frames.write_all(bytes)?;
        self.dirty = true;
        Ok(())
    }

    /// Takes the terminal as a stranger left it.
    ///
    /// # Errors
    /// As [`Screen::clear`].
    pub fn begin_anew(&mut self) -> Result<()> {
        self.terminal.backend_mut().forget();
        self.clear()?;
        let cleared = self.frames.take().unwrap_or_default();
        self.frames
            .write_all(&[terminal::ENTER, &cleared].concat())?;
        Ok(())
    }

    /// Draws when something changed and the last frame has arrived; else the frame is left out.
    ///
    /// # Errors
    /// As [`Screen::clear`].
    pub fn draw(&mut self, view: impl FnOnce(&mut Frame)) -> Result<()> {
        if !self.dirty {
            return Ok(());
        }
        if self.tty.is_busy() {
            return Ok(());
        }
        self.draw_now(view)
    }

    /// True while a frame is on its way.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.tty.is_busy()
    }

    /// Draws at once. Only to be called when it is not busy.
    ///
    /// # Errors
    /// As [`Screen::clear`].
    pub fn draw_now(&mut self, view: impl FnOnce(&mut Frame)) -> Result<()> {
        self.terminal.draw(view)?;
        self.dirty = false;
        if let Some(frame) = self.frames.take() {
            self.tty.send(frame);
        }
        Ok(())
    }
}

/// How much of the terminal is drawn on: all of it, but for one that says what cannot be.
fn size() -> Result<Size> {
    let (width, height) = crossterm::terminal::size()?;
    Ok(Size {
        width: width.min(LARGEST.width),
        height: height.min(LARGEST.height),
    })
}
