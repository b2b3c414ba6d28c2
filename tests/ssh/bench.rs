//! A private sshd on 127.0.0.1 with its own keys, and a transport that knows it.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use pooldeck::{
    fleet::{Access, Expect, Place, Server, Sources},
    ssh::openssh::{OpenSsh, Options},
};

/// The server, its files, and what the operator has for it.
pub struct Bench {
    pub dir: tempfile::TempDir,
    pub port: u16,
    sshd: Child,
}

impl Bench {
    /// Starts it. Fails with the way out when there is no sshd on this machine.
    pub fn start() -> Self {
        let dir = tempfile::Builder::new()
            .prefix("pooldeck-sshd-")
            .tempdir()
            .unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for key in ["host", "other", "client", "stranger"] {
            keygen(&dir.path().join(key));
        }
        fs::copy(
            dir.path().join("client.pub"),
            dir.path().join("authorized_keys"),
        )
        .unwrap();
        let fakes = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ssh/fake-systemd");
        fs::create_dir(dir.path().join("bin")).unwrap();
        for fake in ["systemd-run", "systemctl", "sudo"] {
            fs::copy(fakes.join(fake), dir.path().join("bin").join(fake)).unwrap();
        }
        // Reserved until sshd binds it; nobody else is given it in between but by bad luck.
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let sshd = serve(dir.path(), port, "host");
        let bench = Self { dir, port, sshd };
        bench.know("host");
        bench
    }

    /// Serves with another host key from now on.
    pub fn change_host_key(&mut self) {
        self.sshd.kill().unwrap();
        self.sshd.wait().unwrap();
        self.sshd = serve(self.dir.path(), self.port, "other");
    }

    /// Writes known_hosts with that key as the only one.
    pub fn know(&self, key: &str) {
        let key = fs::read_to_string(self.dir.path().join(format!("{key}.pub"))).unwrap();
        let line = format!("[127.0.0.1]:{} {key}", self.port);
        fs::write(self.dir.path().join("known_hosts"), line).unwrap();
    }

    /// A transport with this operator's configuration.
    pub fn transport(&self, scripts: fn(&str) -> Option<&'static str>) -> OpenSsh {
        let dir = self.dir.path();
        let config = dir.join("ssh_config");
        let text = format!(
            "Host *\n  IdentityFile {0}/client\n  IdentitiesOnly yes\n  IdentityAgent none\n  UserKnownHostsFile {0}/known_hosts\n  GlobalKnownHostsFile /dev/null\n",
            dir.display()
        );
        fs::write(&config, text).unwrap();
        OpenSsh::new(Options {
            config: Some(config),
            units: dir.join("run").display().to_string(),
            scripts,
        })
        .unwrap()
    }

    /// The server as an inventory would name it.
    pub fn server(&self) -> Server {
        Server {
            name: "s01".parse().unwrap(),
            access: Access {
                host: "127.0.0.1".to_owned(),
                port: Some(self.port),
                user: None,
                key_file: None,
                sudo: false,
            },
            offered: true,
            zone: None,
            labels: std::collections::BTreeMap::new(),
            expect: Expect::default(),
            node_address: None,
            sources: Sources::default(),
            place: Place::default(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The processes of the ssh masters with this bench's configuration.
    pub fn masters(&self) -> Vec<u32> {
        let dir = self.dir.path().display().to_string();
        let ours = |id: &u32| {
            let line = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains(&dir) && line.starts_with(b"ssh\0")
        };
        children(std::process::id())
            .into_iter()
            .filter(ours)
            .collect()
    }

    /// Kills the connections.
    pub fn cut(&self) {
        for id in self.masters() {
            let killed = Command::new("kill").args(["-9", &id.to_string()]).status();
            assert!(killed.is_ok_and(|status| status.success()));
        }
    }

    /// What runs in sessions of this sshd, sshd itself left out.
    pub fn remote_processes(&self) -> Vec<String> {
        let mut below = vec![self.sshd.id()];
        let mut found = Vec::new();
        while let Some(parent) = below.pop() {
            for child in children(parent) {
                let name = fs::read_to_string(format!("/proc/{child}/comm")).unwrap_or_default();
                if !name.starts_with("sshd") {
                    found.push(name.trim().to_owned());
                }
                below.push(child);
            }
        }
        found
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        drop(self.sshd.kill());
        drop(self.sshd.wait());
    }
}

/// Waits until it is so, at most five seconds.
pub async fn until(what: &str, mut so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(5);
    while !so() {
        assert!(Instant::now() < end, "never came true: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn children(parent: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{parent}/task"));
    tasks
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|task| fs::read_to_string(task.path().join("children")).ok())
        .flat_map(|ids| {
            ids.split_whitespace()
                .filter_map(|id| id.parse().ok())
                .collect::<Vec<_>>()
        })
        .collect()
}

fn keygen(path: &Path) {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(path)
        .status();
    assert!(
        made.is_ok_and(|status| status.success()),
        "ssh-keygen is missing: install openssh-client"
    );
}

fn serve(dir: &Path, port: u16, host_key: &str) -> Child {
    let sshd = ["/usr/sbin/sshd", "/usr/bin/sshd", "/usr/local/sbin/sshd"];
    let sshd = sshd.iter().find(|path| Path::new(path).exists());
    let sshd =
        sshd.expect("sshd is missing: `apt-get install openssh-server` (no need to start it)");
    // As root, sshd wants the directory of its unprivileged half, which its unit makes at boot.
    drop(fs::create_dir_all("/run/sshd"));
    let config = dir.join("sshd_config");
    let text = format!(
        "ListenAddress 127.0.0.1\nPort {port}\nHostKey {dir}/{host_key}\nAuthorizedKeysFile {dir}/authorized_keys\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPidFile none\nMaxSessions 10\nSetEnv HOME={dir} PATH={dir}/bin:/usr/bin:/bin:/usr/sbin:/sbin\nX11Forwarding no\n",
        dir = dir.display()
    );
    fs::write(&config, text).unwrap();
    let log = fs::File::create(dir.join("sshd.log")).unwrap();
    let mut child = Command::new(sshd)
        .args(["-D", "-e", "-f"])
        .arg(&config)
        .stdin(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap();
    let end = Instant::now() + Duration::from_secs(5);
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        let said = fs::read_to_string(dir.join("sshd.log")).unwrap_or_default();
        assert!(
            child.try_wait().unwrap().is_none() && Instant::now() < end,
            "sshd: {said}"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    child
}
