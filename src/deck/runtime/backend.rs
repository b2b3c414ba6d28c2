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

/// A frame below this is one small write that no terminal shows half of; the brackets would double it.
const SMALL: usize = 64;

/// Collects what is drawn. `flush` means nothing: ratatui flushes twice a frame.
#[derive(Debug, Clone, Default)]
pub struct Frames(Rc<RefCell<Vec<u8>>>);

impl Frames {
    /// The frame that was drawn, to be written in one piece; none when nothing on the screen changed.
    #[must_use]
    pub fn take(&self) -> Option<Vec<u8>> {
        let drawn = std::mem::take(&mut *self.0.borrow_mut());
        match drawn.len() {
            0 => None,
            1..SMALL => Some(drawn),
            _ => Some([BEGIN, &drawn, END].concat()),
        }
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

/// crossterm's backend with a pen of our own (crossterm's writes 25 bytes for a frame without a change, and four
/// times as many for a digit) and without questions to the terminal.
#[derive(Debug)]
pub struct Quiet {
    inner: CrosstermBackend<Frames>,
    frames: Frames,
    size: Size,
    cursor_hidden: bool,
}

impl Quiet {
    /// Draws into `frames`.
    #[must_use]
    pub fn new(frames: Frames, size: Size) -> Self {
        Self {
            inner: CrosstermBackend::new(frames.clone()),
            frames,
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
        let bytes = super::pen::draw(content, self.size.width);
        self.frames.write_all(bytes.as_bytes())
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

#[cfg(test)]
mod tests {
    use ratatui::{Terminal, layout::Rect, style::Stylize, text::Line};

    use super::*;

    fn terminal() -> (Terminal<Quiet>, Frames) {
        crossterm::style::force_color_output(true);
        let frames = Frames::default();
        let size = Size {
            width: 80,
            height: 24,
        };
        let terminal = Terminal::new(Quiet::new(frames.clone(), size)).unwrap();
        (terminal, frames)
    }

    fn draw(terminal: &mut Terminal<Quiet>, text: &str) {
        let line = Line::from(text.to_owned()).reversed();
        terminal
            .draw(|frame| frame.render_widget(line, Rect::new(0, 0, 80, 1)))
            .unwrap();
    }

    #[test]
    fn a_frame_is_one_bracketed_piece_and_the_same_frame_again_is_no_byte() {
        let (mut terminal, frames) = terminal();
        draw(&mut terminal, &"beta ".repeat(16));
        let first = frames.take().unwrap();
        assert!(first.starts_with(BEGIN) && first.ends_with(END));
        draw(&mut terminal, &"beta ".repeat(16));
        assert_eq!(frames.take(), None);
    }

    #[test]
    fn a_digit_of_the_clock_costs_less_than_twenty_bytes() {
        let (mut terminal, frames) = terminal();
        draw(&mut terminal, "12:41:07");
        drop(frames.take());
        draw(&mut terminal, "12:41:08");
        let bytes = frames.take().unwrap().len();
        assert!(bytes <= 20, "{bytes} bytes");
    }
}
