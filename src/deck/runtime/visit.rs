//! k9s, or a shell with kubectl, on one pool: the terminal is theirs until they end.
//! Must never leave a kubeconfig behind: it is the administrator's key of a cluster.

use std::{
    env,
    ffi::{OsStr, OsString},
    fs,
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Command, Stdio},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::Sender,
    },
    thread,
};

use super::{Event, terminal};
use crate::fleet::PoolName;

/// Another program has the terminal: an interrupt there is its own.
static AWAY: AtomicBool = AtomicBool::new(false);
/// The kubeconfig that lies there now.
static LEFT: Mutex<Option<PathBuf>> = Mutex::new(None);

/// True while another program has the terminal.
pub fn is_away() -> bool {
    AWAY.load(Ordering::SeqCst)
}

/// Removes the kubeconfig, however the deck ends.
pub fn tidy() {
    if let Some(path) = LEFT.lock().unwrap_or_else(PoisonError::into_inner).take() {
        // It is not there when the visit has ended.
        drop(fs::remove_file(path));
    }
}

/// Starts it. `fetch` prints the kubeconfig of the pool whose name comes behind it. At the end there is
/// [`Event::Back`], with the reason where it did not come to it.
pub fn start(pool: PoolName, fetch: Vec<OsString>, events: Sender<Event>) -> io::Result<()> {
    AWAY.store(true, Ordering::SeqCst);
    thread::Builder::new()
        .name("deck-visit".to_owned())
        .spawn(move || {
            let ended = visit(&pool, &fetch);
            tidy();
            AWAY.store(false, Ordering::SeqCst);
            drop(events.send(Event::Back(ended)));
        })?;
    Ok(())
}

fn visit(pool: &PoolName, fetch: &[OsString]) -> Result<(), String> {
    let (mut command, what) = if on_path("k9s") {
        (Command::new("k9s"), "k9s")
    } else if on_path("kubectl") {
        let shell = env::var_os("SHELL").filter(|shell| !shell.is_empty());
        (
            Command::new(shell.unwrap_or_else(|| "/bin/sh".into())),
            "a shell with kubectl",
        )
    } else {
        return Err("neither k9s nor kubectl is installed here; `pooldeck pool kubeconfig` prints what others need".to_owned());
    };
    // Not through `io::stdout`: whoever opened the deck may hold its lock.
    let mut out = terminal::open().map_err(|error| error.to_string())?;
    drop(writeln!(
        out,
        "{what} on pool {pool}; when it ends, the deck comes back"
    ));
    let path = kubeconfig(pool, fetch)?;
    let status = command.env("KUBECONFIG", &path).status();
    status.map_err(|error| format!("{what} cannot be started: {error}"))?;
    Ok(())
}

/// Fetches it into a file that only its owner reads, in memory where the system has such a place.
fn kubeconfig(pool: &PoolName, fetch: &[OsString]) -> Result<PathBuf, String> {
    let failed = |error: io::Error| format!("the kubeconfig of {pool} was not fetched: {error}");
    let [program, args @ ..] = fetch else {
        return Err("there is nothing that fetches a kubeconfig".to_owned());
    };
    let output = Command::new(program)
        .args(args)
        .arg(pool.as_str())
        .stderr(Stdio::piped())
        .output()
        .map_err(failed)?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    let folder = env::var_os("XDG_RUNTIME_DIR").map_or_else(env::temp_dir, PathBuf::from);
    let mut file = tempfile::Builder::new()
        .prefix("pooldeck-kubeconfig-")
        .permissions(fs::Permissions::from_mode(0o600))
        .tempfile_in(folder)
        .map_err(failed)?;
    *LEFT.lock().unwrap_or_else(PoisonError::into_inner) = Some(file.path().to_path_buf());
    file.write_all(&output.stdout).map_err(failed)?;
    file.keep()
        .map(|(_, path)| path)
        .map_err(|error| failed(error.error))
}

fn on_path(name: &str) -> bool {
    let executable = |folder: PathBuf| {
        let file = fs::metadata(folder.join(OsStr::new(name)));
        file.is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
    };
    env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(executable))
}
