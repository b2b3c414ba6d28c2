//! The odd servers of every room: one that serves something, somebody else's node, one that is off, one whose clock is wrong, and some
//! that nobody offered.
//! Must never be one that a pool has.

use super::fleet::Room;
use crate::fleet::ServerName;

/// Servers that are not as the others.
#[derive(Debug, Clone, Default)]
pub struct Odd {
    /// One for each: it serves something (0), it is somebody else's node (1), it is off (2), its clock is wrong (3).
    pub kinds: Vec<usize>,
    /// So many that nobody offered.
    pub not_offered: usize,
}

/// Makes those that come next so.
pub fn oddities(room: &mut Room, free: &mut impl Iterator<Item = ServerName>, odd: &Odd) {
    let names: Vec<ServerName> = free.take(odd.kinds.len()).collect();
    for (kind, name) in odd.kinds.iter().zip(&names) {
        room.rack.machine(name, |machine| match kind {
            0 => {
                machine.strangers.listeners =
                    vec!["tcp 389 slapd".to_owned(), "tcp 636 slapd".to_owned()];
            }
            1 => {
                machine.strangers.cluster = Some("https://k8s.staging.example:6443".to_owned());
                machine.strangers.containers = 14;
            }
            2 => machine.power = false,
            _ => machine.clock_ahead = 412.0,
        });
    }
    let not_offered: Vec<ServerName> = free.take(odd.not_offered).collect();
    for name in not_offered {
        if let Some(server) = room.listed.get_mut(&name) {
            server.offered = false;
        }
    }
}
