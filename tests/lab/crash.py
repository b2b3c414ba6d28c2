#!/usr/bin/env python3
"""A pool's life in which captains are killed, servers lose power and cables, and captains that were stopped wake up too late.

POOLDECK_LAB=all: at every phase of every request, and servers that never come back. Otherwise a few moments of each request, others
after each commit: the same commit always meets the same ones, so that what failed fails again, and over the commits all are met.
"""
import os
import signal
import time
import unittest
from contextlib import suppress

from desk import Desk
from rack import HERE, Failed, eventually, run as command
from watched import PLANE, SERVERS, Watched
from witness import Run, below, processes, received

ALL = os.environ.get("POOLDECK_LAB") == "all"
# Kills in each request, and outages (one of each kind) in one of them, when not all are wanted: about ten seconds each.
KILLS, OUTAGES = 3, 2
# Pods that take their time to go, one on each worker: a drain that lasts.
SLOW = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: slow}
spec:
  replicas: 2
  selector: {matchLabels: {app: slow}}
  template:
    metadata: {labels: {app: slow}}
    spec:
      terminationGracePeriodSeconds: 5
      topologySpreadConstraints:
        - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: slow}}}
      containers: [{name: slow, image: "IMAGES/busybox:1", command: [sleep, "1000000"]}]
""".replace("IMAGES", f"{os.environ.get('LAB_NET', '10.77.0')}.1:5000")
# More than two probes, less than any step's command: so many bytes on the way to a server are one.
COMMAND = 20_000
# kubectl runs on the control plane, for whichever server.
ON_THE_CONTROL_PLANE = {"await-ready", "cordon", "drain", "uncordon", "remove-node", "verify-pool"}
CREATE = ("pool", "create", "web", "--server", "s02", "--server", "s03")
GROW = ("pool", "resize", "web", "--add", "s03")
SHRINK = ("pool", "resize", "web", "--remove", "s03", "--confirm", "web")
DESTROY = ("pool", "destroy", "web", "--confirm", "web")


def turn() -> int:
    """Which of the moments are met: given, or by the commit."""
    if given := os.environ.get("POOLDECK_LAB_TURN"):
        return int(given)
    with suppress(Failed, OSError):
        return int(command("git", "-C", HERE, "rev-parse", "HEAD")[0][:8], 16)
    return 0


TURN = turn()


def some(moments: list, count: int) -> list:
    """All of them, or so many, evenly spread, of which another commit gets others."""
    if ALL or len(moments) <= count:
        return moments
    apart = len(moments) // count
    return [moments[(TURN + apart * number) % len(moments)] for number in range(count)]


def in_full(chapter):
    """A chapter that is only told when all moments are wanted."""
    return chapter if ALL else None


def kills(run: Run) -> list:
    return some([(phase, what) for phase in run.in_order() for what in ("running", "committed")], KILLS)


class Crash(Watched):
    counted = dict.fromkeys(("lab_kills", "lab_power", "lab_cuts", "lab_zombies", "lab_hangups"), 0)
    woken = 0

    def service(self):
        self.begin("captain")

    def kill_in(self, run: Run, and_then=None):
        self.kill_at(run, kills(run), and_then or self.service)

    def power(self, server: str):
        """The cord is pulled, and plugged in again."""
        self.rack.lab("off", server)
        self.count("lab_power")
        self.rack.lab("on", server)

    def cut(self, server: str, seconds=12):
        """The cable is pulled for longer than a probe waits."""
        self.rack.lab("cut", server)
        self.count("lab_cuts")
        time.sleep(seconds)
        self.rack.lab("mend", server)

    def long_cut(self, server: str):
        """For longer than ssh waits for a silent peer: every connection to it is dead."""
        self.cut(server, 75)

    def suffer(self, words, kind, *servers: str):
        """A request whose servers have an outage of that kind at each phase."""
        run = self.asked(*words)
        about = lambda phase, server: any(run.phases[it["id"]] == phase and server in (it["subject"], PLANE) for it in run.steps)
        chosen = some([(phase, server) for phase in run.in_order() for server in servers if about(phase, server)], OUTAGES)
        kinds = [kind] * len(chosen) if ALL else [self.power, self.cut]
        self.outages_at(run, dict(zip(chosen, kinds)))

    def slow_pods(self):
        self.rack.kubectl("s01", "apply", "-f", "-", feed=SLOW)
        self.rack.kubectl("s01", "rollout", "status", "deployment/slow", "--timeout=300s")

    def test_1a_a_create_whose_captain_is_killed_ends_as_if_nothing_had_been(self):
        print(f"  turn {TURN}" if not ALL else "  every moment", flush=True)
        run = self.asked(*CREATE, by=lambda *words: self.begin(*words[:-1], "--wait"))
        # Who waits for the run starts the next captain.
        self.kill_in(run, lambda: None)
        self.assertEqual(self.children[-1].wait(60), 0, "who waited for the run hears that it has succeeded")
        self.pool_is_well(*SERVERS)

    def test_1b_a_resize_down_whose_captain_is_killed_gives_back_a_clean_server(self):
        self.slow_pods()
        self.kill_in(self.asked(*SHRINK))
        self.pool_is_well("s01", "s02")
        self.rack.kubectl("s01", "rollout", "status", "deployment/slow", "--timeout=300s")

    def test_1c_a_resize_up_whose_captain_is_killed_ends_as_if_nothing_had_been(self):
        self.kill_in(self.asked(*GROW))
        self.pool_is_well(*SERVERS)

    @in_full
    def test_2a_captains_that_are_stopped_in_a_resize_down_are_refused_when_they_wake_up(self):
        self.slow_pods()
        self.stop_at(SHRINK)
        self.pool_is_well("s01", "s02")
        self.rack.pooldeck(*GROW, "--yes", "--wait")

    def test_2b_a_resize_down_ends_well_whose_servers_lose_power(self):
        self.another_captain()
        self.slow_pods()
        # When not all are wanted, one of them loses power and one its cable.
        self.suffer(SHRINK, self.power, "s03", "s01")
        self.pool_is_well("s01", "s02")

    def test_2c_captains_that_are_stopped_in_a_resize_up_are_refused_when_they_wake_up(self):
        self.stop_at(GROW)
        self.pool_is_well(*SERVERS)

    def stop_at(self, words):
        """In the phases of that request captains are stopped when their command is on its way; all of them wake up when it is done."""
        slow = ("s01", "s03") if ALL else ("s03",)
        for server in slow:
            self.rack.lab("slow", server, 500)
        self.another_captain()
        for server in slow:
            # Its first login takes longer than any other, and a request is confirmed by what is seen then.
            eventually(f"{server} answers, if slowly", lambda: "looked at" in self.rack.pooldeck("server", "check", server), 120)
        run, sleeping = self.asked(*words), []
        its = lambda phase: any(run.phases[step["id"]] == phase and self.host(run, step["id"]) in slow for step in run.steps)
        left = some([phase for phase in run.in_order() if its(phase)], 1)
        missed: set[int] = set()
        while left and not run.ended():
            first = eventually("another captain acts", lambda: self.captain(*(it[0] for it in sleeping)), 60)
            stopped = eventually("a command is on its way", lambda: self.stopped(run, first, left, slow, missed) or run.ended(), 300, pause=0.01)
            if stopped is True:
                break
            step, family = stopped
            print(f"  stopped when the command was on its way: {run.called([step])}", flush=True)
            left = [phase for phase in left if phase != run.phases[step]]
            sleeping.append((first, step, family))
            self.service()
        for server in slow:
            self.rack.lab("slow", server, 0)
        eventually("the run ends", run.ended, 900)
        print(f"  too quick to be stopped, or nothing to do: {', '.join(left) or 'none'}", flush=True)
        applied = self.is_whole(run)
        refused = [self.wakes_up_late(run, *it) for it in sleeping]
        self.assertTrue(any(refused), "no server had anything to refuse")
        self.nothing_lost([it for it in zip(self.witnesses(run)[1], applied) if it[0] != it[1]], "a late command was carried out")

    def host(self, run: Run, step: int) -> str:
        """Where its script runs."""
        return PLANE if run.steps[step]["action"] in ON_THE_CONTROL_PLANE else run.steps[step]["subject"]

    def stopped(self, run: Run, captain: int, phases: list[str], slow, missed: set[int]) -> tuple[int, list[int]]:
        """Stop the captain and its connections when a command of these phases has left it and not arrived: the step, and what was stopped."""
        steps = {step for step in run.at_work() - missed if run.phases[step] in phases and self.host(run, step) in slow}
        if not steps:
            return ()
        step = min(steps)
        host = self.host(run, step)
        address = f".{10 + int(host[1:])}"
        known = processes()
        relay = next((pid for pid in below(captain) if any(word.endswith("/delay.py") for word in known.get(pid, [])) and known[pid][2].endswith(address)), 0)
        if not relay:
            return ()
        sent = received(relay)
        with suppress(AssertionError):
            eventually("the command has left", lambda: received(relay) > sent + COMMAND or step not in run.at_work(), 10, pause=0.01)
        family = [relay, captain, *below(captain)]
        for pid in family:
            os.kill(pid, signal.SIGSTOP)
        unit = f"/run/pooldeck/pooldeck-*-{run.number}-{step}-*-apply"
        if step in run.at_work() and not self.rack.on(host, f"ls -d {unit} 2>/dev/null || true"):
            return step, family
        missed.add(step)
        for pid in family:
            os.kill(pid, signal.SIGCONT)
        return ()

    def wakes_up_late(self, run: Run, captain: int, step: int, family: list[int]) -> bool:
        """The server refuses its command, and the store itself. False when the command had not left after all."""
        for pid in family:
            if pid != captain:
                os.kill(pid, signal.SIGCONT)
        host = self.host(run, step)
        results = f"cd /run/pooldeck && grep -l '^79 ' pooldeck-*-{run.number}-{step}-*-apply/result || true"
        unit = ""
        with suppress(AssertionError):
            unit = eventually("the late command is refused", lambda: self.rack.on(host, results), 20).split("/")[0]
            self.assertIn("a newer captain", self.rack.on(host, f"cat /run/pooldeck/{unit}/output"))
        os.kill(captain, signal.SIGCONT)
        eventually("it has ended", lambda: not processes().get(captain, [""])[0], 60)
        type(self).woken += 1
        said = [line for line in self.log.read_text().splitlines() if line.startswith("error: a later captain")]
        self.assertGreaterEqual(len(said), self.woken, "each of them was refused by the store")
        self.count("lab_zombies", int(bool(unit)))
        print(f"  {run.called([step])}: {'refused there, and ' if unit else ''}refused by the store: {said[-1]}", flush=True)
        return bool(unit)

    @in_full
    def test_2d_a_resize_down_ends_well_whose_servers_are_cut_off(self):
        self.another_captain()
        self.suffer(SHRINK, self.cut, "s03", "s01")
        self.pool_is_well("s01", "s02")

    @in_full
    def test_2e_a_resize_up_ends_well_whose_servers_lose_power(self):
        self.suffer(GROW, self.power, "s03", "s01")
        self.pool_is_well(*SERVERS)

    @in_full
    def test_2f_a_resize_up_ends_well_whose_servers_are_cut_off(self):
        self.rack.pooldeck(*SHRINK, "--yes", "--wait")
        self.suffer(GROW, self.cut, "s03", "s01")
        self.pool_is_well(*SERVERS)

    def test_3a_a_destroy_whose_operator_is_hung_up_and_whose_captain_is_killed_ends_well(self):
        desk = Desk(self.rack)
        self.addCleanup(desk.close)
        # Nobody acts: the operator's own session starts the captain.
        run = self.asked(*DESTROY, by=lambda *words: (self.end_captain(), desk.log_in("first", *words)))
        eventually("the deck is open", lambda: desk.shows("first", "web") and desk.decks(), 60)
        captain = self.captain()
        desk.hang_up()
        eventually("the deck has ended with its session", lambda: not desk.decks(), 20)
        self.assertFalse(run.ended())
        self.assertEqual(self.captain(), captain, "it needs nobody's session")
        self.count("lab_hangups")
        desk.log_in("second")
        eventually("the next login's deck is open", lambda: desk.shows("second", "web"), 60)
        desk.press("second", "3")
        eventually("the next login's deck shows the run", lambda: desk.shows("second", "destroy web"), 60)
        # What was done meanwhile is behind.
        begun = set(run.those("started"))
        ahead = {phase for step, phase in enumerate(run.phases) if step not in begun}
        self.kill_at(run, [moment for moment in kills(run) if moment[0] in ahead], self.service)
        eventually("and its end", lambda: desk.shows("second", "succeeded"), 60)
        self.pool_is_well()

    @in_full
    def test_3b_a_create_ends_well_whose_servers_lose_power(self):
        self.another_captain()
        self.suffer(CREATE, self.power, "s01", "s02")
        self.pool_is_well(*SERVERS)

    @in_full
    def test_3c_a_destroy_ends_well_whose_servers_lose_power(self):
        self.suffer(DESTROY, self.power, "s01", "s02")
        self.pool_is_well()

    @in_full
    def test_3d_a_create_ends_well_whose_servers_are_cut_off(self):
        self.suffer(CREATE, self.cut, "s01", "s02")
        self.pool_is_well(*SERVERS)

    @in_full
    def test_3e_a_destroy_ends_well_whose_servers_are_cut_off(self):
        self.suffer(DESTROY, self.cut, "s01", "s02")
        self.pool_is_well()


if __name__ == "__main__":
    unittest.main(verbosity=2, failfast=True)
