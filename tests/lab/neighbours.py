#!/usr/bin/env python3
"""Servers that are somebody else's: a cluster made by hand, a server that serves something, one that is not offered."""
import unittest

from rack import Story, eventually

OTHERS = ("f01", "f02", "f03")


class Neighbours(Story):
    servers, foreign = 3, True

    def trace(self, server: str) -> str:
        """What pooldeck would change on a server: files it writes, services, containers, routes, firewall."""
        return self.rack.on(server, """
            find /etc /opt /usr/local /var/lib/pooldeck -xdev -type f -newer /root/before 2>/dev/null | sort
            systemctl list-units --state=running --plain --no-legend --type=service | awk '{print $1}' | grep -v -e '^user@' -e '^pooldeck-' | sort
            ip route | sort; cat /etc/hosts /etc/motd; ls -A /var/lib/pooldeck 2>/dev/null || true""")

    def test_1_none_of_them_is_ever_suggested(self):
        for server in OTHERS:
            self.rack.on(server, "touch /root/before")
        type(self).before = {server: self.trace(server) for server in OTHERS}

        def known():
            servers = {it["name"]: it for it in self.rack.json("server", "list")["servers"]}
            return all(it["capacity"] for name, it in servers.items() if name != "f03") and servers
        servers = eventually("the servers are known", known)
        self.assertNotEqual(servers["f01"]["standing"], "spare")
        self.assertNotEqual(servers["f02"]["standing"], "spare")
        self.rack.pooldeck("pool", "create", "web", "--cores", 99, "--yes", "--wait", code=1)
        preview = self.rack.json("pool", "create", "web", "--cores", 3, "--plan-only")
        self.assertEqual({it["server"] for it in preview["incoming"]}, {"s01", "s02", "s03"}, "all that is spare, and nothing else")

    def test_2_none_of_them_can_be_named_for_a_pool(self):
        for server in OTHERS:
            said = self.rack.pooldeck("pool", "create", "web", "--server", server, "--yes", "--wait", code=1)
            self.assertIn(server, said)

    def test_3_none_of_them_is_cleaned(self):
        for server in OTHERS:
            said = self.rack.pooldeck("server", "clean", server, "--yes", "--confirm", server, "--wait", code=1)
            self.assertIn(server, said)

    def test_4_nothing_on_them_has_changed(self):
        for server in OTHERS:
            self.assertEqual(self.trace(server), self.before[server])
        self.assertEqual(self.rack.claims(), {})
        self.assertEqual(self.rack.nodes("f01"), {"f01": True})
        self.assertIn("canteen", self.rack.lab("inside", "curl", "-fs", f"http://{self.address('f02')}:8080/"))

    def address(self, server: str) -> str:
        return next(line.split()[1] for line in self.rack.lab("list").splitlines() if line.startswith(server))


if __name__ == "__main__":
    unittest.main(verbosity=2, failfast=True)
