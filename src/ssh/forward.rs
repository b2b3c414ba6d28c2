//! A port here that leads through a server's connection to an address that the server reaches.
//! Must never listen anywhere but on 127.0.0.1.

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use ::openssh::{ForwardType, Socket};
use tokio::time::timeout;

use super::{TransportError, master::Master, openssh::OpenSsh, trouble};
use crate::fleet::{Server, TroubleKind};

/// An open forward; it ends when this is dropped, or with the connection.
#[derive(Debug)]
pub struct Forward {
    /// The port on 127.0.0.1.
    pub port: u16,
    target: (String, u16),
    master: Arc<Master>,
}

impl OpenSsh {
    /// Opens a forward to `host:port` as `server` sees it.
    ///
    /// # Errors
    /// Why there is no connection, or that it lets no forward through (`AllowTcpForwarding no`).
    pub async fn forward(
        &self,
        server: &Server,
        host: &str,
        port: u16,
    ) -> Result<Forward, TransportError> {
        let master = self.links.connection(server).await?;
        let mut last = String::new();
        // A port that was free may be taken before ssh binds it.
        for _ in 0..3 {
            let here = free_port(server)?;
            let request = master.session.request_port_forward(
                ForwardType::Local,
                Socket::from((Ipv4Addr::LOCALHOST, here)),
                Socket::new(host, port),
            );
            match timeout(Duration::from_secs(5), request).await {
                Ok(Ok(())) => {
                    return Ok(Forward {
                        port: here,
                        target: (host.to_owned(), port),
                        master,
                    });
                }
                Ok(Err(error)) => last = error.to_string(),
                Err(_) => "it does not answer".clone_into(&mut last),
            }
        }
        if !master.answers().await {
            self.links.close(server, &master).await;
        }
        let line = format!("no forward to {host}:{port}: {last}");
        Err(trouble::trouble(server, TroubleKind::Disconnected, &line))
    }
}

impl Forward {
    /// False once its connection is gone.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.master.is_alive()
    }
}

impl Drop for Forward {
    fn drop(&mut self) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let (master, (host, port), here) =
            (Arc::clone(&self.master), self.target.clone(), self.port);
        runtime.spawn(async move {
            let request = master.session.close_port_forward(
                ForwardType::Local,
                Socket::from((Ipv4Addr::LOCALHOST, here)),
                Socket::new(&*host, port),
            );
            drop(timeout(Duration::from_secs(2), request).await);
        });
    }
}

fn free_port(server: &Server) -> Result<u16, TransportError> {
    let free = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    free.and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| {
            let line = format!("no free port here: {error}");
            trouble::trouble(server, TroubleKind::Disconnected, &line)
        })
}
