//! Who asks: the login behind sudo and SSH. Must never be the name that somebody merely claims where the kernel knows better.

/// The login's name: the audit's login uid, else the user behind sudo, else the user of this process.
#[must_use]
pub fn login() -> String {
    let kernel = std::fs::read_to_string("/proc/self/loginuid")
        .ok()
        .and_then(|uid| name_of(uid.trim()));
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    kernel
        .or_else(|| variable("SUDO_USER"))
        .or_else(|| own_uid().and_then(|uid| name_of(&uid)))
        .or_else(|| variable("USER"))
        .unwrap_or_else(|| "somebody".to_owned())
}

/// `ops1@jump1`, with the address that the login came from where SSH says so: `ops1@jump1 from 10.0.0.9`.
#[must_use]
pub fn actor() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let from = std::env::var("SSH_CONNECTION").ok().and_then(|connection| {
        connection
            .split_whitespace()
            .next()
            .map(|client| format!(" from {client}"))
    });
    format!("{}@{}{}", login(), host.trim(), from.unwrap_or_default())
}

fn own_uid() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("Uid:"))?;
    line.split_whitespace().nth(1).map(str::to_owned)
}

/// A user's name in /etc/passwd; none for the kernel's "unset" (4294967295) and for unknown ones.
fn name_of(uid: &str) -> Option<String> {
    let passwd = std::fs::read_to_string("/etc/passwd").ok()?;
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid).then(|| name.to_owned())
    })
}
