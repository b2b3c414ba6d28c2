//! The terminal's state: taken once, given back once, from whichever thread comes first.

use std::{
    fs::File,
    io::{self, IsTerminal, Write},
    os::fd::AsFd,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

/// Alternate screen, bracketed paste, no cursor. The mouse is left to the terminal: copying works.
pub const ENTER: &[u8] = b"\x1b[?1049h\x1b[?2004h\x1b[?25l";
/// Clicks and the wheel, as numbers that fit any width; not every move of the mouse, which would cost a slow link.
pub const MOUSE: &[u8] = b"\x1b[?1000h\x1b[?1006h";
/// The mouse is the terminal's again.
pub const NO_MOUSE: &[u8] = b"\x1b[?1006l\x1b[?1000l";
/// Everything back, also what only might be on: a frame that was cut off, colours, the mouse.
const LEAVE: &[u8] = b"\x1b[?2026l\x1b[0m\x1b[?1006l\x1b[?1000l\x1b[?2004l\x1b[?25h\x1b[?1049l";
/// Threads whose fault ends the deck or the wall; any other thread's is a failed task.
pub const OURS: [&str; 4] = ["deck-ui", "deck-tty", "deck-input", "wall-ui"];

static TAKEN: AtomicBool = AtomicBool::new(false);

/// True when keys come from a terminal and pictures go to one.
#[must_use]
pub fn is_there() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// The terminal as a file of its own: no line buffer between a frame and the kernel.
///
/// # Errors
/// Where there is no more room for a file.
pub fn open() -> io::Result<File> {
    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}

/// Keys come one by one from now on. What [`ENTER`] says belongs into the first frame.
///
/// # Errors
/// Where there is no terminal.
pub fn take() -> io::Result<()> {
    // After a stop the shell has set its own modes, and crossterm believes that ours still hold.
    drop(crossterm::terminal::disable_raw_mode());
    crossterm::terminal::enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    Ok(())
}

/// Gives the terminal back. The second time nothing happens. Errors are not: there is nobody left to tell.
pub fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        if let Ok(mut tty) = open() {
            drop(tty.write_all(LEAVE));
        }
        drop(crossterm::terminal::disable_raw_mode());
    }
}

/// A fault of a thread of ours gives the terminal back before anything is printed; any other thread's fault
/// must not tear down a living screen, so it goes to the log.
pub fn guard_panics() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let current = thread::current();
        let ours = current.name().is_some_and(|name| OURS.contains(&name));
        if ours || !TAKEN.load(Ordering::SeqCst) {
            give_back();
            before(info);
        } else {
            tracing::error!(thread = current.name(), "{info}");
        }
    }));
}
