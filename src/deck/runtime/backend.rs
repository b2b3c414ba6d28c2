//! A terminal of which a frame is one piece of bytes. Nothing reaches the terminal but what [`Frames::take`] hands out.

use std::{
    cell::RefCell,
    io::{self, Write},
    rc::Rc,
};

use ratatui::{
    backend::{Backend, ClearType, CrosstermBackend, WindowSize},
    buffer::Cell,
    layout::{Position, Size},
};

/// Begin and end of a synchronized update: a terminal that knows it shows the frame at once, another ignores it.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// Collects what is drawn. `flush` means nothing: ratatui flushes twice a frame.
#[derive(Debug, Clone, Default)]
pub struct Frames(Rc<RefCell<Vec<u8>>>);

impl Frames {
    /// The frame that was drawn, to be written in one piece; none when nothing on the screen changed.
    pub fn take(&self) -> Option<Vec<u8>> {
        let drawn = std::mem::take(&mut *self.0.borrow_mut());
        (!drawn.is_empty()).then(|| [BEGIN, &drawn, END].concat())
    }
}

impl Write for Frames {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// crossterm's backend without its idle bytes (25 for a frame without a change) and without questions to the terminal.
#[derive(Debug)]
pub struct Quiet {
    inner: CrosstermBackend<Frames>,
    size: Size,
    cursor_hidden: bool,
}

impl Quiet {
    /// Draws into `frames`.
    pub fn new(frames: Frames, size: Size) -> Self {
        Self {
            inner: CrosstermBackend::new(frames),
            size,
            cursor_hidden: false,
        }
    }

    /// The terminal has another size now.
    pub const fn resize(&mut self, size: Size) {
        self.size = size;
    }

    /// The terminal was somebody else's for a while: its cursor is shown.
    pub const fn forget(&mut self) {
        self.cursor_hidden = false;
    }
}

impl Backend for Quiet {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        self.inner.draw(content)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if !self.cursor_hidden {
            self.cursor_hidden = true;
            self.inner.hide_cursor()?;
        }
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.cursor_hidden = false;
        self.inner.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        // Asking costs two seconds on a terminal that does not answer; nothing needs the answer.
        Ok(Position::ORIGIN)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.inner.clear()
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.inner.clear_region(region)
    }

    fn size(&self) -> io::Result<Size> {
        Ok(self.size)
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize {
            columns_rows: self.size,
            pixels: Size::default(),
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
