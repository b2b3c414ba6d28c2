//! `pooldeck pool set`: the tag beside a pool's name, and whether taking servers away wants that name typed.
//! Must never lift a protection that nobody typed the name for.

use super::{
    super::{Answer, Failure, Shell, ask::json as written, confirm, open},
    pool::none,
};
use crate::{
    fleet::{Pool, PoolName},
    store::{Commit, record::key, snapshot},
};

/// Changes what people see of a pool and how it is confirmed; needs no captain.
///
/// # Errors
/// [`Failure`].
pub(super) fn set(
    shell: &mut Shell<'_>,
    name: &PoolName,
    env: Option<&str>,
    protected: bool,
    unprotected: bool,
) -> Answer {
    shell.may_act()?;
    if env.is_none() && !protected && !unprotected {
        return Err(Failure::Usage(
            "nothing is asked\nhint: give `--env`, `--protected` or `--unprotected`".to_owned(),
        ));
    }
    let opened = open::store(shell)?;
    let key = key::pool(name);
    let stored = opened.store.get(&key)?.ok_or_else(|| none(name))?;
    let mut pool: Pool = snapshot::read(&key, &stored.value)?;
    if unprotected && pool.protected {
        confirm::name(
            shell,
            name.as_str(),
            "a key press is enough from then on to take less than a quarter of it away",
        )?;
    }
    if let Some(env) = env {
        tag(env)?;
        pool.env = (!env.is_empty()).then(|| env.to_owned());
    }
    pool.protected = (pool.protected || protected) && !unprotected;
    let mut commit = Commit::default();
    commit.reads.insert(key.clone(), stored.revision);
    commit.writes.insert(key, Some(written(&pool)?));
    opened.store.commit(&commit)?;
    let env = pool.env.as_deref().unwrap_or("no tag");
    let word = if pool.protected {
        "protected"
    } else {
        "not protected"
    };
    shell.say_all([format!("{name}: {env}, {word}")])
}

/// A tag stands beside the pool's name on every screen: one short word, or nothing.
fn tag(env: &str) -> Result<(), Failure> {
    const LONGEST: usize = 16;
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if env.chars().count() <= LONGEST && env.chars().all(is_word) {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "`{}` is no tag\nhint: one word of up to {LONGEST} letters, digits, `-`, `_` and `.`, such as `PROD`",
        env.escape_debug()
    )))
}
