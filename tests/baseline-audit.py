#!/usr/bin/env python3
"""`waxseal baseline audit` on a real terminal: a pseudo terminal, keys that are pressed, and what is on the screen.

Usage: tests/baseline-audit.py PROGRAM
Exit status: 0 when all is as it should be, 1 when not. Runs on Unix only.
"""

import hashlib
import os
import pty
import select
import subprocess
import sys
import tempfile
import time

PROGRAM = os.path.abspath(sys.argv[1])
PATIENCE = 20


def value(label, length):
    """A password that is none of anybody's, put together here."""
    return "Hb7!" + hashlib.sha256(label.encode()).hexdigest()[:length]


def environment(folder):
    kept = {name: os.environ[name] for name in ("PATH",) if name in os.environ}
    return {**kept, "HOME": folder, "TERM": "xterm", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}


class Screen:
    """The program on a pseudo terminal, and all that it has written to it."""

    def __init__(self, folder, *arguments):
        self.text = ""
        self.seen = 0
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execve(PROGRAM, [PROGRAM, *arguments], environment(folder))

    def wait_for(self, wanted):
        """Reads until `wanted` stands behind what was waited for before."""
        end = time.monotonic() + PATIENCE
        while wanted not in self.text[self.seen :]:
            if time.monotonic() > end:
                fail(f"{wanted!r} did not come; on the screen is\n{self.text}")
            if not self.read():
                fail(f"{wanted!r} did not come before the end; on the screen is\n{self.text}")
        self.seen = self.text.index(wanted, self.seen) + len(wanted)

    def read(self):
        ready, _, _ = select.select([self.terminal], [], [], 1)
        if not ready:
            return True
        try:
            data = os.read(self.terminal, 65536)
        except OSError:
            return False
        self.text += data.decode(errors="replace")
        return bool(data)

    def press(self, keys):
        # the program has to be waiting for a key before it comes, as with people
        time.sleep(0.2)
        os.write(self.terminal, keys.encode())

    def end(self):
        while self.read():
            pass
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)


def fail(problem):
    print(f"{sys.argv[0]}: {problem}", file=sys.stderr)
    sys.exit(1)


def expect(holds, problem):
    if not holds:
        fail(problem)


def run(folder, *arguments):
    return subprocess.run([PROGRAM, *arguments], cwd=folder, env=environment(folder), capture_output=True, text=True)


def main():
    one, two = value("one", 14), value("two", 14)
    with tempfile.TemporaryDirectory() as folder:
        for name, secret in (("a.py", one), ("b.py", two)):
            with open(os.path.join(folder, name), "w") as file:
                file.write(f"smtplib.SMTP('smtp.harbor.io').login('news@harbor.io', '{secret}')\n")
        subprocess.run(["git", "init", "-q", folder], check=True, env=environment(folder))
        baseline = os.path.join(folder, ".waxseal-baseline.jsonl")

        # a pipe on either side is no terminal
        piped = run(folder, "baseline", "audit")
        expect(piped.returncode == 2 and "have to be a terminal" in piped.stderr, piped.stderr)
        expect(not os.path.exists(baseline), "a baseline was written without a terminal")

        screen = Screen(folder, "baseline", "audit")
        screen.wait_for("[1 of 2]")
        screen.wait_for("quit: ")
        expect(one not in screen.text and two not in screen.text, "a secret is shown that nobody asked for")
        screen.press("v")
        screen.wait_for("takes it off the screen")
        expect(one in screen.text and two not in screen.text, "the value is not shown")
        screen.press(" ")
        screen.wait_for("quit: ")
        # the lines with the value were cleared
        expect("\x1b[2K" in screen.text or "\x1b[0J" in screen.text or "\x1b[J" in screen.text, "the value stays on the screen")
        screen.press("y")
        screen.wait_for("why may it pass? ")
        screen.press(f"it is {one}\n")
        screen.wait_for("quotes a secret")
        screen.wait_for("why may it pass? ")
        screen.press("only used by the test server\n")
        screen.wait_for("who answers for it? ")
        screen.press("ops\n")
        screen.wait_for("the last day on which it may pass? ")
        screen.press("9999-12-31\n")
        screen.wait_for("[2 of 2]")
        # what was said is saved before the next question is answered
        with open(baseline) as file:
            lines = file.read().splitlines()
        expect(len(lines) == 2 and '"reason":"only used by the test server","owner":"ops","expires":"9999-12-31"' in lines[1], str(lines))
        screen.wait_for("quit: ")
        screen.press("q")
        screen.wait_for("1 may pass, 0 count, 1 left")
        expect(screen.end() == 0, "the audit did not end well")
        shown = run(folder, "scan")
        expect(shown.returncode == 1 and "b.py:1:" in shown.stdout and "a.py:1:" not in shown.stdout, shown.stdout + shown.stderr)

        # the other one is real: what was let pass by mistake counts again
        added = run(folder, "baseline", "add", "--all", "--reason", "in haste")
        expect(added.returncode == 0, added.stderr)
        screen = Screen(folder, "baseline", "audit", "--again")
        for answer in ("s", "n"):
            screen.wait_for("quit: ")
            screen.press(answer)
        screen.wait_for("0 may pass, 1 count, 1 left")
        expect(screen.end() == 0, "the second audit did not end well")
        with open(baseline) as file:
            expect(len(file.read().splitlines()) == 2, "the entry is there still")

        # whoever interrupts has lost nothing
        before = open(baseline).read()
        screen = Screen(folder, "baseline", "audit", "--again")
        screen.wait_for("quit: ")
        screen.press("\x03")
        screen.end()
        expect(open(baseline).read() == before, "an interrupt changed the baseline")
    print("audit on a terminal: ok")


main()
