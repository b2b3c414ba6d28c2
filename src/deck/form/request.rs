//! From the dialog to the request that it stands for.

use std::collections::BTreeSet;

use super::Form;
use crate::{
    deck::world::World,
    fleet::{Bytes, Capacity, Change, PoolName, name::NameError},
    plan::{Create, IfBlocked, Request, Resize},
};

impl Form {
    /// The request that the dialog stands for; an error says what is missing.
    ///
    /// # Errors
    /// A sentence for the person.
    pub fn request(&self, world: &World) -> Result<Request, String> {
        match &self.pool {
            Some(pool) => self.resize_request(world, pool),
            None => self.create_request(world, &self.name),
        }
    }

    /// The same for the planner's suggestion, which needs no name.
    ///
    /// # Errors
    /// A sentence for the person.
    pub fn question(&self, world: &World) -> Result<Request, String> {
        if let Some(pool) = &self.pool {
            return self.resize_request(world, pool);
        }
        let named = self.name.parse::<PoolName>().is_ok();
        let name = if named { &self.name } else { "new-pool" };
        self.create_request(world, name)
    }

    fn resize_request(&self, world: &World, pool: &PoolName) -> Result<Request, String> {
        let mut wish = Resize {
            pool: pool.clone(),
            cores: None,
            memory: None,
            add: BTreeSet::new(),
            remove: BTreeSet::new(),
            // The dialog shows both totals, so a smaller number is meant.
            shrink: true,
            accept_less: self.less,
            if_blocked: IfBlocked::Back,
        };
        if self.by_hand {
            wish.add = self.ticked.difference(&self.workers).cloned().collect();
            wish.remove = self.workers.difference(&self.ticked).cloned().collect();
            if wish.add.is_empty() && wish.remove.is_empty() {
                return Err("no server would come or go".to_owned());
            }
        } else {
            if self.cores.is_empty() && self.memory.is_empty() {
                return Err("type how many CPUs or GiB, or tick servers with Space".to_owned());
            }
            let (asked, now) = (self.asked(world), self.now(world));
            wish.cores = (asked.cores != now.cores).then_some(Change::To(asked.cores));
            wish.memory = (asked.memory != now.memory).then_some(Change::To(asked.memory));
            if wish.cores.is_none() && wish.memory.is_none() {
                return Err("that is what the pool has now".to_owned());
            }
        }
        Ok(Request::Resize(wish))
    }

    fn create_request(&self, world: &World, name: &str) -> Result<Request, String> {
        if name.is_empty() {
            return Err("type a name for the pool".to_owned());
        }
        let pool: PoolName = name
            .parse()
            .map_err(|error: NameError| error.to_string().replace('\n', "  "))?;
        let chosen = world.capacity(&self.ticked);
        let typed = Capacity {
            cores: self.cores.parse().unwrap_or(0),
            memory: self.memory.parse().map_or(Bytes(0), Bytes::gib),
        };
        let asked = if self.by_hand { chosen } else { typed };
        if asked.cores == 0 && asked.memory.0 == 0 {
            return Err("type how many CPUs or GiB, or tick servers with Space".to_owned());
        }
        Ok(Request::Create(Create {
            pool,
            asked,
            control_planes: 1,
            version: None,
            servers: if self.by_hand {
                self.ticked.clone()
            } else {
                BTreeSet::new()
            },
            pod_cidr: None,
            service_cidr: None,
            sources: None,
            accept_less: self.less,
        }))
    }
}
