#!/usr/bin/env python3
"""Captains that are killed, and one that is stopped and wakes up late: the run goes on, and no step is applied twice."""
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import threading
import unittest
from contextlib import suppress

from rack import BINARY, Story, eventually

SERVERS = ("s01", "s02", "s03")
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


def of_processes(name: str) -> list[pathlib.Path]:
    """That file of each process of this machine; some are gone when they are read (which `glob` itself does not bear)."""
    return [pathlib.Path("/proc", entry, name) for entry in os.listdir("/proc") if entry.isdigit()]


def processes() -> dict[int, list[str]]:
    """This machine's processes, those of the servers among them, and their arguments."""
    found = {}
    for file in of_processes("cmdline"):
        with suppress(OSError):
            found[int(file.parent.name)] = file.read_bytes().decode(errors="replace").split("\0")
    return found


def below(pid: int) -> list[int]:
    """The processes that this one has started, and theirs."""
    parents = {}
    for file in of_processes("stat"):
        with suppress(OSError):
            parents.setdefault(int(file.read_text().rpartition(")")[2].split()[1]), []).append(int(file.parent.name))
    found = list(parents.get(pid, []))
    for child in found:
        found += parents.get(child, [])
    return found


def root_of(disk: pathlib.Path) -> pathlib.Path:
    """The root of the server with that disk, as its first process sees it: there is no time to log in."""
    for file in of_processes("status"):
        with suppress(OSError):
            first = "\t1\n" in file.read_text().partition("NSpid:")[2].partition("NSpgid:")[0]
            if first and (file.parent / "root/var/lib").samefile(disk):
                return file.parent / "root"
    raise AssertionError(f"no server runs from {disk}")


def received(pid: int) -> int:
    """How many bytes a process has read."""
    return int(pathlib.Path(f"/proc/{pid}/io").read_text().split()[1])


def units() -> set[str]:
    """The steps that work on some server now, by their units' names, whatever a captain knows of them."""
    names = [words[1].split("/")[3] for words in processes().values() if words[1:] and words[1].startswith("/run/pooldeck/pooldeck-")]
    return {name for name in names if is_step(name)}


def is_step(unit: str) -> bool:
    """Fences and copies of the store belong to no step."""
    return "-fence-" not in unit and "-copy-" not in unit


def run_of(unit: str) -> int:
    """Whose unit it is: one that a killed captain did not put away lies there for the next run to be mistaken for."""
    return int(unit.rsplit("-", 4)[1])


def step_of(unit: str) -> int:
    """A unit is called `pooldeck-FLEET-RUN-STEP-ATTEMPT-VERB`."""
    return int(unit.rsplit("-", 3)[1])


class Run:
    """A run as the store has it, read without any captain."""

    def __init__(self, store: pathlib.Path, number: int):
        self.number, self.store = number, store
        self.steps = json.loads(self.values(f"run/{number:08}")[0])["plan"]["steps"]

    def values(self, key: str) -> list[str]:
        with sqlite3.connect(f"file:{self.store}?mode=ro", uri=True) as store:
            return [row[0] for row in store.execute("SELECT value FROM facts WHERE key GLOB ? ORDER BY key", (key,))]

    def facts(self) -> list[tuple[str, dict]]:
        return [next(iter(json.loads(text)["fact"].items())) for text in self.values(f"run/{self.number:08}/event/*")]

    def those(self, kind: str) -> list[int]:
        return [fact["step"] for name, fact in self.facts() if name == kind]

    def ended(self) -> bool:
        return any(name == "ended" for name, _ in self.facts())

    def at_work(self) -> set[int]:
        """Steps whose beginning is committed and whose end is not."""
        found = set()
        for name, fact in self.facts():
            if name == "started":
                found.add(fact["step"])
            elif "step" in fact:
                found.discard(fact["step"])
        return found

    def called(self, steps) -> str:
        return ", ".join(f"{self.steps[step]['action']} of {self.steps[step]['subject']}" for step in sorted(steps)) or "nothing"

    def now(self, what: str, action: str) -> set[int]:
        """Steps of an action that have `begun` (so it is committed), or are `running` (on their server)."""
        steps = self.those("started") if what == "begun" else map(step_of, units())
        return {step for step in steps if self.steps[step]["action"] == action}


class Once(threading.Thread):
    """Looks all the time whether a step works twice at once."""

    def __init__(self):
        super().__init__(daemon=True)
        self.twice, self.over = set(), threading.Event()

    def run(self):
        while not self.over.wait(0.1):
            now = sorted(units())
            self.twice |= {(one, other) for one in now for other in now if one < other and one.rsplit("-", 2)[0] == other.rsplit("-", 2)[0]}


class Killed(Story):
    servers = len(SERVERS)

    def setUp(self):
        self.store = self.rack.state / "pooldeck.db"
        self.log = self.rack.state / "captain.log"
        self.roots = [root_of(self.rack.dir / "servers" / server / "var-lib") for server in SERVERS]
        self.once = Once()
        self.once.start()

    def tearDown(self):
        self.once.over.set()
        self.once.join()

    def captain(self, *but: int) -> int:
        """The process of the captain that is none of those; 0 when there is none."""
        mine = [pid for pid, words in processes().items() if words[0] == str(BINARY) and "captain" in words and f"sqlite:{self.store}" in words]
        return next((pid for pid in mine if pid not in but), 0)

    def begin(self, *words) -> subprocess.Popen:
        """Run pooldeck beside the test; what it says goes to the captain's log."""
        with self.log.open("a") as said:
            return subprocess.Popen([str(word) for word in self.rack.command(*words)], stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                                    env={**os.environ, **self.rack.env})

    def run_of(self, number: int) -> Run:
        """The run of that number, once it is accepted."""
        def accepted():
            with suppress(IndexError, sqlite3.OperationalError):
                return Run(self.store, number)
        return eventually(f"run {number} is there", accepted, 120)

    def witnesses(self, run: Run) -> tuple[set[int], list[int]]:
        """What the servers say: the steps whose good result still lies there, and how often each step was applied."""
        lines, results = [], set()
        for root in self.roots:
            for result in root.glob("run/pooldeck/pooldeck-*-apply/result"):
                if is_step(result.parent.name) and run_of(result.parent.name) == run.number and result.read_text().startswith("0 "):
                    results.add(step_of(result.parent.name))
            counted = root / "var/lib/pooldeck/applied"
            lines += counted.read_text().splitlines() if counted.exists() else []
        return results, [lines.count(f"{run.number} {step} apply") for step in range(len(run.steps))]

    def applied(self, run: Run) -> list[int]:
        """How often each step was applied, by the servers' own count."""
        return self.witnesses(run)[1]

    def kill_at(self, run: Run, *moments: tuple[str, str], and_then=lambda: None):
        """Kill the captain at each of these moments, one after the other; the next one, whoever starts it, ends the run."""
        killed, kept = [], {}
        for what, action in moments:
            pid = eventually("another captain acts", lambda: self.captain(*killed), 60)

            def now():
                return run.now(what, action) or run.ended()
            eventually(f"{action} is {what}", now, 600, pause=0.02)
            self.assertFalse(run.ended(), f"the run ended before {action} was {what}: {run.facts()[-1]}")
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)
            at_work = run.at_work()
            results, applied = self.witnesses(run)
            done = results | set(run.those("proved"))
            kept |= {step: applied[step] for step in done if step not in kept}
            print(f"  killed {pid} when {action} was {what}; at work: {run.called(at_work)}; of these done before anybody else came: {run.called(at_work & done)}", flush=True)
            and_then()
        eventually("the run ends", run.ended, 600)
        applied = self.is_whole(run)
        self.assertEqual({step: applied[step] for step in kept}, kept, "what was done before a kill was applied again")

    def is_whole(self, run: Run) -> list[int]:
        """It has succeeded; no step worked twice at once, and each that had work to do did it, again only where its first try was cut."""
        shown = self.rack.json("run", "show", run.number)
        self.assertEqual((shown["outcome"], shown["without"]), ("succeeded", []))
        self.assertEqual([it["id"] for it in self.rack.json("run", "list")["runs"]][0], run.number, "another run was made")
        self.assertEqual(self.once.twice, set(), "a step worked twice at once")
        begun = [fact for name, fact in run.facts() if name == "started"]
        applied = self.applied(run)
        for step, count in enumerate(applied):
            tries = [fact for fact in begun if fact["step"] == step]
            least = int(any(fact["changes"] for fact in tries))
            self.assertTrue(least <= count <= least * len(tries), f"{run.called([step])} was applied {count} times in {len(tries)} tries")
        again = [step for step, count in enumerate(applied) if count > 1]
        print(f"  {len(run.steps)} steps, {sum(map(bool, applied))} applied; more than once: {run.called(again)}", flush=True)
        return applied

    def pool_is_well(self, *members: str):
        """Claims, nodes and store name the same servers; every other one is clean."""
        self.assertEqual({server: claim["pool"] for server, claim in self.rack.claims().items()}, dict.fromkeys(members, "web"))
        eventually("every node is Ready", lambda: self.rack.nodes("s01") == dict.fromkeys(members, True), 120)
        known = {it["name"]: it["pool"] for it in self.rack.json("server", "list")["servers"]}
        self.assertEqual(known, {server: "web" if server in members else None for server in SERVERS})
        for server in set(SERVERS) - set(members):
            self.assertEqual(self.rack.leftovers(server), [])

    def test_1_a_create_whose_captain_is_killed_five_times_ends_as_if_nothing_had_been(self):
        asks = self.begin("pool", "create", "web", "--server", "s02", "--server", "s03", "--yes", "--wait")
        # Who waits for the run starts the next captain.
        self.kill_at(self.run_of(1), ("begun", "claim"), ("running", "prepare"), ("running", "init"), ("running", "join"), ("begun", "await-ready"))
        self.assertEqual(asks.wait(60), 0, "who waited for the run hears that it has succeeded")
        self.pool_is_well("s01", "s02", "s03")

    def test_2_a_resize_down_whose_captain_is_killed_five_times_gives_back_a_clean_server(self):
        self.rack.kubectl("s01", "apply", "-f", "-", feed=SLOW)
        self.rack.kubectl("s01", "rollout", "status", "deployment/slow", "--timeout=300s")
        self.rack.pooldeck("pool", "resize", "web", "--remove", "s03", "--confirm", "web", "--yes", "--no-wait")
        # A service manager starts the next captain.
        self.kill_at(self.run_of(2), ("running", "drain"), ("begun", "stop-kubelet"), ("begun", "remove-node"), ("begun", "reset"), ("begun", "prove-clean"),
                     and_then=lambda: self.begin("captain"))
        self.pool_is_well("s01", "s02")
        self.rack.kubectl("s01", "rollout", "status", "deployment/slow", "--timeout=300s")

    def stopped(self, run: Run, captain: int, slow: str, missed: set[int]) -> tuple[int, list[int]]:
        """Stop the captain and its connections when a step's command has left it and not arrived: the step, and what was stopped."""
        steps = {step for step in run.at_work() - missed if run.steps[step]["subject"] == slow}
        if not steps:
            return ()
        family = below(captain)
        relay = next(pid for pid, words in processes().items() if pid in family and any(word.endswith("/delay.py") for word in words))
        sent = received(relay)
        with suppress(AssertionError):
            eventually("the command has left", lambda: received(relay) > sent + COMMAND, 10, pause=0.01)
        family = [relay, captain, *below(captain)]
        for pid in family:
            os.kill(pid, signal.SIGSTOP)
        if run.at_work() >= steps and not self.rack.on(slow, f"ls -d /run/pooldeck/pooldeck-*-{run.number}-{min(steps)}-1-apply 2>/dev/null || true"):
            return min(steps), family
        missed |= steps
        for pid in family:
            os.kill(pid, signal.SIGCONT)
        return ()

    def test_3_a_captain_that_was_stopped_before_its_command_arrived_is_refused_by_the_server(self):
        os.kill(self.captain(), signal.SIGTERM)
        eventually("the captain has ended", lambda: not self.captain(), 60)
        self.rack.lab("slow", "s03", 500)
        late = self.begin("captain")
        first = eventually("a captain acts", self.captain, 60)
        self.rack.pooldeck("pool", "resize", "web", "--add", "s03", "--yes", "--no-wait")
        run, missed = self.run_of(3), set()
        step, family = eventually("a command is on its way", lambda: self.stopped(run, first, "s03", missed), 120, pause=0.01)
        print(f"  stopped when the command was on its way: {run.called([step])}", flush=True)

        self.rack.lab("slow", "s03", 0)
        self.begin("captain")
        eventually("the run ends", run.ended, 600)
        applied = self.is_whole(run)

        for pid in family:
            if pid != first:
                os.kill(pid, signal.SIGCONT)
        unit = f"/run/pooldeck/pooldeck-*-{run.number}-{step}-1-apply"
        refused = eventually("the late command has ended", lambda: self.rack.on("s03", f"cat {unit}/result"), 60)
        self.assertEqual(refused.split()[0], "79")
        self.assertIn("a newer captain", self.rack.on("s03", f"cat {unit}/output"))
        self.assertIsNone(late.poll())
        os.kill(first, signal.SIGCONT)
        self.assertEqual(late.wait(60), 1)
        print("  it was refused and ended: " + next(line for line in self.log.read_text().splitlines() if line.startswith("error: ")), flush=True)
        self.assertEqual(self.applied(run), applied, "its late command was carried out")
        self.pool_is_well("s01", "s02", "s03")

    def test_4_the_pool_is_destroyed_and_every_server_is_spare(self):
        self.rack.pooldeck("pool", "destroy", "web", "--confirm", "web", "--yes", "--wait")
        self.assertEqual([self.rack.leftovers(server) for server in SERVERS], [[], [], []])


if __name__ == "__main__":
    unittest.main(verbosity=2, failfast=True)
