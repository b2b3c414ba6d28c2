//! Carries a script out on its server and looks whether it is so, through whatever the connection does meanwhile.
//! Must never start a unit twice: after a break it is looked for.

use std::{sync::atomic::Ordering, time::Duration};

use jiff::{SignedDuration, Timestamp};
use tokio::time::{sleep, timeout};

use super::{
    door::Over,
    step::{AGAIN_EVERY, Seen, Work, tail},
};
use crate::{
    fleet::{Script, Server, TroubleKind, Verb, script::exit},
    run::Fact,
    ssh::{Answer, Transport, TransportError, UnitName, UnitState},
};

/// How a connection's trouble is waited out, in seconds: quickly at first, then every few seconds.
const PATIENCE: [u64; 6] = [0, 1, 2, 3, 5, 8];
/// How often a check that cannot tell is repeated before the step is put off.
const CANNOT_TELL_TRIES: u32 = 3;
/// A resumed step whose deadline has passed is still followed for that long.
const LAST_LOOK: Duration = Duration::from_secs(10);
/// ssh takes a peer for dead after that (`ServerAliveInterval=15`, three times, and a connect).
const SILENT: SignedDuration = SignedDuration::from_secs(60);
/// Output lines kept for the reason of a failure.
const KEPT_LINES: usize = 20;

/// A connection's trouble, for as long as it lasts.
#[derive(Default)]
struct Trouble {
    since: Option<Timestamp>,
    last: Option<Timestamp>,
    tries: usize,
}

impl Trouble {
    /// A call that was begun at `asked` has failed. When it went well for some time, this is a new trouble.
    fn call_failed(&mut self, asked: Timestamp, said_something: bool, now: Timestamp) {
        let silent = now - SILENT;
        if said_something || asked < silent - SILENT / 2 {
            *self = Self::default();
        }
        self.since.get_or_insert(asked.max(silent));
    }
}

/// Who refused, and how: the server that is changed may be well while its control plane is not.
type Refusal<'a> = (&'a Server, TransportError);

impl<T: Transport> Work<T> {
    /// Runs the check until it can tell.
    pub(super) async fn look(&self) -> Result<Result<Seen, Fact>, Over> {
        let (mut tries, mut trouble) = (0, Trouble::default());
        loop {
            let asked = (self.clock)();
            match self.transport.check(self.host(), &self.check).await {
                Ok(Answer {
                    code: exit::OK,
                    output,
                }) => {
                    // What it looked at: the only lines of a step that was so already.
                    output
                        .lines()
                        .for_each(|line| self.door.line(line.to_owned()));
                    return Ok(Ok(Seen::So));
                }
                Ok(Answer {
                    code: exit::NOT_SO,
                    output,
                }) => return Ok(Ok(Seen::NotSo(output))),
                Ok(Answer {
                    code: exit::FENCED,
                    output,
                }) => {
                    self.door.fenced(&self.host().name, output).await;
                    return Err(Over);
                }
                Ok(Answer { output, .. }) => {
                    trouble = Trouble::default();
                    tries += 1;
                    if tries >= CANNOT_TELL_TRIES {
                        let why = format!("it cannot be told whether it is so: {}", tail(&output));
                        return Ok(Err(self.later(why)));
                    }
                    sleep(AGAIN_EVERY).await;
                }
                Err(error) => {
                    let refusal = (self.host(), error);
                    trouble.call_failed(asked, false, (self.clock)());
                    if let Some(fact) = self.wait_out(refusal, &mut trouble).await {
                        return Ok(Err(fact));
                    }
                }
            }
        }
    }

    /// Starts the unit (or finds it), follows it to its end: its exit code, none when it vanished, and its last lines.
    pub(super) async fn carry_out(
        &self,
        unit: &UnitName,
    ) -> Result<Result<(Option<i32>, String), Fact>, Over> {
        let (mut trouble, mut read, mut said) = (Trouble::default(), 0_u64, Vec::<String>::new());
        let mut begun = self.resumed;
        loop {
            let from = read;
            let mut line = |text: String| {
                read += 1;
                if said.len() == KEPT_LINES {
                    said.remove(0);
                }
                said.push(text.clone());
                self.door.line(text);
            };
            let asked = (self.clock)();
            let going = self.go(unit, &mut begun, from, &mut line);
            let ended = if let Ok(ended) = timeout(self.time_left(), going).await {
                ended
            } else if let Err(error) = self.forget(unit).await {
                // Where the connection is dead it is not the unit that takes long.
                Err((self.host(), error))
            } else {
                let text = format!("it took longer than {} s and was ended", self.step.deadline);
                return Ok(Ok((None, text)));
            };
            match ended {
                // It may be an older captain's, refused because of this one: as if it had never begun.
                Ok(UnitState::Finished {
                    code: exit::FENCED, ..
                }) if self.resumed => return Ok(Ok((None, said.join("\n")))),
                Ok(UnitState::Finished {
                    code: exit::FENCED, ..
                }) => {
                    self.door.fenced(&self.host().name, said.join("\n")).await;
                    return Err(Over);
                }
                Ok(UnitState::Finished { code, .. }) => {
                    return Ok(Ok((Some(code), said.join("\n"))));
                }
                Ok(UnitState::Absent) => return Ok(Ok((None, said.join("\n")))),
                Err(refusal) => {
                    trouble.call_failed(asked, read > from, (self.clock)());
                    if let Some(fact) = self.wait_out(refusal, &mut trouble).await {
                        return Ok(Err(fact));
                    }
                }
            }
        }
    }

    /// Starts it, or follows what was started.
    async fn go(
        &self,
        unit: &UnitName,
        begun: &mut bool,
        from: u64,
        line: &mut (dyn FnMut(String) + Send),
    ) -> Result<UnitState, Refusal<'_>> {
        let host = self.host();
        if *begun {
            let followed = self.transport.follow(host, unit, from, line).await;
            return followed.map_err(|error| (host, error));
        }
        let script = self.with_secret().await?;
        // From here on it may have run: after a break it is looked for, never started twice.
        *begun = true;
        let ran = self.transport.run(host, unit, &script, line).await;
        ran.map_err(|error| (host, error))
    }

    /// What is left until the deadline; a little even when it has passed, so that a result is still read.
    fn time_left(&self) -> Duration {
        let left = self.deadline().duration_since((self.clock)());
        Duration::try_from(left).unwrap_or_default().max(LAST_LOOK)
    }

    async fn with_secret(&self) -> Result<Script, Refusal<'_>> {
        let mut script = self.act.clone();
        if let (Some(mint), Some(executor)) = (&self.mint, &self.executor) {
            let secret = self.transport.fetch(executor, mint).await;
            script.secret = Some(secret.map_err(|error| (executor, error))?);
        }
        Ok(script)
    }

    /// Waits out a connection's trouble; a fact when it is not to be waited out here.
    async fn wait_out(&self, (host, error): Refusal<'_>, trouble: &mut Trouble) -> Option<Fact> {
        let server = host.name.clone();
        let refuses = matches!(
            error.kind,
            TroubleKind::Authentication
                | TroubleKind::HostKeyUnknown
                | TroubleKind::HostKeyChanged
                | TroubleKind::SudoRefused
                | TroubleKind::Stranger
        );
        if (self.job.verb == Verb::Undo || self.ending) && refuses {
            // No waiting makes it right: it is owed, and a run that is to end is not kept open for it.
            let (step, why) = (self.step.id, error.text);
            return Some(Fact::Failed { step, why });
        }
        match error.kind {
            TroubleKind::Authentication | TroubleKind::NeedsKey => {
                let why = format!("needs a key: {}", error.text);
                return Some(Fact::Parked { server, why });
            }
            TroubleKind::HostKeyUnknown
            | TroubleKind::HostKeyChanged
            | TroubleKind::SudoRefused
            | TroubleKind::Stranger => {
                let why = error.text;
                return Some(Fact::Parked { server, why });
            }
            TroubleKind::Unreachable
            | TroubleKind::Refused
            | TroubleKind::Disconnected
            | TroubleKind::Unreadable => (),
        }
        let now = (self.clock)();
        let since = trouble.since.unwrap_or(now);
        if since + self.patience < now {
            let (step, why) = (self.step.id, error.text);
            return Some(Fact::Failed { step, why });
        }
        let pause = PATIENCE
            .get(trouble.tries)
            .or(PATIENCE.last())
            .copied()
            .unwrap_or(8);
        trouble.tries += 1;
        // One blip is not worth a line.
        if trouble.tries == 2 {
            let first = error.text.lines().next().unwrap_or_default();
            let minutes = self.patience.as_secs().div_ceil(60);
            self.door.line(format!(
                "waiting for {server}, {minutes} min at most: {first}"
            ));
        }
        let lost = trouble
            .last
            .replace(now)
            .map(|last| now.duration_since(last));
        // At least a little: whoever looks at it must see that there was a break.
        let lost = lost.unwrap_or_default().as_millis().max(1);
        self.lost
            .fetch_add(u64::try_from(lost).unwrap_or_default(), Ordering::Relaxed);
        sleep(Duration::from_secs(pause)).await;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_short_troubles_that_lie_far_apart_are_two() {
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
        let at = |minutes| start + SignedDuration::from_mins(minutes);
        let mut trouble = Trouble::default();
        trouble.call_failed(at(0), false, at(0));
        assert_eq!(trouble.since, Some(at(0)));
        // The next call ran well for half an hour before it was cut.
        trouble.call_failed(at(0), false, at(30));
        assert_eq!(trouble.since, Some(at(29)), "as long as ssh is silent");
        // One that fails at once lengthens what there is; one that had said something begins anew.
        trouble.call_failed(at(31), false, at(31));
        assert_eq!(trouble.since, Some(at(29)));
        trouble.call_failed(at(31), true, at(33));
        assert_eq!(trouble.since, Some(at(32)));
    }
}
