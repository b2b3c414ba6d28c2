#!/usr/bin/env python3
"""Servers that lose power in the middle of a run and do not come back while it lasts: the run ends without them, or says what to do."""
import unittest

from rack import eventually
from watched import Watched

CREATE = ("pool", "create", "web", "--server", "s02", "--server", "s03")
GROW = ("pool", "resize", "web", "--add", "s03")
SHRINK = ("pool", "resize", "web", "--remove", "s03", "--confirm", "web")
DESTROY = ("pool", "destroy", "web", "--confirm", "web")


class Gone(Watched):
    def goes(self, words, phase: str, subject: str, server="") -> str:
        """A server goes off while that one is in that phase of that request: what the run says when it has ended, or waits for a person."""
        run, server = self.asked(*words), server or subject
        its = lambda step: run.phases[step] == phase and run.steps[step]["subject"] == subject

        def is_now(_, working, __):
            return any(its(step) for step in working)

        def off(run, now) -> list:
            self.rack.lab("off", server)
            self.count("lab_gone")
            print(f"  {server} went off in {phase} for good; at work: {run.called(run.at_work())}", flush=True)
            return [(phase, subject)]

        self.strike(run, [(phase, subject)], is_now, off)
        eventually("the run ends, or waits for a person", lambda: run.ended() or run.held(), 400)
        said = self.rack.pooldeck("run", "show", run.number)
        print(f"  {run.outcome() or 'waits'}: " + " / ".join(line.strip() for line in said.splitlines() if server in line and ":" in line)[:600], flush=True)
        return said

    def comes_back(self, server: str, *members: str):
        """It is cleaned without anybody's doing, and the pool is what the run has left of it."""
        self.rack.lab("on", server)
        stands = lambda: next(it["standing"] for it in self.rack.json("server", "list")["servers"] if it["name"] == server)
        eventually(f"{server} is spare", lambda: stands() == "spare", 240)
        self.pool_is_well(*members)

    def setUp(self):
        super().setUp()
        # Longer than a server of the lab takes to boot; fifteen minutes in a room with firmware.
        self.another_captain(POOLDECK_AWAY="20")

    def test_1_a_create_goes_on_without_a_worker_that_went_off_while_it_joined(self):
        said = self.goes(CREATE, "join", "s03")
        self.assertIn("without s03", said)
        self.comes_back("s03", "s01", "s02")

    def test_2_a_resize_up_ends_when_its_only_newcomer_went_off_in_prepare(self):
        said = self.goes(GROW, "prepare", "s03")
        self.assertIn("without s03", said)
        self.comes_back("s03", "s01", "s02")

    def test_3_a_resize_down_owes_a_server_that_went_off_in_its_reset(self):
        self.rack.pooldeck(*GROW, "--yes", "--wait")
        said = self.goes(SHRINK, "reset", "s03")
        self.assertIn("without s03", said)
        self.assertIn("owes clean to web", self.rack.pooldeck("problem", "list", code=None))
        self.comes_back("s03", "s01", "s02")

    def test_4_a_resize_up_whose_control_plane_went_off_takes_its_newcomer_back(self):
        said = self.goes(GROW, "join", "s03", "s01")
        self.assertIn("s01", said)
        self.rack.lab("on", "s01")
        self.comes_back("s03", "s01", "s02")

    def test_5_a_destroy_whose_control_plane_went_off_in_its_reset_owes_it(self):
        said = self.goes(DESTROY, "reset", "s01")
        self.assertIn("without s01", said)
        self.comes_back("s01")

    def test_6_a_create_whose_control_plane_went_off_is_undone_as_far_as_there_is_somebody_to_undo_it(self):
        said = self.goes(CREATE, "join", "s01")
        self.assertIn("s01", said)
        self.comes_back("s01")


if __name__ == "__main__":
    unittest.main(verbosity=2, failfast=True)
