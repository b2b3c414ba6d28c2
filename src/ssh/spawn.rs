//! Starts ssh processes that die with us, and makes room for their files.
//! Must never start one from a thread that may end before the process does: `PR_SET_PDEATHSIG` follows the thread.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{OnceLock, mpsc},
    thread,
};

use tokio::{
    process::{Child, Command},
    runtime::Handle,
    sync::oneshot,
};

struct Job {
    command: Command,
    runtime: Handle,
    answer: oneshot::Sender<io::Result<Child>>,
}

/// Starts `command` from the one thread that lives as long as the process. The child is killed when it is
/// dropped, and by the kernel when we die in whatever way.
///
/// # Errors
/// What the operating system says: no such program, no more processes.
pub(super) async fn spawn(mut command: Command) -> io::Result<Child> {
    static SPAWNER: OnceLock<mpsc::Sender<Job>> = OnceLock::new();
    command.kill_on_drop(true);
    die_with_us(&mut command);
    let (answer, answered) = oneshot::channel();
    let job = Job {
        command,
        runtime: Handle::current(),
        answer,
    };
    let gone = || io::Error::other("the thread that starts ssh is gone");
    let spawner = SPAWNER.get_or_init(start_thread);
    spawner.send(job).map_err(|_| gone())?;
    answered.await.map_err(|_| gone())?
}

fn start_thread() -> mpsc::Sender<Job> {
    let (jobs, queue) = mpsc::channel::<Job>();
    let thread = thread::Builder::new().name("ssh-masters".to_owned());
    let run = move || {
        for mut job in queue {
            let _inside = job.runtime.enter();
            // tokio panics where the runtime is going down; this thread's end would be every master's end.
            let child = catch_unwind(AssertUnwindSafe(|| job.command.spawn()));
            let child = child.unwrap_or_else(|_| Err(io::Error::other("going down")));
            // When nobody waits any more the child is dropped, and so killed.
            drop(job.answer.send(child));
        }
    };
    if let Err(error) = thread.spawn(run) {
        tracing::error!(%error, "no thread for ssh");
    }
    jobs
}

#[expect(
    unsafe_code,
    reason = "prctl between fork and exec; it is async-signal-safe"
)]
fn die_with_us(command: &mut Command) {
    unsafe {
        command.pre_exec(|| {
            if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM) == 0 {
                Ok(())
            } else {
                Err(io::Error::last_os_error())
            }
        });
    }
}

/// Raises the soft limit of open files to the hard one: each command needs four, and 1024 is the usual soft limit.
#[expect(unsafe_code, reason = "getrlimit and setrlimit with a valid pointer")]
pub(super) fn raise_open_files() {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    unsafe {
        if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) == 0 {
            limit.rlim_cur = limit.rlim_max;
            libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
        }
    }
}
