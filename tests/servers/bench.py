"""The program under test, the servers and a place to work; how reports are read; and what the servers have seen."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import cases

FORMATS = ("json", "jsonl", "sarif", "github", "gitlab", "junit", "codequality")
# Fast, since the servers are ours and there are many cases.
SPEED = ["--verify-rate", "200", "--verify-concurrency", "32"]
# Where the names of providers lead: every HTTP host to one port, chosen by name and credential.
HTTP_HOSTS = (
    "api.sendgrid.com",
    "api.eu.sendgrid.com",
    "api.twilio.com",
    "verify.twilio.com",
    "api.dublin.ie1.twilio.com",
    "verify.dublin.ie1.twilio.com",
)


class Broken(Exception):
    """The program did not do what it is for: nothing can be checked."""


class Checks:
    """Counts, and tells what is wrong at once."""

    def __init__(self):
        self.passed, self.failed = 0, 0

    def that(self, holds, what, told=""):
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print(f"servers: FAILED: {what}" + (f"\n    {told}" if told else ""), file=sys.stderr)
        return holds


class Bench:
    """The program, the servers and a place to work."""

    def __init__(self, program):
        self.program = str(Path(program).resolve())
        self.folder = Path(os.environ["WAXSEAL_RIG"])
        self.rig = json.loads((self.folder / "rig.json").read_text(encoding="utf-8"))
        self.ports = self.rig["ports"]
        self.cases = []
        for entry in self.rig["cases"]:
            entry.pop("answers")
            self.cases.append(cases.Case(**entry))
        self.checks = Checks()
        self.runs = 0
        # all that waxseal writes, to be searched for secrets
        self.written = []

    def ordinary(self):
        return [case for case in self.cases if not case.name.startswith(("slow-", "held-", "revoke-"))]

    def special(self, what):
        return [case for case in self.cases if case.name.startswith(f"{what}-")]

    def named(self, *names):
        found = [case for case in self.cases if case.name in names]
        assert len(found) == len(names), f"no such case among {names}"
        return found

    def repository(self, planted):
        """A repository with a file for each of the cases."""
        self.runs += 1
        folder = self.folder / "work" / f"repository{self.runs}"
        folder.mkdir()
        for case in planted:
            file = folder / case.path
            file.parent.mkdir(exist_ok=True)
            file.write_text(cases.planted(case), encoding="utf-8")
        commit = ["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "--allow-empty", "-m", "all"]
        for command in (["init", "-q"], ["add", "-A"], commit):
            subprocess.run(["git", *command], cwd=folder, check=True, env=self.environment())
        return folder

    def environment(self, **more):
        # verbose libraries would be heard now
        more = {"RUST_LOG": "trace", "RUST_BACKTRACE": "full", **more}
        home = self.folder / "work" / "home"
        home.mkdir(exist_ok=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "WAXSEAL", "XDG_"))}
        # no proxy of the environment may be used: this one records whoever comes
        trap = f"http://127.0.0.1:{self.ports['trap']}"
        proxies = {name: trap for word in ("http", "https", "all") for name in (f"{word}_proxy", f"{word.upper()}_PROXY")}
        return {
            **kept,
            **proxies,
            "HOME": str(home),
            "XDG_CACHE_HOME": str(home / "cache"),
            "XDG_CONFIG_HOME": str(home / "config"),
            **more,
        }

    def led(self, port="https"):
        """Options that lead the hosts of providers here: some under their own names, all others under that of this machine."""
        here = f"https://127.0.0.1:{self.ports[port]}"
        out = ["--allow-loopback", "--ca", self.rig["ca"], "--endpoint", f"sendgrid={here}", "--endpoint", f"twilio={here}"]
        for host in HTTP_HOSTS:
            out += ["--endpoint", f"{host}=https://{host}:{self.ports[port]},127.0.0.1"]
        return out

    def led_mail(self, planted):
        """Options that lead the mail servers of the cases here, and give leave to ask them."""
        servers = {case.mail_host: case.server for case in planted if case.kind == "smtp"}
        if "smtp.sendgrid.net" in servers:
            # where a key is tried that the other host refuses
            servers["smtp.eu.sendgrid.net"] = servers["smtp.sendgrid.net"]
        out = []
        for host, server in sorted(servers.items()):
            scheme = "smtps" if server.endswith("-tls") else "smtp"
            out += ["--smtp-host", host, "--endpoint", f"{host}={scheme}://localhost:{self.ports[server]},127.0.0.1"]
        return out

    def waxseal(self, folder, *arguments, timeout=240, **environment):
        """Runs it in `folder`: exit status, standard output and error."""
        try:
            done = subprocess.run(
                [self.program, *map(str, arguments)],
                cwd=folder,
                env=self.environment(**environment),
                capture_output=True,
                timeout=timeout,
                stdin=subprocess.DEVNULL,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            raise Broken(f"waxseal {' '.join(map(str, arguments[:2]))} did not end within {timeout} s") from late
        for name, data in (("stdout", done.stdout), ("stderr", done.stderr)):
            self.written.append((f"{name} of waxseal {' '.join(map(str, arguments[:2]))}", data))
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def scan(self, planted, *options, folder=None, formats=("json",), timeout=240):
        """Scans a repository with the cases; gives back exit status, text, standard error and the JSON report."""
        folder = folder or self.repository(planted)
        out = folder.with_name(f"{folder.name}-reports")
        out.mkdir(exist_ok=True)
        wanted = [part for name in formats for part in ("--format", f"{name}={out / name}")]
        status, text, told = self.waxseal(
            folder, "scan", ".", "--verify", *SPEED, *options, "--format", "text", *wanted, timeout=timeout
        )
        if status not in (0, 1, 2) or not (out / "json").exists():
            raise Broken(f"a scan ended with exit status {status} and no report:\n{told[-1500:]}")
        for name in formats:
            self.written.append((f"report {name}", (out / name).read_bytes()))
        return status, text, told, json.loads((out / "json").read_text(encoding="utf-8"))

    # ---- witnesses

    def asked(self):
        """What nginx saw, one entry a request. Of those that never end it tells when they are given up, which may be any time."""
        file = self.folder / "asked.jsonl"
        # it writes an entry once the answer is out, when the program may have ended already
        time.sleep(0.1)
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        return [entry for entry in map(json.loads, lines) if not entry["case"].startswith("slow-")]

    def peers(self):
        """What the scripted peers saw."""
        lines = (self.folder / "peers.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def exim(self):
        """What exim wrote down: wrong logins, and connections in which something was not as it should be."""
        log = self.folder / "exim/log/mainlog"
        return log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""


def verdicts(report):
    """What a JSON report says: verdicts by path."""
    found = {}
    for finding in report["findings"]:
        if "verification" in finding:
            found.setdefault(finding["path"], []).append(finding["verification"]["verdict"])
    return found


def sarif_verdicts(text):
    found = {}
    for run in json.loads(text)["runs"]:
        for result in run["results"]:
            verification = result.get("properties", {}).get("verification")
            if verification:
                uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
                found.setdefault(uri, []).append(verification["verdict"])
    return found


def text_verdicts(text):
    """What the text for people says, read the way they do: a verdict below the path of a file."""
    found, path = {}, None
    for line in text.splitlines():
        if match := re.match(r"^(\S+?):\d+:\d+\s", line):
            path = match[1]
        elif path and (match := re.match(r"^\s+(live-restricted|live|test|dead|rejected|unknown)\b", line)):
            found.setdefault(path, []).append(match[1])
    return found


# ---- The checks.


def cases_verdicts(found):
    return [verdict for verdicts in found.values() for verdict in verdicts]


def difference(one, other):
    return "; ".join(
        f"{path}: {one.get(path)} and {other.get(path)}" for path in sorted({*one, *other}) if one.get(path) != other.get(path)
    )[:600]
