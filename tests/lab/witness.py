"""What the servers, the store and the machine say of a run, whatever a captain knows of it: read without any captain."""
import json
import os
import pathlib
import sqlite3
import threading
from contextlib import suppress


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


def root_of(disk: pathlib.Path) -> pathlib.Path | None:
    """The root of the server with that disk, as its first process sees it: there is no time to log in. None when it is off."""
    for file in of_processes("status"):
        with suppress(OSError):
            first = "\t1\n" in file.read_text().partition("NSpid:")[2].partition("NSpgid:")[0]
            if first and (file.parent / "root/var/lib").samefile(disk):
                return file.parent / "root"
    return None


def received(pid: int) -> int:
    """How many bytes a process has read."""
    return int(pathlib.Path(f"/proc/{pid}/io").read_text().split()[1])


def units() -> set[str]:
    """The steps that work on some server now, by their units' names, whatever a captain knows of them."""
    names = [words[1].split("/")[3] for words in processes().values() if words[1:] and words[1].startswith("/run/pooldeck/pooldeck-")]
    return {name for name in names if is_step(name)}


def is_step(unit: str) -> bool:
    """Fences, copies of the store and texts for people belong to no step."""
    return not any(word in unit for word in ("-fence-", "-copy-", "-by-hand-"))


def run_of(unit: str) -> int:
    """Whose unit it is: one that a killed captain did not put away lies there for the next run to be mistaken for."""
    return int(unit.rsplit("-", 4)[1])


def step_of(unit: str) -> int:
    """A unit is called `pooldeck-FLEET-RUN-STEP-ATTEMPT-VERB`."""
    return int(unit.rsplit("-", 3)[1])


class Run:
    """A run as the store has it; `phases` are its steps', as the preview and `run show` have them."""

    def __init__(self, store: pathlib.Path, number: int, phases: list[str]):
        self.number, self.store, self.phases = number, store, phases
        self.steps = json.loads(self.values(f"run/{number:08}")[0])["plan"]["steps"]

    def values(self, key: str) -> list[str]:
        with sqlite3.connect(f"file:{self.store}?mode=ro", uri=True) as store:
            return [row[0] for row in store.execute("SELECT value FROM facts WHERE key GLOB ? ORDER BY key", (key,))]

    def facts(self) -> list[tuple[str, dict]]:
        return [next(iter(json.loads(text)["fact"].items())) for text in self.values(f"run/{self.number:08}/event/*")]

    def those(self, kind: str) -> list[int]:
        return [fact["step"] for name, fact in self.facts() if name == kind]

    def outcome(self) -> str | dict | None:
        """How it ended; none while it is open."""
        return next((fact["outcome"] for name, fact in self.facts() if name == "ended"), None)

    def ended(self) -> bool:
        return self.outcome() is not None

    def at_work(self) -> set[int]:
        """Steps whose beginning is committed and whose end is not."""
        return at_work(self.facts())

    def held(self) -> set[str]:
        """Servers whose steps wait for a person."""
        found = set()
        for name, fact in self.facts():
            if name == "held":
                found.add(fact["server"])
            elif name in ("unparked", "left-out", "put-back"):
                found.discard(fact["server"])
        return found

    def called(self, steps) -> str:
        return ", ".join(f"{self.steps[step]['action']} of {self.steps[step]['subject']}" for step in sorted(steps)) or "nothing"

    def in_order(self) -> list[str]:
        """The phases that the plan goes through, in the order of its steps."""
        return list(dict.fromkeys(self.phases))

    def worked(self) -> set[int]:
        """The steps that had work to do."""
        return {fact["step"] for name, fact in self.facts() if name == "started" and fact["changes"]}


def at_work(facts) -> set[int]:
    """Steps that these facts begin and do not end."""
    found = set()
    for name, fact in facts:
        if name in ("started", "undo-started"):
            found.add(fact["step"])
        elif "step" in fact and name != "blocked":
            found.discard(fact["step"])
    return found


class Once(threading.Thread):
    """Looks all the time whether a step works twice at once."""

    def __init__(self):
        super().__init__(daemon=True)
        self.twice, self.over = set(), threading.Event()

    def run(self):
        while not self.over.wait(0.1):
            now = sorted(units())
            self.twice |= {(one, other) for one in now for other in now if one < other and one.rsplit("-", 2)[0] == other.rsplit("-", 2)[0]}
