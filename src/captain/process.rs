//! Signals that end the process: work on servers goes on there, the next captain finds it.

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};

use super::door::Input;

/// Sends [`Input::Terminate`] on SIGTERM, SIGINT and SIGHUP.
pub fn on_terminate(to: &mpsc::Sender<Input>) {
    for kind in [
        SignalKind::terminate(),
        SignalKind::interrupt(),
        SignalKind::hangup(),
    ] {
        let Ok(mut stream) = signal(kind) else {
            continue;
        };
        let to = to.clone();
        tokio::spawn(async move {
            if stream.recv().await.is_some() {
                drop(to.send(Input::Terminate).await);
            }
        });
    }
}
