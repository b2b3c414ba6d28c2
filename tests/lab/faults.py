#!/usr/bin/env python3
"""Bad input and faults: each is named with what to do about it, nothing is lost, nothing is left half-done and unsaid."""
import concurrent.futures
import os
import shutil
import subprocess
import unittest

from rack import Story, eventually, run

# Keeps apt busy, as unattended-upgrades does.
HOLD_APT = "import fcntl, time; held = open('/var/lib/dpkg/lock-frontend', 'w'); fcntl.lockf(held, fcntl.LOCK_EX); time.sleep(600)"
# What an operator's typing error makes of the inventory, and what pooldeck has to say about it.
TYPING = {
    "unclosed": ("pooldeck_use: true", "pooldeck_use: [true", "not YAML"),
    "misspelt": ("pooldeck_use: true", "pooldeck_uze: true", "did you mean `pooldeck_use`"),
    "twice": ("        s02:\n", "        s01:\n", "`s01` stands twice"),
    "quantity": ("        s02:\n", "        s02:\n          pooldeck_expect_memory: 4 Gigs\n", "`4 Gigs` has no unit"),
}


class Faults(Story):
    names = tuple(f"s0{number}" for number in range(1, 7))

    begun = 0

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # A server that is off for good is waited for as long as its firmware takes to boot; here that is a minute.
        cls.rack.env["POOLDECK_AWAY"] = "60"

    def refused(self, *words, says, code=1, **where) -> str:
        """The verb names what is wrong and says what to do; that it began nothing is seen at the chapter's end."""
        said = self.rack.pooldeck(*words, code=code, **where)
        for word in (*says, "hint:"):
            self.assertIn(word, said)
        return said

    def tearDown(self):
        self.assertEqual(len(self.runs()), self.begun, "no run began but those that were to begin")

    def runs(self, **where) -> list[dict]:
        return self.rack.json("run", "list", **where)["runs"]

    def claims(self, off="") -> dict[str, str]:
        """The claims on all servers but one that is off."""
        read = lambda server: self.rack.on(server, "cat /var/lib/pooldeck/claim 2>/dev/null || true")
        return {server: text for server in self.names if server != off and (text := read(server))}

    def server(self, name: str, **where) -> dict:
        return next(it for it in self.rack.json("server", "list", **where)["servers"] if it["name"] == name)

    def becomes(self, server: str, word: str, seconds=60, **where) -> dict:
        def so():
            found = self.server(server, **where)
            return found if word in (found["state"], found["standing"]) else None
        return eventually(f"{server} is {word}", so, seconds)

    def hang_up(self, *servers: str):
        """Ends the connections that are open, as a server does that was installed anew."""
        for server in servers:
            self.rack.on(server, "pkill -f 'sshd: (root|ops)' || true")

    def plan_id(self, *words) -> str:
        return self.rack.json(*words, "--plan-only")["id"]

    def forget_key(self, server: str):
        address = next(line.split()[1] for line in self.rack.lab("list").splitlines() if line.startswith(server))
        run("ssh-keygen", "-q", "-R", address, "-f", self.rack.dir / "known_hosts")

    def test_01_names_that_nobody_has_are_refused_by_name(self):
        for verb in (("server", "show"), ("server", "check"), ("server", "clean"), ("server", "trust"), ("server", "forget"),
                     ("pool", "create", "web", "--server")):
            self.refused(*verb, "s77", "--yes", says=["`s77`", "pooldeck server list"])
        for verb in (("pool", "show"), ("pool", "kubeconfig"), ("pool", "destroy", "--confirm", "nope"), ("pool", "resize", "--cores", "+1")):
            self.refused(*verb, "nope", "--yes", says=["`nope`", "pooldeck pool list"])
        self.refused("run", "cancel", 99, says=["run 99", "pooldeck run list"])
        self.refused("pool", "create", "web", "--memory", "4Gigs", says=["`4Gigs`"], code=2)

    def test_02_a_broken_inventory_changes_nothing_and_is_named_by_line_and_column(self):
        file = self.rack.inventory / "hosts.yaml"
        good = file.read_text()
        servers = self.rack.json("server", "list")["servers"]
        self.assertEqual(len(servers), 6)
        for old, new, says in TYPING.values():
            file.write_text(good.replace(old, new, 1))
            said = self.rack.pooldeck("inventory", "check", code=2)
            self.assertRegex(said, rf"{file}:\d+:\d+: ")
            self.assertIn(says, said)
            named = lambda: f"{file}:" in self.rack.pooldeck("problem", "list", code=None)
            eventually("the captain says that it cannot read it", named, 30)
            known = self.rack.json("server", "list")["servers"]
            self.assertEqual([it["name"] for it in known], [it["name"] for it in servers], "the last good one counts")
            self.assertIn(says, self.rack.pooldeck("server", "list"))
            self.refused("pool", "create", "web", "--cores", 1, "--yes", says=["nothing was changed", f"{file}:", says], code=2)
            file.write_text(good)
            eventually("it is read again", lambda: not named(), 30)
        self.becomes("s01", "spare")

    def test_03_a_new_store_with_a_broken_inventory_says_so_rather_than_nothing(self):
        folder, state = self.rack.dir / "broken", self.rack.dir / "new"
        shutil.copytree(self.rack.inventory, folder)
        state.mkdir(mode=0o700)
        (folder / "hosts.yaml").write_text("all: [\n")
        for words in (["server", "list"], ["pool", "create", "web", "--cores", "1", "--yes"]):
            said = self.rack.pooldeck(*words, code=2, inventory=folder, state=state)
            self.assertRegex(said, rf"{folder}/hosts.yaml:\d+:\d+: ")

    def test_04_a_full_disk_and_a_wrong_clock_make_a_server_unfit(self):
        self.rack.lab("disk-full", "s06", "/var/lib")
        self.rack.lab("clock", "s05", 3600)
        for server, why in (("s06", "/var/lib has"), ("s05", "its clock is 3600 s ahead")):
            self.assertIn(why, self.becomes(server, "unfit")["why"])
            self.assertIn(why, self.rack.pooldeck("server", "show", server))
            self.refused("pool", "create", "web", "--server", server, "--yes", says=[f"`{server}`", why])
            self.assertEqual(self.rack.leftovers(server), [])
        preview = self.rack.json("pool", "create", "web", "--cores", 3, "--plan-only")
        self.assertFalse({it["server"] for it in preview["incoming"]} & {"s05", "s06"})
        self.rack.lab("disk-free", "s06", "/var/lib")
        self.rack.lab("clock", "s05", 0)
        for server in ("s05", "s06"):
            self.becomes(server, "spare")

    def test_05_a_changed_host_key_is_named_and_not_tried_again(self):
        self.rack.lab("rekey", "s02")
        self.hang_up("s02")
        self.becomes("s02", "key changed")
        self.refused("pool", "create", "web", "--server", "s02", "--yes", says=["`s02`", "key changed", "ssh-keygen -R", "pooldeck server trust s02"])
        tries = lambda: self.rack.on("s02", "journalctl -u ssh --no-pager | grep -c preauth || true")
        before = tries()
        for _ in range(3):
            self.assertIn("key changed", self.rack.pooldeck("server", "check", "s02", code=1))
        self.assertEqual(tries(), before, "nobody called again")
        self.refused("server", "trust", "s02", "--yes", says=["another key", "ssh-keygen -R", "known_hosts"])
        self.forget_key("s02")
        self.refused("server", "trust", "s02", says=["SHA256:", "s02", "--yes"])
        self.rack.pooldeck("server", "trust", "s02", "--yes")
        self.becomes("s02", "spare")

    def test_06_an_unknown_host_key_is_accepted_by_a_person_only(self):
        self.forget_key("s02")
        self.hang_up("s02")
        self.becomes("s02", "key unknown")
        self.refused("pool", "create", "web", "--server", "s02", "--yes", says=["`s02`", "key unknown", "pooldeck server trust s02"])
        self.rack.pooldeck("server", "trust", "s02", "--yes")
        self.becomes("s02", "spare")

    def test_07_sudo_that_is_refused_is_named_with_what_to_allow(self):
        self.rack.lab("no-sudo", "s05")
        self.becomes("s05", "sudo refused")
        self.assertIn("password is required", self.rack.pooldeck("server", "show", "s05"))
        self.refused("pool", "create", "web", "--server", "s05", "--yes", says=["`s05`", "sudo refused", "sudoers"])
        self.rack.lab("sudo", "s05")
        self.becomes("s05", "spare")
        self.assertEqual(self.claims(), {}, "nobody was touched by anything up to here")

    def test_08_a_server_that_goes_off_after_the_preview_is_not_begun_with(self):
        words = ("pool", "create", "web", "--server", "s04")
        plan = self.plan_id(*words)
        self.rack.lab("off", "s04")
        said = self.rack.pooldeck(*words, "--plan", plan, "--yes", code=1)
        self.assertIn("s04", said)
        self.assertEqual(self.claims(off="s04"), {})
        self.rack.lab("on", "s04")
        self.becomes("s04", "spare")

    def test_09_of_two_operators_who_confirm_at_once_one_is_refused(self):
        # s04 stays in its first step long enough for the next chapter.
        self.rack.on("s04", f"setsid python3 -c \"{HOLD_APT}\" >/dev/null 2>&1 </dev/null &")
        asks = {pool: ("pool", "create", pool, "--server", "s03", "--server", "s04") for pool in ("web", "lab")}
        plans = {pool: self.plan_id(*words) for pool, words in asks.items()}
        env = {**os.environ, **self.rack.env}
        confirm = lambda pool: subprocess.run([str(word) for word in self.rack.command(*asks[pool], "--plan", plans[pool], "--yes")],
                                              capture_output=True, text=True, check=False, env=env)
        with concurrent.futures.ThreadPoolExecutor() as both:
            ended = dict(zip(asks, both.map(confirm, asks)))
        self.assertEqual(sorted(it.returncode for it in ended.values()), [0, 1], ended)
        loser, said = next((pool, it.stderr) for pool, it in ended.items() if it.returncode == 1)
        type(self).begun = 1
        type(self).pool = ({"web", "lab"} - {loser}).pop()
        self.assertRegex(said, r"s0[134]")
        self.assertIn("hint:", said)
        self.refused(*asks[loser], "--plan", plans[loser], "--yes", says=["`s03`", "run 1 works on it"])
        self.refused("pool", "resize", self.pool, "--cores", "+1", "--yes", says=["run 1 is open", "run cancel 1"])

    def test_10_a_server_loses_power_before_its_join(self):
        eventually("s04 waits for apt", lambda: "apt" in self.rack.pooldeck("run", "logs", 1))
        self.rack.lab("off", "s04")

    def test_11_a_second_store_sees_whose_the_servers_are_and_touches_none(self):
        other = {"state": self.rack.dir / "other"}
        other["state"].mkdir(mode=0o700)
        before = self.claims(off="s04")
        self.assertIn("s03", before)
        self.assertIn("claimed by fleet", self.becomes("s03", "not ours", **other)["why"])
        for words in (("pool", "create", "mine", "--server", "s03", "--yes"), ("server", "clean", "s03", "--yes", "--confirm", "s03")):
            self.refused(*words, says=["`s03`", "claimed by fleet"], **other)
        preview = self.rack.json("pool", "create", "mine", "--cores", 1, "--plan-only", **other)
        self.assertFalse({it["server"] for it in preview["incoming"]} & (set(before) | {"s04"}))
        said = self.rack.pooldeck("pool", "create", "mine", "--cores", 99, "--yes", code=1, **other)
        self.assertIn("s03 not ours: claimed by fleet", said)
        self.assertEqual(self.claims(off="s04"), before)

    def test_12_the_run_goes_on_without_it_and_says_so(self):
        said = self.rack.pooldeck("run", "show", 1, "--wait", code=None, seconds=600)
        outcome = self.runs()[0]["outcome"]
        self.assertEqual(outcome, "succeeded without some", said)
        self.assertIn("without s04: preflight: `s04` cannot be reached", said)
        plane = next(server for server in ("s01", "s02", "s05") if server in self.claims(off="s04"))
        self.assertEqual(self.rack.nodes(plane), {plane: True, "s03": True})
        self.becomes("s04", "leftovers")
        self.assertIn(f"owes clean to {self.pool}", self.rack.pooldeck("problem", "list", code=None))
        for words in (("server", "clean", "s04", "--yes"), ("pool", "create", "more", "--server", "s04", "--yes")):
            self.refused(*words, says=["`s04`"])

    def test_13_when_it_is_back_it_is_cleaned_and_spare(self):
        self.rack.lab("on", "s04")
        self.becomes("s04", "spare", 120)
        self.assertEqual(self.rack.leftovers("s04"), [])
        type(self).begun = 2  # the captain's own, which pays the debt
        self.assertIn("owes nothing", self.rack.pooldeck("server", "clean", "s04", "--yes"))

    def test_14_a_server_that_loses_power_while_it_joins_waits_for_a_person_and_is_joined(self):
        self.rack.pooldeck("pool", "resize", self.pool, "--add", "s04", "--yes")
        type(self).begun = number = 3
        self.rack.on("s04", "until [ -e /run/pooldeck/join ]; do sleep 0.02; done")
        self.rack.lab("off", "s04")
        self.rack.lab("on", "s04")
        waits = lambda: "s04 waits: it was rebooted while run 3 worked on it" in self.rack.pooldeck("run", "show", number)
        eventually("it waits for a person", waits, 120)
        self.refused("run", "resume", number, says=["run 3 goes on", "s04", "--yes"])
        self.rack.pooldeck("run", "resume", number, "--yes")
        said = self.rack.pooldeck("run", "show", number, "--wait", seconds=600)
        self.assertIn("succeeded", said)
        plane = self.rack.control_plane()[self.pool]
        self.assertEqual(self.rack.nodes(plane), {plane: True, "s03": True, "s04": True})

    def test_15_a_member_whose_key_is_in_doubt_is_not_begun_with(self):
        self.rack.lab("rekey", "s04")
        self.hang_up("s04")
        self.becomes("s04", "key changed")
        self.refused("pool", "resize", self.pool, "--remove", "s04", "--confirm", self.pool, "--yes",
                     says=["`s04`", "key changed", "pooldeck server trust s04"])
        self.forget_key("s04")
        self.rack.pooldeck("server", "trust", "s04", "--yes")
        eventually("s04 can be reached again", lambda: self.server("s04")["state"] == "ok", 60)

    def test_15a_a_member_that_died_is_given_up_and_cleaned_when_it_is_back(self):
        plane = self.rack.control_plane()[self.pool]
        self.rack.lab("off", "s04")
        # As pooldeck itself knows it: what kubectl sees a second earlier is worse than the preview, and refused.
        self.becomes("s04", "down", 120)
        said = self.rack.pooldeck("pool", "resize", self.pool, "--remove", "s04", "--confirm", self.pool, "--yes", "--wait")
        type(self).begun = 4
        self.assertIn("what runs on s04, and the local data of its pods: out of reach and not Ready, so it is not drained but given up", said)
        self.assertEqual(self.rack.nodes(plane), {plane: True, "s03": True})
        self.becomes("s04", "leftovers")
        self.rack.lab("on", "s04")
        self.becomes("s04", "spare", 120)
        type(self).begun = 5  # the captain's own, which pays the debt
        self.assertEqual(self.rack.leftovers("s04"), [])
        self.assertEqual(self.rack.nodes(plane), {plane: True, "s03": True})

    def test_15b_a_claim_that_somebody_edited_holds_up_its_server_and_no_captain(self):
        epoch = self.rack.claims()["s03"]["epoch"]
        self.rack.on("s03", "sed -i 's/^epoch=.*/epoch=999999/' /var/lib/pooldeck/claim")
        self.rack.pooldeck("pool", "resize", self.pool, "--add", "s04", "--yes", "--no-wait")
        type(self).begun = number = 6
        says = "s03 waits: a newer captain (epoch 999999) has taken over"
        eventually("s03 waits", lambda: says in self.rack.pooldeck("run", "show", number), 120)
        self.assertIn("its claim was edited", self.rack.pooldeck("run", "show", number))
        self.rack.on("s03", f"sed -i 's/^epoch=.*/epoch={epoch}/' /var/lib/pooldeck/claim")
        self.rack.pooldeck("run", "resume", number, "--yes")
        self.assertIn("succeeded", self.rack.pooldeck("run", "show", number, "--wait", seconds=600))
        plane = self.rack.control_plane()[self.pool]
        self.assertEqual(self.rack.nodes(plane), {plane: True, "s03": True, "s04": True})

    def test_16_a_server_that_another_fleet_takes_first_is_left_to_it(self):
        """Both have accepted a run when the other one's claim is written: the server itself decides, and the captain lives on."""
        theirs = "fleet=feedfeedfeedfeed\nepoch=1\nholder=ops2 on jump2\npool=mine\nrole=worker\nrun=1\nserver=s06\nat=2026-11-21T12:40:00Z"
        self.rack.on("s06", "mkdir -p /var/lib/pooldeck && (setsid flock /var/lib/pooldeck/lock sleep 600 >/dev/null 2>&1 </dev/null &)")
        self.rack.pooldeck("pool", "resize", self.pool, "--add", "s06", "--yes")
        type(self).begun = number = 7
        eventually("our claim waits for the lock", lambda: "another step on this server" in self.rack.pooldeck("run", "logs", number))
        self.rack.on("s06", f"printf '%s\n' '{theirs}' >/var/lib/pooldeck/claim; pkill sleep")
        said = self.rack.pooldeck("run", "show", number, "--wait", code=1)
        for word in ("without s06", "claimed by fleet feed, ops2 on jump2, 12:40"):
            self.assertIn(word, said)
        self.assertEqual(self.rack.on("s06", "cat /var/lib/pooldeck/claim"), theirs)
        self.assertIn("claimed by fleet feed", self.becomes("s06", "not ours")["why"])
        self.refused("server", "clean", "s06", "--yes", "--confirm", "s06", says=["`s06`", "claimed by fleet feed"])
        self.rack.on("s06", "rm /var/lib/pooldeck/claim")
        self.becomes("s06", "spare")

    def test_17_after_all_that_the_pool_is_destroyed_and_every_server_is_spare(self):
        self.rack.pooldeck("pool", "destroy", self.pool, "--confirm", self.pool, "--yes", "--wait")
        type(self).begun += 1
        self.assertEqual(self.claims(), {})
        for server in self.names:
            self.assertEqual(self.rack.leftovers(server), [])


if __name__ == "__main__":
    unittest.main(verbosity=2, failfast=True)
