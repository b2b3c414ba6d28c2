//! The deck in a terminal of its own, which answers no question.

use std::{
    io::{Read, Write},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

/// A program in a pty, and all that it wrote.
pub struct Pty {
    /// The terminal's side.
    pub master: Option<Box<dyn MasterPty + Send>>,
    child: Box<dyn Child + Send + Sync>,
    keys: Option<Box<dyn Write + Send>>,
    written: Arc<Mutex<Vec<u8>>>,
    /// When it was started.
    pub started: Instant,
}

const fn size(cols: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols,
        pixel_width: 0,
        pixel_height: 0,
    }
}

/// This test program again, as the deck itself.
pub fn deck(mode: &str) -> CommandBuilder {
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args(["terminal::child", "--exact", "--nocapture"]);
    command.env("DECK_CHILD", mode);
    command.env("LANG", "C.UTF-8");
    command.env("TERM", "xterm-256color");
    // Whoever runs the tests has a taste, too.
    command.env("XDG_CONFIG_HOME", "/nonexistent");
    for name in ["NO_COLOR", "LC_ALL", "LC_CTYPE", "POOLDECK_THEME"] {
        command.env_remove(name);
    }
    command
}

impl Pty {
    /// Starts a program in a terminal of 80x24 that is read all the time.
    pub fn start(command: CommandBuilder) -> Self {
        let mut pty = Self::mute(command);
        pty.read();
        pty
    }

    /// Starts a program in a terminal that nobody reads.
    pub fn mute(command: CommandBuilder) -> Self {
        let pair = native_pty_system().openpty(size(80, 24)).unwrap();
        let started = Instant::now();
        let child = pair.slave.spawn_command(command).unwrap();
        Self {
            keys: Some(pair.master.take_writer().unwrap()),
            master: Some(pair.master),
            child,
            written: Arc::default(),
            started,
        }
    }

    /// Somebody reads from now on.
    pub fn read(&mut self) {
        let mut reader = self.master.as_ref().unwrap().try_clone_reader().unwrap();
        let written = Arc::clone(&self.written);
        thread::spawn(move || {
            let mut bytes = vec![0; 65536];
            while let Ok(n @ 1..) = reader.read(&mut bytes) {
                written.lock().unwrap().extend_from_slice(&bytes[..n]);
            }
        });
    }

    /// All bytes so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.written.lock().unwrap().clone()
    }

    /// The screen as a terminal of that size shows all that was written.
    pub fn screen_at(&self, cols: u16, rows: u16) -> vt100::Screen {
        let mut parser = vt100::Parser::new(rows.try_into().unwrap(), cols.try_into().unwrap(), 0);
        parser.process(&self.bytes());
        parser.screen().clone()
    }

    /// The same at 80x24.
    pub fn screen(&self) -> vt100::Screen {
        self.screen_at(80, 24)
    }

    /// Presses keys.
    pub fn press(&mut self, keys: &str) {
        let pipe = self.keys.as_mut().unwrap();
        pipe.write_all(keys.as_bytes()).unwrap();
        pipe.flush().unwrap();
    }

    /// Waits until the screen shows a text; the time since the start.
    pub fn until(&self, text: &str) -> Duration {
        let end = Instant::now() + Duration::from_secs(10);
        while !self.screen().contents().contains(text) {
            assert!(
                Instant::now() < end,
                "`{text}` did not come:\n{}",
                self.screen().contents()
            );
            thread::sleep(Duration::from_millis(2));
        }
        self.started.elapsed()
    }

    /// Sends a signal to the program.
    pub fn signal(&self, name: &str) {
        let pid = self.child.process_id().unwrap().to_string();
        let sent = std::process::Command::new("kill")
            .args(["-s", name, &pid])
            .status();
        assert!(sent.unwrap().success());
    }

    /// What the program has in memory.
    pub fn memory_mib(&self) -> u64 {
        let pid = self.child.process_id().unwrap();
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().nth(1));
        kib.unwrap().parse::<u64>().unwrap() >> 10
    }

    /// Takes the terminal away.
    pub fn hang_up(&mut self) {
        self.keys = None;
        self.master = None;
    }

    /// Another size.
    pub fn resize(&self, cols: u16, rows: u16) {
        self.master
            .as_ref()
            .unwrap()
            .resize(size(cols, rows))
            .unwrap();
    }

    /// Waits for the end: how it ended and how long that took.
    pub fn ended(&mut self) -> (ExitStatus, Duration) {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status, begin.elapsed());
            }
            assert!(begin.elapsed() < Duration::from_secs(5), "it does not end");
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// True when lines are edited by the kernel again, as a shell expects it.
    pub fn is_cooked(&self) -> bool {
        let termios = self.master.as_ref().unwrap().get_termios().unwrap();
        format!("{:?}", termios.local_flags).contains("ICANON")
    }

    /// The terminal is as it was before the deck.
    pub fn assert_restored(&self) {
        thread::sleep(Duration::from_millis(20));
        let screen = self.screen();
        assert!(self.is_cooked(), "the terminal is still raw");
        assert!(!screen.alternate_screen(), "still on the alternate screen");
        assert!(!screen.hide_cursor(), "the cursor is still hidden");
        assert!(!screen.bracketed_paste(), "pastes are still bracketed");
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        drop(self.child.kill());
    }
}
