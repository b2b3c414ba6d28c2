//! Growing, shrinking and ending a pool.

use pooldeck::plan::Request;

use crate::{preview::text, room::*};

#[test]
fn a_pool_grows_by_the_closest_fit() {
    let room = room([
        server("s01").size(2, 4),
        server("s02"),
        server("s03"),
        server("s04").size(24, 94),
        server("s05"),
    ])
    .pool("web", "s01", &["s02"]);
    let wish = Request::Resize(resize("web", "16", ""));
    insta::assert_snapshot!(text(&room.plan(&wish)));
}
