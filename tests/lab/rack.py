"""The lab, as its tests see it: servers, pooldeck's command line, the clusters' kubectl, and what a server looks like when it is clean.

Environment: POOLDECK, the binary under test (default: target/release/pooldeck of this clone); LAB_DIR and LAB_NET as for `lab`.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
BINARY = pathlib.Path(os.environ.get("POOLDECK", HERE.parent.parent / "target/release/pooldeck")).resolve()
KUBECTL = ("kubectl", "--kubeconfig", "/etc/kubernetes/admin.conf")


class Failed(AssertionError):
    """A command that ended otherwise than it had to; says what it printed."""


def run(*words, code=0, feed=None, seconds=600, env=None):
    """Run a command; return (stdout, stderr). `code` is the exit that is right, or None for any."""
    done = subprocess.run([str(word) for word in words], input=feed, capture_output=True, text=True, timeout=seconds,
                          env={**os.environ, **(env or {})}, check=False)
    if code is not None and done.returncode != code:
        raise Failed(f"{' '.join(map(str, words))}\nexit {done.returncode}, not {code}\n{done.stdout}\n{done.stderr}")
    return done.stdout, done.stderr


class Rack:
    """A lab of its own for one test file, with an inventory and an empty store."""

    def __init__(self, name: str):
        self.dir = pathlib.Path(os.environ.get("LAB_DIR", f"/var/tmp/pooldeck-test-{name}"))
        self.env = {"LAB_DIR": str(self.dir)}
        self.state = self.dir / "state"
        self.inventory = self.dir / "inventory"

    def lab(self, *words, **options):
        return run(HERE / "lab", *words, env=self.env, **options)[0]

    def up(self, count: int, foreign=False):
        self.lab("down")
        self.lab("up", count)
        if foreign:
            self.lab("foreign")
        self.new_store()
        self.lab("inventory", self.inventory)

    def down(self):
        self.lab("down")

    def new_store(self):
        shutil.rmtree(self.state, ignore_errors=True)
        self.state.mkdir(mode=0o700)

    def evidence(self) -> str:
        """What pooldeck says of itself, for whoever reads that a test failed."""
        said = []
        for words in (["pool", "list"], ["problem", "list"], ["run", "list"]):
            said.append(f"$ pooldeck {' '.join(words)}\n" + self.pooldeck(*words, code=None, seconds=60))
        for run_ in self.json("run", "list", code=None).get("runs", []):
            if not run_["outcome"]:
                for verb in ("show", "logs"):
                    said.append(f"$ pooldeck run {verb} {run_['id']}\n" + self.pooldeck("run", verb, run_["id"], code=None, seconds=60)[-6000:])
        said.append("captain.log:\n" + (self.state / "captain.log").read_text()[-4000:])
        return "\n".join(said)

    def command(self, *words, inventory=None, state=None):
        """The words with which pooldeck runs on the captain's host."""
        store = (state or self.state) / "pooldeck.db"
        return (HERE / "lab", "inside", BINARY, "--inventory", inventory or self.inventory, "--store", f"sqlite:{store}", *words)

    def pooldeck(self, *words, code=0, seconds=900, feed="", **where):
        """Run a verb; return what it printed, both streams."""
        out, notes = run(*self.command(*words, **where), code=code, seconds=seconds, feed=feed, env=self.env)
        return out + notes

    def json(self, *words, code=0, **where):
        return json.loads(run(*self.command(*words, "-o", "json", **where), code=code, feed="", env=self.env)[0])

    def on(self, server: str, script: str, code=0) -> str:
        return self.lab("exec", server, "sh", "-c", script, code=code).strip()

    def kubectl(self, control_plane: str, *words, feed=None, code=0) -> str:
        return self.lab("exec", control_plane, *KUBECTL, *words, feed=feed, code=code)

    def nodes(self, control_plane: str) -> dict[str, bool]:
        """The cluster's nodes and whether they are Ready."""
        found = {}
        for node in json.loads(self.kubectl(control_plane, "get", "nodes", "-o", "json"))["items"]:
            found[node["metadata"]["name"]] = any(c["type"] == "Ready" and c["status"] == "True" for c in node["status"]["conditions"])
        return found

    def control_plane(self) -> dict[str, str]:
        """Where each pool's API server is: read from the servers' own claims, not from pooldeck's store."""
        found = {}
        for server, claim in self.claims().items():
            if claim.get("role") == "control-plane":
                found[claim["pool"]] = server
        return found

    def servers(self) -> list[str]:
        return [line.split()[0] for line in self.lab("list").splitlines()]

    def claims(self) -> dict[str, dict[str, str]]:
        found = {}
        for server in self.servers():
            text = self.on(server, "cat /var/lib/pooldeck/claim 2>/dev/null || true")
            if text:
                found[server] = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        return found

    def members(self, pool: str) -> set[str]:
        return {server for server, claim in self.claims().items() if claim.get("pool") == pool}

    def leftovers(self, server: str) -> list[str]:
        """What Kubernetes or pooldeck left on a server that should be spare. Empty when it is clean."""
        looks = {
            "a process": "pgrep -l 'kubelet|kube-|etcd|coredns|containerd-shim'",
            "a claim": "cat /var/lib/pooldeck/claim",
            "a copy of the store": "ls /var/lib/pooldeck/copy.*",
            "files of kubeadm": "find /etc/kubernetes -type f 2>/dev/null | grep -v /manifests/.gitkeep",
            "etcd's data": "ls -A /var/lib/etcd",
            "kubelet's data": "ls -A /var/lib/kubelet/pki /var/lib/kubelet/config.yaml",
            "the pods' network": "ls -A /etc/cni/net.d; ip -br link show cni0; ip route | grep -v -e default -e 'scope link'",
            "firewall rules": "iptables-save | sed 's/\"[^\"]*\"//g' | grep -E 'KUBE-|CNI-|POOLDECK'",
            "its own services routed": "sysctl -n net.ipv4.conf.all.route_localnet | grep -vx 0",
            "mounts": "grep -E '/var/lib/kubelet|/run/containerd/io' /proc/mounts",
            "containers": "ctr -n k8s.io containers ls -q",
            "names": "grep pooldeck /etc/hosts",
        }
        return [f"{server} has {what}: {found}" for what, look in looks.items() if (found := self.on(server, f"{look} 2>/dev/null || true"))]


def eventually(what: str, look, seconds=120, pause=0.5):
    """Wait until `look()` is true; say what was missing when it does not become so."""
    end = time.monotonic() + seconds
    while True:
        try:
            if found := look():
                return found
        except (Failed, subprocess.SubprocessError, json.JSONDecodeError) as failure:
            found = failure
        if time.monotonic() > end:
            raise Failed(f"{what}: not within {seconds} s; last seen {found!r}")
        time.sleep(pause)


class Story(unittest.TestCase):
    """Tests that are chapters of one story: in order of their number, none after one that failed."""

    servers, foreign = 6, False
    broken = None

    @classmethod
    def setUpClass(cls):
        cls.rack = Rack(cls.__name__.lower())
        cls.addClassCleanup(cls.rack.down)
        cls.rack.up(cls.servers, cls.foreign)

    def run(self, result=None):
        if type(self).broken:
            result.startTest(self)
            result.addSkip(self, f"after {type(self).broken}")
            result.stopTest(self)
            return
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            type(self).broken = self.id()
            try:
                print(self.rack.evidence(), file=sys.stderr, flush=True)
            except (Failed, OSError, subprocess.SubprocessError, ValueError) as failure:
                print(f"no evidence: {failure}", file=sys.stderr)
