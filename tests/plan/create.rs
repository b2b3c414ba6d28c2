//! Creating a pool.

use pooldeck::plan::Request;

use crate::{preview::text, room::*};

fn lab() -> Room {
    room([
        server("s01").size(2, 4),
        server("s02").size(2, 4),
        server("s03").size(1, 16),
        server("s04").size(1, 8),
        server("s05").size(2, 4),
        server("s06").size(1, 4),
    ])
}

#[test]
fn a_pool_gets_the_smallest_fit_control_plane_and_the_fewest_workers() {
    let wish = Request::Create(create("web", 2, 20));
    insta::assert_snapshot!(text(&lab().plan(&wish)));
}
