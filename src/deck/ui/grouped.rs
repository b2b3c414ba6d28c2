//! The servers' list with a heading above each group: which rows are in sight, so that the selected one is.
//! Must never work through the whole list at each draw: it may have ten thousand rows.

use crate::deck::{list::window, model::Servers};

/// A row of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// Of a group.
    Head(String),
    /// The server at this place of the list.
    Server(usize),
}

/// The rows in sight.
#[derive(Debug, Clone)]
pub struct Rows(Vec<Row>);

impl IntoIterator for Rows {
    type Item = Row;
    type IntoIter = std::vec::IntoIter<Row>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Rows {
    /// `1-9 of 60`, in servers; nothing where all are in sight.
    pub fn position(&self, all: usize) -> String {
        let servers = self.0.iter().filter_map(|row| match row {
            Row::Server(at) => Some(*at),
            Row::Head(_) => None,
        });
        let (first, last) = (servers.clone().min(), servers.max());
        match (first, last) {
            (Some(first), Some(last)) if last - first + 1 < all => {
                format!("{}-{} of {all}", first + 1, last + 1)
            }
            _ => String::new(),
        }
    }
}

/// The rows of a screen of that height.
pub fn lines(servers: &Servers, height: usize) -> Rows {
    let heads = &servers.heads;
    // Before the row of server `at` stand the servers above it and the headings down to its own.
    let line_of = |at: usize| at + heads.partition_point(|(begins, _)| *begins <= at);
    let all = servers.shown.len() + heads.len();
    let selected = servers.list.row(&servers.shown);
    let first = window(line_of(selected), height, all);
    let mut rows = Vec::with_capacity(height);
    let mut at = first.saturating_sub(heads.len());
    // At most one heading for each server above: a few steps back are enough.
    while line_of(at) < first && at < servers.shown.len() {
        at += 1;
    }
    while rows.len() < height && at < servers.shown.len() {
        let own = heads.binary_search_by_key(&at, |(begins, _)| *begins);
        if let Ok(head) = own
            && line_of(at) > first
        {
            let ends = heads
                .get(head + 1)
                .map_or(servers.shown.len(), |(next, _)| *next);
            let words = format!(
                "{}   {}",
                heads[head].1,
                super::text::count(ends - at, "server")
            );
            rows.push(Row::Head(words));
        }
        if rows.len() < height {
            rows.push(Row::Server(at));
        }
        at += 1;
    }
    Rows(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selected_server_is_always_in_sight_and_every_group_begins_with_its_heading() {
        for height in 2..12 {
            for selected in 0..30 {
                let mut servers = Servers {
                    shown: (0..30)
                        .map(|n| format!("s{n:02}").parse().unwrap())
                        .collect(),
                    heads: [(0, "a"), (4, "b"), (5, "c"), (20, "d")]
                        .map(|(at, word)| (at, word.to_owned()))
                        .to_vec(),
                    ..Servers::default()
                };
                servers.list.select(servers.shown[selected].clone());
                let rows = lines(&servers, height);
                assert!(rows.0.len() <= height);
                assert!(
                    rows.0.contains(&Row::Server(selected)),
                    "{selected} of {height}: {rows:?}"
                );
                for pair in rows.0.windows(2) {
                    if let (Row::Server(a), Row::Server(b)) = (&pair[0], &pair[1]) {
                        assert_eq!(a + 1, *b);
                        assert!(![4, 5, 20].contains(b), "{rows:?}");
                    }
                }
            }
        }
    }
}
