"""A room that is watched while its runs are struck: whose captain acts, what each step did, and whether anything was lost."""
import json
import os
import signal
import sqlite3
import subprocess
import time
from contextlib import suppress

from rack import BINARY, Failed, Story, eventually
from witness import Once, Run, at_work, is_step, processes, root_of, run_of, step_of, units

SERVERS = ("s01", "s02", "s03")
# The pool's control plane: the first of the smallest.
PLANE = "s01"
# What works for seconds.
LASTING = {"prepare", "init", "join", "drain", "reset"}


class Watched(Story):
    """Chapters of a life of one pool. What was struck and lost is counted, and said in one line when all chapters were told."""

    servers = len(SERVERS)
    counted: dict[str, int] = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.children: list[subprocess.Popen] = []
        cls.addClassCleanup(cls.end_children)

    @classmethod
    def tearDownClass(cls):
        if cls.broken:
            return
        proof = {**cls.counted, "lost": cls.counted.get("lost", 0)}
        print("proof: " + " ".join(f"{name}={count}" for name, count in proof.items()), flush=True)
        if file := os.environ.get("POOLDECK_PROOF"):
            with open(file, "a", encoding="utf-8") as proofs:
                proofs.write(json.dumps({"proof": cls.__name__.lower(), **proof}) + "\n")

    @classmethod
    def end_children(cls):
        for child in cls.children:
            if child.poll() is None:
                child.kill()
            child.wait()

    def setUp(self):
        self.store = self.rack.state / "pooldeck.db"
        self.log = self.rack.state / "captain.log"
        self.once = Once()
        self.once.start()

    def tearDown(self):
        self.once.over.set()
        self.once.join()

    def count(self, what: str, more=1):
        type(self).counted = {**self.counted, what: self.counted.get(what, 0) + more}

    def nothing_lost(self, found, what: str):
        """What was found wrong is counted before it fails the chapter."""
        self.count("lost", len(found))
        self.assertFalse(found, what)

    def captain(self, *but: int) -> int:
        """The process of the captain that is none of those; 0 when there is none."""
        mine = [pid for pid, words in processes().items() if words[0] == str(BINARY) and "captain" in words and f"sqlite:{self.store}" in words]
        return next((pid for pid in mine if pid not in but), 0)

    def begin(self, *words, **env) -> subprocess.Popen:
        """Run pooldeck beside the test; what it says goes to the captain's log."""
        with self.log.open("a") as said:
            child = subprocess.Popen([str(word) for word in self.rack.command(*words)], stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                                     env={**os.environ, **self.rack.env, **env})
        self.children.append(child)
        return child

    def end_captain(self):
        while pid := self.captain():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            eventually("the captain has ended", lambda: self.captain() != pid, 60)

    def another_captain(self, **env) -> subprocess.Popen:
        """In place of the one that there is: one that stays, as a service manager starts it."""
        self.end_captain()
        begun = self.begin("captain", **env)
        eventually("a captain acts", self.captain, 60)
        return begun

    def run_of(self, number: int, phases: list[str]) -> Run:
        """The run of that number and those phases, as soon as it is accepted."""
        def accepted():
            with suppress(IndexError, sqlite3.OperationalError):
                return Run(self.store, number, phases)
        return eventually(f"run {number} is there", accepted, 120, pause=0.01)

    def asked(self, *words, by=None) -> Run:
        """The run of a request, from its first moment on. `by` asks for it, if it is not the command line."""
        phases = [step["phase"] for step in self.rack.json(*words, "--plan-only")["steps"]]
        number = 1 + max((run["id"] for run in self.rack.json("--read-only", "run", "list")["runs"]), default=0)
        (by or self.begin)(*words, "--yes", "--no-wait")
        return self.run_of(number, phases)

    def disk(self, server: str):
        return self.rack.dir / "servers" / server / "var-lib"

    def witnesses(self, run: Run) -> tuple[set[int], list[int]]:
        """What the servers say: the steps whose good result still lies there, and how often each step was applied."""
        lines, results = [], set()
        for server in SERVERS:
            root = root_of(self.disk(server))
            for result in root.glob("run/pooldeck/pooldeck-*-apply/result") if root else ():
                with suppress(OSError):
                    if is_step(result.parent.name) and run_of(result.parent.name) == run.number and result.read_text().startswith("0 "):
                        results.add(step_of(result.parent.name))
            counted = self.disk(server) / "pooldeck/applied"
            lines += counted.read_text().splitlines() if counted.exists() else []
        return results, [lines.count(f"{run.number} {step} apply") for step in range(len(run.steps))]

    def strike(self, run: Run, moments, is_now, blow, meanwhile=lambda: None, seconds=1800) -> int:
        """Deal a blow at each of these moments once, whichever comes first; how many blows it took. `blow(run, now)` is told how to
        learn which moments it is now, and says which of them it met.

        `is_now(moment, working, news)` is told the steps that work now, and the facts since the last blow. A moment whose steps had nothing
        to do never comes; what else did not is in `missed`."""
        left, since, blows, end = list(moments), 0, 0, time.monotonic() + seconds

        def now() -> list:
            facts = run.facts()
            # After a blow the next captain acts first.
            return [moment for moment in left if is_now(moment, at_work(facts), facts[since:])] if len(facts) > since else []
        while left and time.monotonic() < end:
            over = run.ended()
            if now() and (met := blow(run, now)):
                left = [moment for moment in left if moment not in met]
                blows, since = blows + 1, len(run.facts())
            elif over:
                break
            meanwhile()
            time.sleep(0.005)
        alone = lambda moment, step: is_now(moment, {step}, [("proved", {"step": step})])
        self.missed = [moment for moment in left if any(alone(moment, step) for step in run.worked())]
        if left:
            words = lambda moments: ", ".join(map(" ".join, moments)) or "none"
            print(f"  {words(self.missed)} missed; nothing to do in {words(it for it in left if it not in self.missed)}", flush=True)
        return blows

    def kill_at(self, run: Run, moments, and_then=lambda: None):
        """Kill the captain at each of these moments; the next one, whoever starts it, goes on. In the end all is whole."""
        kept, begun, acting = {}, {}, [eventually("a captain acts", self.captain, 60, pause=0.01)]

        def runs(step: int) -> bool:
            """It is begun; where that lasts, it has reached its server, or has had the time to."""
            since = begun.setdefault(step, time.monotonic())
            lasts = run.steps[step]["action"] in LASTING and time.monotonic() < since + 1
            return not lasts or step in {step_of(unit) for unit in units() if run_of(unit) == run.number}

        def is_now(moment, working, news):
            phase, what = moment
            if what == "running":
                return any(run.phases[step] == phase and runs(step) for step in working)
            return any(name == "proved" and run.phases[fact["step"]] == phase for name, fact in news)

        def kill(run: Run, now) -> list:
            pid = acting[-1]
            try:
                os.kill(pid, signal.SIGSTOP)
            except ProcessLookupError: # one that was started while the last one's lease still held
                acting.append(eventually("another captain acts", lambda: self.captain(*acting), 60))
                return []
            met = now()
            if not met: # it was quicker
                os.kill(pid, signal.SIGCONT)
                return []
            os.kill(pid, signal.SIGKILL)
            self.count("lab_kills")
            results, applied = self.witnesses(run)
            done = results | set(run.those("proved"))
            kept.update({step: applied[step] for step in done if step not in kept})
            open_ = run.at_work()
            print(f"  killed at {', '.join(map(' '.join, met))}; at work: {run.called(open_)}; of these done before anybody else came: "
                  f"{run.called(open_ & done)}", flush=True)
            and_then()
            if not run.ended():
                acting.append(eventually("another captain acts", lambda: self.captain(*acting), 60))
            return met

        self.strike(run, moments, is_now, kill)
        self.assertEqual(self.missed, [], "moments that came and were missed")
        eventually("the run ends", run.ended, 600)
        applied = self.is_whole(run)
        again = {step: applied[step] for step in kept if applied[step] != kept[step]}
        self.nothing_lost(again, f"what was done before a kill was applied again: {run.called(again)}")

    def outages_at(self, run: Run, outages: dict):
        """At each of these moments, a phase and a server, that server has its outage; a person goes on where the run waits for one."""
        def is_now(moment, working, news):
            phase, server = moment
            return any(run.phases[step] == phase and server in (run.steps[step]["subject"], PLANE) for step in working)

        def strike(run: Run, now) -> list:
            # Several may be at work: one at a time.
            met = next(iter(now()), None)
            if not met:
                return []
            (phase, server), outage = met, outages[met]
            print(f"  {outage.__name__} of {server} in {phase}; at work: {run.called(run.at_work())}", flush=True)
            outage(server)
            return [met]

        # An outage takes its step's second try along more often than not: what is missed is said, and some are met.
        self.assertGreater(self.strike(run, outages, is_now, strike, meanwhile=lambda: self.resume(run)), 0)

        def ends():
            self.resume(run)
            return run.ended()
        eventually("the run ends", ends, 900)
        self.is_whole(run)

    def resume(self, run: Run):
        """What a person does who knows why a server was rebooted."""
        if run.held() and not run.ended():
            with suppress(Failed):
                self.rack.pooldeck("run", "resume", run.number, "--yes", seconds=120)

    def is_whole(self, run: Run) -> list[int]:
        """It has succeeded; no step worked twice at once, and each that had work to do did it, again only where its first try was cut."""
        shown = self.rack.json("run", "show", run.number)
        self.assertEqual((shown["outcome"], shown["without"]), ("succeeded", []))
        self.assertEqual([(step["number"], step["phase"]) for step in shown["steps"]], list(enumerate(run.phases)), "the plan is the preview's")
        self.assertEqual([it["id"] for it in self.rack.json("run", "list")["runs"]][0], run.number, "another run was made")
        self.nothing_lost(self.once.twice, "a step worked twice at once")
        begun = [fact for name, fact in run.facts() if name == "started"]
        applied = self.witnesses(run)[1]
        wrong = []
        for step, count in enumerate(applied):
            tries = [fact for fact in begun if fact["step"] == step]
            least = int(any(fact["changes"] for fact in tries))
            if not least <= count <= least * len(tries):
                wrong.append(f"{run.called([step])} was applied {count} times in {len(tries)} tries")
        self.nothing_lost(wrong, "; ".join(wrong))
        again = [step for step, count in enumerate(applied) if count > 1]
        print(f"  {len(run.steps)} steps, {sum(map(bool, applied))} applied; more than once: {run.called(again)}", flush=True)
        return applied

    def pool_is_well(self, *members: str):
        """Claims, nodes and store name the same servers; every other one is clean."""
        claims = {server: claim["pool"] for server, claim in self.rack.claims().items()}
        known = lambda: {it["name"]: it["pool"] for it in self.rack.json("server", "list")["servers"]}
        here = dict.fromkeys(members, "web")
        self.nothing_lost({*claims.items()} ^ {*here.items()}, f"claims {claims}, not {here}")
        if members:
            eventually("every node is Ready", lambda: self.rack.nodes(members[0]) == dict.fromkeys(members, True), 180)
        stored = {server: pool for server, pool in known().items() if pool}
        self.nothing_lost({*stored.items()} ^ {*here.items()}, f"the store knows {stored}, not {here}")
        left = [found for server in SERVERS if server not in members for found in self.rack.leftovers(server)]
        self.nothing_lost(left, "freed servers are clean")
