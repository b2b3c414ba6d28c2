//! YAML with places: text in, a tree whose every value knows where it stands. Nothing else knows YAML.
//! Must never run a tag, never expand without bound, and never lose a key that stands twice.

use std::{collections::HashMap, path::Path, sync::Arc};

use granit_parser::{Event, Marker, Parser, ScalarStyle, Tag};

use super::Problem;
use crate::fleet::Place;

/// Values that aliases may add to one file; a bomb of aliases stops here.
const ALIAS_BUDGET: usize = 1_000_000;
/// How deep values may lie in each other, aliases included.
const DEPTH: usize = 256;

/// Where something stands. Cheap to copy around; becomes a [`Place`] when somebody is to read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct At {
    file: Arc<Path>,
    line: u32,
    column: u32,
}

impl At {
    /// The file as a whole.
    pub(super) fn file(file: &Arc<Path>) -> Self {
        Self {
            file: Arc::clone(file),
            line: 0,
            column: 0,
        }
    }

    fn mark(file: &Arc<Path>, mark: &Marker) -> Self {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            file: Arc::clone(file),
            line: number(mark.line()),
            column: number(mark.col()).saturating_add(1),
        }
    }

    pub(super) fn place(&self) -> Place {
        Place {
            file: self.file.to_path_buf(),
            line: self.line,
            column: self.column,
        }
    }
}

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) at: At,
    pub(super) value: Value,
}

/// What a value is. Scalars stay text: who needs one decides what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Scalar {
        text: String,
        /// Written without quotes, so that a reader may take it for a number, a boolean or nothing.
        plain: bool,
    },
    List(Vec<Node>),
    /// In the order of the file; a key that stands twice is in it twice.
    Map(Vec<(Key, Node)>),
    /// Something with a tag of its own such as `!vault`: its content is nobody's business here.
    Tagged(String),
}

/// A mapping's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) at: At,
    pub(super) text: String,
    pub(super) plain: bool,
}

/// A collection that is not closed yet.
struct Open {
    at: At,
    anchor: usize,
    tag: Option<String>,
    items: Vec<Node>,
    /// None for a list.
    map: Option<OpenMap>,
}

/// A mapping's entries so far, and the key whose value comes next.
#[derive(Default)]
struct OpenMap {
    entries: Vec<(Key, Node)>,
    key: Option<Key>,
}

/// Reads one document. None: the file is empty or encrypted as a whole.
pub(super) fn parse(file: &Arc<Path>, text: &str) -> Result<Option<Node>, Problem> {
    if text.starts_with("$ANSIBLE_VAULT") {
        return Ok(None);
    }
    let mut reader = Reader::default();
    for next in Parser::new_from_str(text) {
        let (event, span) = next.map_err(|error| {
            Problem::new(
                &At::mark(file, error.marker()),
                format!("this is not YAML: {}", error.info()),
                "look at the indentation, quotes and colons here",
            )
        })?;
        reader.event(event, At::mark(file, &span.start))?;
    }
    Ok(reader.root)
}

#[derive(Default)]
struct Reader {
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    spent: usize,
    root: Option<Node>,
}

impl Reader {
    fn event(&mut self, event: Event<'_>, at: At) -> Result<(), Problem> {
        match event {
            Event::DocumentStart(..) if self.root.is_some() => Err(Problem::new(
                &at,
                "a second document begins here",
                "keep one document in a file; remove the line `---`",
            )),
            Event::Scalar(text, style, anchor, tag) => {
                let value = match own_tag(tag.as_deref()) {
                    Some(tag) => Value::Tagged(tag),
                    None => Value::Scalar {
                        text: text.into_owned(),
                        plain: style == ScalarStyle::Plain && tag.is_none(),
                    },
                };
                self.put(Node { at, value }, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => self.begin(at, anchor, tag.as_deref(), None),
            Event::MappingStart(_, anchor, tag) => {
                self.begin(at, anchor, tag.as_deref(), Some(OpenMap::default()))
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => self.alias(anchor, &at),
            _ => Ok(()),
        }
    }

    fn begin(
        &mut self,
        at: At,
        anchor: usize,
        tag: Option<&Tag>,
        map: Option<OpenMap>,
    ) -> Result<(), Problem> {
        if self.open.len() >= DEPTH {
            return Err(too_deep(&at));
        }
        self.open.push(Open {
            at,
            anchor,
            tag: own_tag(tag),
            items: Vec::new(),
            map,
        });
        Ok(())
    }

    fn end(&mut self) -> Result<(), Problem> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let value = match (open.tag, open.map) {
            (Some(tag), _) => Value::Tagged(tag),
            (None, Some(map)) => Value::Map(merged(map.entries)),
            (None, None) => Value::List(open.items),
        };
        self.put(Node { at: open.at, value }, open.anchor)
    }

    fn alias(&mut self, anchor: usize, at: &At) -> Result<(), Problem> {
        let Some(node) = self.anchors.get(&anchor).cloned() else {
            return Err(Problem::new(
                at,
                "an alias refers to something that it is a part of",
                "write the values out",
            ));
        };
        let (count, depth) = weight(&node);
        self.spent += count;
        if self.spent > ALIAS_BUDGET || self.open.len() + depth > DEPTH {
            return Err(too_deep(at));
        }
        self.put(
            Node {
                at: at.clone(),
                ..node
            },
            0,
        )
    }

    /// Hands a finished value to whatever is open.
    fn put(&mut self, node: Node, anchor: usize) -> Result<(), Problem> {
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut open.map {
            None => open.items.push(node),
            Some(OpenMap { entries, key }) => match key.take() {
                Some(key) => entries.push((key, node)),
                None => match node.value {
                    Value::Scalar { text, plain } => {
                        *key = Some(Key {
                            at: node.at,
                            text,
                            plain,
                        });
                    }
                    _ => {
                        return Err(Problem::new(
                            &node.at,
                            "a key must be a single word",
                            "Ansible cannot read a list or a mapping as a key either",
                        ));
                    }
                },
            },
        }
        Ok(())
    }
}

fn too_deep(at: &At) -> Problem {
    Problem::new(
        at,
        "values lie too deep in each other, or aliases repeat too much",
        "write the values out; an inventory needs a handful of levels",
    )
}

/// A tag that changes what a value is. YAML's own (`!!str`) and Ansible's `!unsafe` (a text that is no
/// template) leave it a value.
fn own_tag(tag: Option<&Tag>) -> Option<String> {
    tag.filter(|tag| tag.is_custom())
        .map(Tag::original)
        .filter(|tag| tag != "!unsafe" && tag != "!")
}

/// Values in it and levels of it.
fn weight(node: &Node) -> (usize, usize) {
    let children: &mut dyn Iterator<Item = &Node> = match &node.value {
        Value::List(items) => &mut items.iter(),
        Value::Map(entries) => &mut entries.iter().map(|(_, node)| node),
        Value::Scalar { .. } | Value::Tagged(_) => return (1, 1),
    };
    children.map(weight).fold((1, 1), |(count, depth), child| {
        (count + child.0, depth.max(child.1 + 1))
    })
}

/// Resolves `<<`: what the mapping says itself goes before what it merges in, the first merged before the next.
fn merged(entries: Vec<(Key, Node)>) -> Vec<(Key, Node)> {
    let is_merge = |key: &Key| key.plain && key.text == "<<";
    if !entries.iter().any(|(key, _)| is_merge(key)) {
        return entries;
    }
    let (merges, mut own): (Vec<_>, Vec<_>) =
        entries.into_iter().partition(|(key, _)| is_merge(key));
    let sources = merges.into_iter().flat_map(|(_, node)| match node.value {
        Value::List(items) => items,
        _ => vec![node],
    });
    for source in sources {
        if let Value::Map(more) = source.value {
            for (key, node) in more {
                if !own.iter().any(|(known, _)| known.text == key.text) {
                    own.push((key, node));
                }
            }
        }
    }
    own
}
