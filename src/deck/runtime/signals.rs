//! What ends the process from outside. The runtime owns the exit: neither the reading nor the writing thread
//! can be trusted to come back once the terminal is gone (crossterm spins, a write sleeps for ever).

use std::{process, sync::mpsc, thread, time::Duration};

use rustix::event::{PollFd, PollFlags, poll};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{Event, terminal, visit, work::Pending};

/// A terminal that does not read must not hold up the end.
const PATIENCE: Duration = Duration::from_millis(150);

/// Starts the threads that wait for signals and for a hangup of the terminal. When it returns, no signal ends
/// the process behind the terminal's back any more.
///
/// # Errors
/// When no thread can be had, or a signal cannot be waited for.
pub fn start<M: Send + 'static>(
    events: mpsc::Sender<Event<M>>,
    pending: Pending,
) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let signals = {
        let _inside = runtime.enter();
        [
            signal(SignalKind::hangup())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
            signal(SignalKind::window_change())?,
            signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?,
        ]
    };
    let hung_up = pending.clone();
    thread::Builder::new()
        .name("deck-signals".to_owned())
        .spawn(move || runtime.block_on(wait(signals, &events, &pending)))?;
    // The belt: SIGHUP may never come (a lost tmux pane), the terminal's hangup always does.
    thread::Builder::new()
        .name("deck-hangup".to_owned())
        .spawn(move || {
            let input = std::io::stdin();
            loop {
                let mut watched = [PollFd::new(&input, PollFlags::empty())];
                match poll(&mut watched, None) {
                    Err(rustix::io::Errno::INTR) => (),
                    Err(_) => return,
                    Ok(_) => end(129, &hung_up),
                }
            }
        })?;
    Ok(())
}

async fn wait<M>(signals: [Signal; 5], events: &mpsc::Sender<Event<M>>, pending: &Pending) {
    let [
        mut hangup,
        mut terminate,
        mut interrupt,
        mut size,
        mut go_on,
    ] = signals;
    loop {
        tokio::select! {
            _ = hangup.recv() => end(129, pending),
            _ = terminate.recv() => end(143, pending),
            _ = interrupt.recv() => if !visit::is_away() { end(130, pending) },
            // crossterm loses a change of size that comes together with a key: it leaves its loop over what is
            // ready at the first event (0.29, event/source/unix/mio.rs).
            _ = size.recv() => drop(events.send(Event::Resized)),
            _ = go_on.recv() => drop(events.send(Event::Continued)),
        }
    }
}

/// Stores what is pending, gives the terminal back if it takes it, and ends the process.
pub fn end(code: i32, pending: &Pending) {
    pending.wait(PATIENCE);
    visit::tidy();
    let (done, wait) = mpsc::channel();
    let giving = thread::Builder::new().spawn(move || {
        terminal::give_back();
        _ = done.send(());
    });
    if giving.is_ok() {
        _ = wait.recv_timeout(PATIENCE);
    }
    process::exit(code);
}
