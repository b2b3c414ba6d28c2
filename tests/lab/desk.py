"""The captain's host as operators use it: they log in over SSH with a terminal, and their connections break."""
import os
import pathlib
import signal
import subprocess
from contextlib import suppress

from rack import BINARY, HERE, Failed, Rack, eventually, run
from witness import below, processes

PORT = 2222


class Desk:
    """An sshd of its own in the room's network, and terminals from which people come."""

    def __init__(self, rack: Rack):
        self.rack, self.dir = rack, rack.dir / "desk"
        self.socket = f"pooldeck-{os.getpid()}"
        self.dir.mkdir(mode=0o700, exist_ok=True)
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.dir / "host_key")
        known = (self.dir / "host_key.pub").read_text()
        (self.dir / "known_hosts").write_text(f"[127.0.0.1]:{PORT} {known}")
        (self.dir / "sshd_config").write_text(
            f"Port {PORT}\nListenAddress 127.0.0.1\nHostKey {self.dir}/host_key\nAuthorizedKeysFile {rack.dir}/key.pub\n"
            "PidFile none\nStrictModes no\nPermitRootLogin yes\nUsePAM no\n")
        pathlib.Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        with (self.dir / "log").open("w") as log:
            self.sshd = subprocess.Popen([HERE / "lab", "inside", "/usr/sbin/sshd", "-D", "-e", "-f", self.dir / "sshd_config"],
                                         env={**os.environ, **rack.env}, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        eventually("sshd listens", lambda: "listening" in (self.dir / "log").read_text(), 20)

    def log_in(self, name: str, *words):
        """A terminal in which somebody logs in; first a verb is asked when there are words, then the deck is opened."""
        line = lambda *more: " ".join(str(word) for word in (BINARY, "--inventory", self.rack.inventory, "--store", f"sqlite:{self.rack.state}/pooldeck.db", *more))
        script = self.dir / f"{name}.sh"
        asks = f"{line(*words)}\n" if words else ""
        script.write_text(f"export POOLDECK_SSH_CONFIG={self.rack.dir}/ssh_config XDG_CONFIG_HOME={self.dir}\n{asks}exec {line()}\n")
        ssh = ("ssh", "-F", "none", "-tt", "-p", PORT, "-i", self.rack.dir / "key", "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
               "-o", f"UserKnownHostsFile={self.dir}/known_hosts", "root@127.0.0.1", "sh", script)
        run("tmux", "-L", self.socket, "-f", "/dev/null", "new-session", "-d", "-s", name, "-x", 110, "-y", 32,
            f"env {' '.join(f'{key}={value}' for key, value in self.rack.env.items())} {HERE}/lab inside {' '.join(map(str, ssh))}; sleep 600")

    def screen(self, name: str) -> str:
        return run("tmux", "-L", self.socket, "capture-pane", "-p", "-t", name)[0]

    def press(self, name: str, key: str):
        run("tmux", "-L", self.socket, "send-keys", "-t", name, key)

    def shows(self, name: str, word: str) -> bool:
        """Whether that terminal shows this; what it shows instead is said by who waits for it."""
        screen = self.screen(name)
        if word not in screen:
            raise Failed(screen)
        return True

    def decks(self) -> list[int]:
        """What people have open: every process of this store but its captain."""
        store = f"sqlite:{self.rack.state}/pooldeck.db"
        return [pid for pid, words in processes().items() if words[0] == str(BINARY) and store in words and "captain" not in words]

    def hang_up(self):
        """Every session ends as when a network goes: nobody is asked, nothing is closed in order."""
        known = processes()
        for pid in below(self.sshd.pid):
            if known.get(pid, [""])[0].startswith(("sshd: ", "sshd-session: ")) and "[listener]" not in known[pid][0]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def close(self):
        run("tmux", "-L", self.socket, "kill-server", code=None)
        for pid in [*below(self.sshd.pid), self.sshd.pid]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.sshd.wait()
