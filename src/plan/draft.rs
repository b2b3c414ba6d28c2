//! A plan in the making: steps and effects, until its fingerprint is taken.
//! Must never be shown: what people read has an id.

use std::collections::BTreeMap;

use super::{
    Confirm, Effects, Generations, LeftOut, Move, Plan, Request, Step, candidates::Survey, id,
    reserve::Reserve, settings::Supply, steps, words,
};
use crate::fleet::{Fleet, PlanId, Pool, Role, ServerName};

/// From where on a leaving server is finished instead of undone: evictions cannot be taken back.
const LEAVES: &str = "undone until its drain begins; from the first eviction on it is finished";
/// A server that comes is undone from any place: it holds nothing of anybody yet.
const COMES: &str = "taken back whole, whatever step it is at";

/// A plan without its fingerprint.
pub(super) struct Draft {
    pub request: Request,
    pub pool: Option<Pool>,
    pub steps: Vec<Step>,
    pub effects: Effects,
    /// Where kubectl may run.
    pub executors: Vec<ServerName>,
}

impl Draft {
    /// Steps that are about a pool.
    pub fn of(request: Request, pool: Pool, steps: Vec<Step>) -> Self {
        Self {
            request,
            executors: steps::executors(&pool),
            pool: Some(pool),
            steps,
            effects: Effects::default(),
        }
    }

    fn moves(
        &self,
        names: &[ServerName],
        undo_line: &str,
        why: impl Fn(&ServerName, Role) -> String,
    ) -> Vec<Move> {
        let members = self.pool.as_ref().map(|pool| &pool.members);
        names
            .iter()
            .filter_map(|name| {
                let member = members?.get(name)?;
                Some(Move {
                    server: name.clone(),
                    role: member.role,
                    capacity: member.capacity,
                    why: why(name, member.role),
                    undo_line: undo_line.to_owned(),
                })
            })
            .collect()
    }

    /// Says who comes, and why.
    pub fn incoming(&mut self, names: &[ServerName], why: impl Fn(&ServerName, Role) -> String) {
        self.effects.incoming = self.moves(names, COMES, why);
    }

    /// Says who goes, and why.
    pub fn outgoing(&mut self, names: &[ServerName], why: impl Fn(&ServerName, Role) -> String) {
        self.effects.outgoing = self.moves(names, LEAVES, why);
    }

    /// Wants the name typed.
    pub fn type_name(&mut self, name: &impl ToString, why: String) {
        self.effects.confirm = Confirm::TypeName {
            name: name.to_string(),
            why,
        };
    }

    /// Version, sources, ranges and reservations.
    pub fn note_pool(&mut self, supply: &Supply) {
        let Some(pool) = &self.pool else { return };
        self.effects.notes.extend([
            format!("Kubernetes {}; {}", pool.version, supply.words()),
            format!(
                "pods {}, services {}; the API is `{}:6443`",
                pool.pod_cidr,
                pool.service_cidr,
                pool.endpoint()
            ),
        ]);
        self.note_reservations();
    }

    /// What newcomers keep for themselves: those that keep the same in one line, with very many kinds only the ends.
    pub fn note_reservations(&mut self) {
        const LINES: usize = 4;
        let mut kinds: BTreeMap<Reserve, Vec<&ServerName>> = BTreeMap::new();
        for it in &self.effects.incoming {
            let names = kinds.entry(Reserve::of(it.capacity)).or_default();
            names.push(&it.server);
        }
        let line = |(reserve, names): (&Reserve, &Vec<&ServerName>)| {
            let names = words::some(names, 3);
            format!("reserved on {names}: {}", reserve.words())
        };
        let lines: Vec<String> = if kinds.len() <= LINES {
            kinds.iter().map(line).collect()
        } else {
            let ends = [kinds.first_key_value(), kinds.last_key_value()];
            let count = kinds.len() - 2;
            let between = format!(
                "reserved on {count} kinds of servers between these: as much in proportion"
            );
            ends.into_iter()
                .flatten()
                .map(line)
                .chain([between])
                .collect()
        };
        self.effects.notes.extend(lines);
    }

    /// Who was left out, by name, and how many are not offered.
    pub fn note_survey(&mut self, survey: &Survey<'_>) {
        let left_out = survey.left_out.iter().map(|out| LeftOut {
            server: out.server.clone(),
            why: out.standing.to_string(),
        });
        self.effects.left_out = left_out.collect();
        self.effects
            .left_out
            .sort_by(|a, b| a.server.cmp(&b.server));
        let count = survey.not_offered;
        if count > 0 {
            let servers = words::count(count, "server");
            let verb = if count == 1 { "is" } else { "are" };
            self.effects.notes.push(format!(
                "{servers} {verb} not offered (`pooldeck_use: true` offers)"
            ));
        }
    }

    /// Takes the fingerprint.
    pub fn finish(self, fleet: &Fleet) -> Plan {
        let pool = self.pool.as_ref();
        let generations = Generations {
            pool: pool.map_or(0, |pool| pool.generation),
            servers: self
                .steps
                .iter()
                .map(|step| (step.subject.clone(), fleet.generation(&step.subject)))
                .collect(),
        };
        let mut plan = Plan {
            id: PlanId(String::new()),
            request: self.request,
            effects: self.effects,
            steps: self.steps,
            generations,
            pool: self.pool,
            executors: self.executors,
        };
        plan.id = id::fingerprint(&plan);
        plan
    }
}
