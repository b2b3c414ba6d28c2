//! What a verb has around it: where to print, whom to ask, what time it is, how it ends.
//! Must never print a secret that was not asked for by name.

use std::io::{self, BufRead, IsTerminal, Write};

use jiff::{Timestamp, tz::TimeZone};

use super::args::{Common, Output};
use crate::{
    fleet::{inventory, until::until},
    store::StoreError,
};

/// How a verb ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// Refused or failed.
    Refused,
    /// Wrong usage, or an inventory that cannot be read.
    Usage,
    /// A human must look.
    Stuck,
    /// Cancelled.
    Cancelled,
    /// A monitoring check's answer: 0 none, 1 warnings, 2 critical.
    Check(u8),
}

impl Exit {
    /// The process's exit code.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Refused => 1,
            Self::Usage => 2,
            Self::Stuck => 3,
            Self::Cancelled => 130,
            Self::Check(code) => code,
        }
    }
}

/// Why a verb was not done.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Refused or failed; the text has a `hint:`.
    #[error("{0}")]
    Refused(String),
    /// Wrong usage.
    #[error("{0}")]
    Usage(String),
    /// The inventory's problems, all of them.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Inventory(Vec<inventory::Problem>),
    /// The store said no.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing can be printed.
    #[error("cannot print: {0}")]
    Print(#[from] io::Error),
}

impl Failure {
    /// How the process ends with it. A reader that went away (`| head`) is no failure.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) | Self::Inventory(_) => Exit::Usage,
            Self::Print(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
            Self::Refused(_) | Self::Store(_) | Self::Print(_) => Exit::Refused,
        }
    }
}

/// A verb's answer.
pub type Answer = Result<Exit, Failure>;

/// What a verb has around it.
pub struct Shell<'a> {
    /// The flags of every verb.
    pub common: Common,
    /// Standard output: what was asked for.
    pub out: &'a mut dyn Write,
    /// Standard error: what happens meanwhile.
    pub notes: &'a mut dyn Write,
    /// Where answers come from.
    pub input: &'a mut dyn BufRead,
    /// Somebody sits there and can be asked.
    pub terminal: bool,
}

impl Shell<'_> {
    /// What time it is.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    /// A time that was given, in this machine's zone.
    ///
    /// # Errors
    /// [`Failure::Usage`] when it is none, has gone, or is too far.
    pub fn until(&self, text: &str) -> Result<Timestamp, Failure> {
        let read = until(text, self.now(), &TimeZone::system());
        read.map_err(|error| Failure::Usage(error.to_string()))
    }

    /// `-o json`.
    #[must_use]
    pub fn json(&self) -> bool {
        self.common.output == Output::Json
    }

    /// Whether runs are followed to their end.
    #[must_use]
    pub const fn waits(&self) -> bool {
        self.common.wait || self.terminal && !self.common.no_wait
    }

    /// Refuses under `--plan-only`: for what changes something and has no preview.
    ///
    /// # Errors
    /// [`Failure::Usage`].
    pub fn may_act(&self) -> Result<(), Failure> {
        self.may_change()?;
        if self.common.plan_only {
            return Err(Failure::Usage(
                "this has no preview that `--plan-only` could show: nothing was changed\nhint: leave `--plan-only` out"
                    .to_owned(),
            ));
        }
        Ok(())
    }

    /// Refuses under `--read-only`.
    ///
    /// # Errors
    /// [`Failure::Refused`].
    pub fn may_change(&self) -> Result<(), Failure> {
        if self.common.read_only {
            return Err(Failure::Refused(
                "this changes something, and `--read-only` is set\nhint: leave `--read-only` out"
                    .to_owned(),
            ));
        }
        Ok(())
    }

    /// Prints a line of what was asked for.
    ///
    /// # Errors
    /// [`Failure::Print`].
    pub fn say(&mut self, line: impl AsRef<str>) -> Result<(), Failure> {
        writeln!(self.out, "{}", harmless(line.as_ref()))?;
        Ok(())
    }

    /// Prints lines of what was asked for; the verb is done with them.
    ///
    /// # Errors
    /// [`Failure::Print`].
    pub fn say_all(&mut self, lines: impl IntoIterator<Item = impl AsRef<str>>) -> Answer {
        for line in lines {
            self.say(line)?;
        }
        Ok(Exit::Done)
    }

    /// Prints a line of what happens meanwhile.
    ///
    /// # Errors
    /// [`Failure::Print`].
    pub fn note(&mut self, line: impl AsRef<str>) -> Result<(), Failure> {
        writeln!(self.notes, "{}", harmless(line.as_ref()))?;
        Ok(())
    }

    /// Prints one JSON document.
    ///
    /// # Errors
    /// [`Failure::Print`].
    pub fn document(&mut self, value: &serde_json::Value) -> Result<(), Failure> {
        writeln!(self.out, "{value:#}")?;
        Ok(())
    }

    /// Asks a question and reads one line; what is typed stays on that line.
    ///
    /// # Errors
    /// [`Failure::Print`].
    pub fn ask(&mut self, question: &str) -> Result<String, Failure> {
        write!(self.notes, "{} ", harmless(question))?;
        self.notes.flush()?;
        let mut line = String::new();
        self.input.read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }
}

/// The line without what a terminal obeys or what turns the order of letters: words of servers and files are among what is printed.
#[must_use]
pub fn harmless(line: &str) -> String {
    let obeyed = |c: char| c.is_control() && c != '\n' && c != '\t';
    // Unicode's embeddings, overrides and isolates (UAX 9).
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    line.replace(|c: char| obeyed(c) || turns(c), "\u{fffd}")
}

/// True when somebody sits at both ends.
#[must_use]
pub fn is_terminal() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_moves_no_cursor_and_sets_no_title() {
        assert_eq!(
            harmless("\u{1b}]0;owned\u{7}\u{9b}2J\ta\nb\u{202e}cod"),
            "\u{fffd}]0;owned\u{fffd}\u{fffd}2J\ta\nb\u{fffd}cod"
        );
    }
}
