//! A believable room: racks of servers of a few kinds, and what every room has, from the one that serves something
//! to the one whose clock is off.
//! Must never be random: one seed is one room.

use std::{collections::BTreeMap, net::Ipv4Addr};

use jiff::SignedDuration;

use super::{
    clock::Clock,
    machine::{Hardware, Machine},
    prng::Prng,
    rack::Rack,
};
use crate::fleet::{
    Access, BootId, Bytes, Capacity, Expect, MachineId, Place, Server, ServerName, Sources,
};

/// Fewer than these cannot hold three pools and some spare ones.
pub const LEAST: usize = 12;
/// More than these have no addresses in the room's network.
pub const MOST: usize = 10_000;

/// Cores, nominal memory in GiB, sockets, disk in GB.
const KINDS: [(u32, u64, u32, u64); 4] = [
    (4, 16, 1, 240),
    (16, 64, 1, 960),
    (32, 128, 2, 1_920),
    (24, 256, 2, 960),
];

/// A room and the list of its servers as an inventory would have it.
#[derive(Debug, Clone)]
pub struct Room {
    /// Its servers in memory.
    pub rack: Rack,
    /// What the operator wrote down.
    pub listed: BTreeMap<ServerName, Server>,
    /// Servers for control planes, in order.
    pub small: Vec<ServerName>,
    /// Servers for workers, shuffled.
    pub large: Vec<ServerName>,
}

/// Makes a room of so many servers.
///
/// # Errors
/// A text with a `hint:` when that many make no room.
pub fn make(servers: usize, seed: u64, clock: Clock) -> Result<Room, String> {
    if !(LEAST..=MOST).contains(&servers) {
        return Err(format!(
            "a demo of {servers} servers cannot be made\nhint: `--servers` takes {LEAST} to {MOST}"
        ));
    }
    room(servers, seed, clock)
}

/// The same, of any size: too small for the pools of the demo, large enough for a history.
///
/// # Errors
/// A text when there is no such name for a server.
pub fn room(servers: usize, seed: u64, clock: Clock) -> Result<Room, String> {
    let mut prng = Prng::new(seed);
    let mut room = Room {
        rack: Rack::new(clock, prng.draw()),
        listed: BTreeMap::new(),
        small: Vec::new(),
        large: Vec::new(),
    };
    let per_rack = if servers > 48 { 24 } else { 12 };
    let mut kind = 1;
    for number in 0..servers {
        let (rack, unit) = (number / per_rack + 1, number % per_rack + 1);
        let name: ServerName = format!("r{rack}-{unit:02}")
            .parse()
            .map_err(|error: crate::fleet::name::NameError| error.to_string())?;
        // A few small ones at the head of each half rack; the others were bought four at a time.
        let small = number % if servers < 24 { 3 } else { 6 } == 0;
        if number % 4 == 0 {
            kind = 1 + usize::try_from(prng.below(3)).unwrap_or(0);
        }
        let machine = machine(
            &name,
            if small { 0 } else { kind },
            (rack, unit),
            clock,
            &mut prng,
        );
        let address = machine.hardware.address;
        room.rack.add(machine);
        if small {
            room.small.push(name.clone());
        } else {
            room.large.push(name.clone());
        }
        room.listed
            .insert(name.clone(), listed(name, address, rack));
    }
    shuffle(&mut room.large, &mut prng);
    Ok(room)
}

fn machine(
    name: &ServerName,
    kind: usize,
    (rack, unit): (usize, usize),
    clock: Clock,
    prng: &mut Prng,
) -> Machine {
    let (cores, memory, sockets, disk) = KINDS[kind];
    let byte = |number: usize| u8::try_from(number % 256).unwrap_or(0);
    let hardware = Hardware {
        name: name.clone(),
        // Firmware and kernel keep about two of a hundred for themselves.
        capacity: Capacity::new(cores, Bytes((memory << 30) / 100 * 98)),
        sockets,
        disk: Bytes(disk * 1_000_000_000),
        // RFC 2544 keeps this network for tests: a real captain could reach nobody there.
        address: Ipv4Addr::new(198, 18 + byte(rack / 250), byte(rack % 250), byte(unit)),
        machine: MachineId(prng.hex(32)),
        host_key: format!("SHA256:{}", prng.hex(43)),
        seed: prng.draw(),
    };
    let hours = i64::try_from(prng.between(30, 9_000)).unwrap_or(30);
    let since = clock.now().checked_sub(SignedDuration::from_hours(hours));
    let mut machine = Machine::new(hardware, BootId(prng.uuid()), since.unwrap_or(clock.now()));
    machine.clock_ahead = f64::from(u8::try_from(prng.below(80)).unwrap_or(0)) / 1000.0;
    machine
}

fn listed(name: ServerName, address: Ipv4Addr, rack: usize) -> Server {
    Server {
        access: Access {
            host: address.to_string(),
            port: None,
            user: None,
            key_file: None,
            sudo: false,
        },
        name,
        offered: true,
        zone: Some(format!("r{rack}")),
        labels: BTreeMap::new(),
        expect: Expect::default(),
        node_address: None,
        sources: Sources::default(),
        place: Place::default(),
    }
}

fn shuffle(names: &mut [ServerName], prng: &mut Prng) {
    for last in (1..names.len()).rev() {
        let other = prng.below(last as u64 + 1);
        names.swap(last, usize::try_from(other).unwrap_or(last));
    }
}
