//! The thread that writes to the terminal. A terminal that stops reading puts it to sleep, and nobody else:
//! while a write is in flight no frame is drawn, so the picture stays right.

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Sender, SyncSender, sync_channel},
    },
    thread,
    time::Instant,
};

use super::Event;

/// Hands frames to the writing thread, one at a time.
#[derive(Debug)]
pub struct Tty {
    frames: SyncSender<Vec<u8>>,
    busy: Arc<AtomicBool>,
}

impl Tty {
    /// Starts the thread. It says [`Event::Written`] after each frame, and [`Event::Hangup`] when the terminal is gone.
    ///
    /// # Errors
    /// When no thread can be had.
    pub fn start<M: Send + 'static>(
        mut out: impl Write + Send + 'static,
        events: Sender<Event<M>>,
    ) -> std::io::Result<Self> {
        let (frames, queue) = sync_channel::<Vec<u8>>(1);
        let busy = Arc::new(AtomicBool::new(false));
        let idle = Arc::clone(&busy);
        thread::Builder::new()
            .name("deck-tty".to_owned())
            .spawn(move || {
                for frame in queue {
                    let begin = Instant::now();
                    let written = out.write_all(&frame);
                    idle.store(false, Ordering::SeqCst);
                    let said = events.send(if written.is_ok() {
                        Event::Written(begin.elapsed())
                    } else {
                        Event::Hangup
                    });
                    if said.is_err() || written.is_err() {
                        return;
                    }
                }
            })?;
        Ok(Self { frames, busy })
    }

    /// True while a frame is on its way.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.busy.load(Ordering::SeqCst)
    }

    /// Sends one frame. Only to be called when it is not busy.
    pub fn send(&self, frame: Vec<u8>) {
        self.busy.store(true, Ordering::SeqCst);
        // The thread is gone only after a hangup, which ends the deck anyway.
        drop(self.frames.try_send(frame));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, mpsc::channel};

    use super::*;

    #[derive(Clone, Default)]
    struct Counting(Arc<Mutex<Vec<usize>>>);

    impl Write for Counting {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().push(bytes.len());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_frame_is_one_write_and_says_so_when_it_arrived() {
        let (events, said) = channel::<Event>();
        let out = Counting::default();
        let tty = Tty::start(out.clone(), events).unwrap();
        for _ in 0..3 {
            assert!(!tty.is_busy());
            tty.send(vec![b'x'; 4000]);
            assert!(matches!(said.recv().unwrap(), Event::Written(_)));
        }
        assert_eq!(*out.0.lock().unwrap(), [4000, 4000, 4000]);
    }
}
