#!/usr/bin/env python3
"""Starts the servers that the verifier is tested against, on free ports of 127.0.0.1, and stops them all at the end.

Usage: rig.py [--folder DIR] -- COMMAND [ARGUMENT...]   runs COMMAND while they run; its exit status is the one given back
       rig.py [--folder DIR]                            runs them until the standard input ends, or Ctrl-C

What there is stands in DIR/rig.json (ports, cases with their credentials) and DIR/rig.env (for a shell). DIR is a new folder
under the temporary one, named by WAXSEAL_RIG for COMMAND, and is removed at the end; one named by --folder is kept. As root,
COMMAND and the servers have a network of their own, in which nothing but this machine can be reached.
WAXSEAL_OPENAPI_DIR names a folder with the providers' own OpenAPI documents, for the answers to come from those.

tests/servers/setup.sh has to have run before. Exit status: that of COMMAND; 2 when a server did not start.
"""

import argparse
import ctypes
import dataclasses
import fcntl
import grp
import json
import os
import pwd
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cases
import openapi
import peers
import pki

HERE = Path(__file__).resolve().parent
FETCHED = HERE.parents[1] / ".servers"
# of prctl(2), unshare(2), netdevice(7)
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
CLONE_NEWNET = 0x40000000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
NOBODY = 65534


class Failed(Exception):
    """The servers can't be started."""


def free_port():
    """A port that nobody listens on, outside the range that the system gives to clients."""
    for _ in range(200):
        port = random.randint(15000, 31000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise Failed("no free port on 127.0.0.1")


class Rig:
    """The folder of a run, and what runs."""

    def __init__(self, folder):
        self.folder = folder
        self.processes = []
        self.ports = {}
        self.cases = cases.cases()
        # who the servers run as: never root
        root = os.geteuid() == 0
        self.uid, self.gid = (NOBODY, NOBODY) if root else (os.geteuid(), os.getegid())
        self.debian = FETCHED / "debian"
        self.root = root

    # ---- what they read

    def lay_out(self):
        for name in ("tmp", "exim/spool", "exim/log", "dovecot/run", "dovecot/state", "dovecot/home", "work"):
            (self.folder / name).mkdir(parents=True)
        if not (self.debian / ".complete").exists():
            raise Failed("the servers are not there: run tests/servers/setup.sh")
        if self.root:
            # another user has to reach them, and the way to this repository may be closed to it
            shutil.copytree(self.debian, self.folder / "debian", symlinks=True)
            self.debian = self.folder / "debian"
        pki.make(self.folder / "pki")
        self.users()
        official = os.environ.get("WAXSEAL_OPENAPI_DIR") or None
        document = openapi.merged(official)
        (self.folder / "prism.json").write_text(json.dumps(document), encoding="utf-8")
        self.ports["documents"] = "official" if official else "condensed"

    def users(self):
        """A name that exim looks its user up by, and the passwords that the mail servers know."""
        names = [f"Debian-exim:x:{self.uid}:{self.gid}::/:/bin/false"]
        groups = [f"Debian-exim:x:{self.gid}:"]
        names += [":".join(map(str, entry)) for entry in pwd.getpwall() if entry.pw_name != "Debian-exim"]
        groups += [f"{entry.gr_name}:x:{entry.gr_gid}:" for entry in grp.getgrall()]
        (self.folder / "passwd").write_text("\n".join(names) + "\n", encoding="utf-8")
        (self.folder / "group").write_text("\n".join(groups) + "\n", encoding="utf-8")
        for server in ("exim", "dovecot"):
            known = [c for c in self.cases if cases.KNOWN.match(c.name) and c.server.startswith(server)]
            gap = ": " if server == "exim" else ":"
            lines = [f"{case.user}{gap}{case.secret}\n" for case in known]
            (self.folder / server / "users").write_text("".join(lines), encoding="utf-8")

    def own(self):
        """Gives the folder to the user that the servers run as."""
        if not self.root:
            return
        for path in [self.folder, *self.folder.rglob("*")]:
            if self.folder / "debian" not in path.parents:
                os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def fill(self, name, **more):
        text = (HERE / f"{name}.in").read_text(encoding="utf-8")
        values = {**self.ports, **more, "run": self.folder, "debian": self.debian, "uid": self.uid, "gid": self.gid}
        for key, value in values.items():
            text = text.replace(f"@{key.upper().replace('-', '_')}@", str(value))
        target = self.folder / name
        target.write_text(text, encoding="utf-8")
        return target

    def system_names(self):
        """User and group as the system names them: dovecot looks past the names made for exim."""
        try:
            return {"user": pwd.getpwuid(self.uid).pw_name, "group": grp.getgrgid(self.gid).gr_name}
        except KeyError as error:
            raise Failed(f"dovecot needs a user and a group with a name: {error}") from error

    def nginx_maps(self):
        """The credentials of the cases and what each gets, as entries of nginx's maps."""
        http = [case for case in self.cases if case.kind != "smtp"]
        answers, by_answer = [], {}
        for case in http:
            for where, answer in case.answers:
                name = by_answer.setdefault(answer, f"a{len(by_answer)}")
                answers.append((f"~^{case.name} {where}$", name))

        def entries(pairs):
            return "\n".join(f'        "{key}" "{value}";' for key, value in pairs)

        def of(value):
            return entries((name, value(answer)) for answer, name in by_answer.items() if value(answer))

        def prefer(answer):
            if not answer.status:
                return ""
            return f"code={answer.status}" + (f", example={answer.example}" if answer.example else "")

        now = int(time.time())
        return {
            "cases": entries((cases.authorization(case), case.name) for case in http),
            "answers": entries(answers),
            "prefer": of(prefer),
            "behaviours": of(lambda answer: answer.peer),
            "backends": of(lambda answer: "peers" if answer.peer else ""),
            "drops": of(lambda answer: "1" if answer.drop else ""),
            "retry": of(lambda answer: answer.retry_after),
            "resets": of(lambda answer: str(now + answer.reset_in) if answer.reset_in else ""),
        }

    # ---- what runs

    def scripted(self):
        """Peers in this process."""
        log = peers.Log(self.folder / "peers.jsonl")
        folder = self.folder / "pki"
        contexts = {
            name: peers.context(folder / f"{name}.pem", folder / f"{name}.key")
            for name in ("server", "expired", "other-name", "unknown-issuer")
        }
        says = {case.user: case.says for case in self.cases if case.kind == "smtp" and case.says}

        def listen(name, serve, context=None):
            self.ports[name] = peers.Listener(name, log, serve, context).port

        def mail(name, certificate="server", **more):
            listen(name, peers.Mail(name, log, says, contexts[certificate], **more).serve)

        listen("trap", lambda connection: None)
        listen("peers", peers.Http(log, self.ports["trap"]).serve)
        listen("relay", peers.relay(log))
        listen("proxy", peers.Proxy(log).serve)
        mail("scripted-starttls")
        mail("scripted-tls", implicit=True)
        mail("login-only", offers="LOGIN")
        mail("xoauth2", offers="XOAUTH2")
        mail("no-auth", offers="")
        mail("no-starttls", starttls=False)
        mail("echo", echo=True)
        mail("cut", cut=True)
        for name in ("expired", "other-name", "unknown-issuer"):
            mail(name, certificate=name)
        for name, serve in peers.hostile(log, contexts["server"]).items():
            listen(name, serve)
        for serve in (peers.https_endless_header, peers.https_drip_header, peers.https_garbage, peers.https_closed):
            listen(serve.__name__.replace("_", "-"), serve, contexts["server"])
        listen("handshake-silent", peers.handshake_silent)
        listen("handshake-plain", peers.handshake_plain)

    def run(self, name, command, *, wait, as_root=False, environment=None):
        """Starts a server and waits until it listens on the ports `wait`. It ends with this process, whatever happens."""
        drop = self.root and not as_root
        libc = ctypes.CDLL(None)

        def before():
            if drop:
                os.setgroups([])
                os.setgid(self.gid)
                os.setuid(self.uid)
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

        with open(self.folder / f"{name}.out", "wb") as out:
            process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=self.folder / "work",
                env={**os.environ, **(environment or {})},
                start_new_session=True,
                preexec_fn=before,
            )
        self.processes.append(process)
        end = time.monotonic() + 30
        for port in wait:
            while not listens(port):
                if process.poll() is not None or time.monotonic() > end:
                    told = (self.folder / f"{name}.out").read_text(encoding="utf-8", errors="replace")
                    raise Failed(f"{name} did not start:\n{told[-2000:]}")
                time.sleep(0.02)

    def start(self):
        self.lay_out()
        self.scripted()
        for name in ("prism", "https", "https-late", "https-old", "https-expired", "https-other-name", "https-unknown-issuer"):
            self.ports[name] = free_port()
        for name in ("exim-starttls", "exim-tls", "dovecot-starttls", "dovecot-tls"):
            self.ports[name] = free_port()
        self.fill("nginx.conf", **self.nginx_maps())
        self.fill("exim.conf", exim=self.ports["exim-starttls"])
        self.fill("dovecot.conf", dovecot=self.ports["dovecot-starttls"], **self.system_names())
        self.own()
        self.describe()

        libraries = [self.debian / "usr/lib/dovecot"]
        libraries += sorted({path.parent for path in (self.debian / "usr/lib").glob("*-linux-gnu*/*.so*")})
        wrapper = next((self.debian / "usr/lib").glob("*/libnss_wrapper.so"), None)
        if wrapper is None:
            raise Failed("libnss_wrapper.so is not among the fetched packages")
        named = {
            "LD_LIBRARY_PATH": ":".join(map(str, libraries)),
            "LD_PRELOAD": str(wrapper),
            "NSS_WRAPPER_PASSWD": str(self.folder / "passwd"),
            "NSS_WRAPPER_GROUP": str(self.folder / "group"),
        }
        # see setup.sh
        (self.folder / "dovecot/run/modules").symlink_to(self.debian / "usr/lib/dovecot/modules")
        conf, sbin = self.folder / "dovecot.conf", self.debian / "usr/sbin"
        # Node reads files of this repository, which another user may not
        prism = FETCHED / "prism/node_modules/.bin/prism"
        self.run(
            "prism",
            [prism, "mock", "-h", "127.0.0.1", "-p", self.ports["prism"], self.folder / "prism.json"],
            wait=[self.ports["prism"]],
            as_root=True,
        )
        self.run(
            "nginx",
            [sbin / "nginx", "-p", self.folder, "-e", self.folder / "nginx.log", "-c", self.folder / "nginx.conf"],
            wait=[self.ports["https"]],
            environment={"LD_LIBRARY_PATH": named["LD_LIBRARY_PATH"]},
        )
        self.run(
            "exim",
            [sbin / "exim4", "-C", self.folder / "exim.conf", "-bdf"],
            wait=[self.ports["exim-starttls"], self.ports["exim-tls"]],
            environment=named,
        )
        # the program looks for doveconf where Debian installs it, unless doveconf was first
        self.run(
            "dovecot",
            [
                self.debian / "usr/bin/doveconf",
                "-f",
                "service=master",
                "-c",
                conf,
                "-m",
                "master",
                "-e",
                sbin / "dovecot",
                "-F",
                "-c",
                conf,
            ],
            wait=[self.ports["dovecot-starttls"], self.ports["dovecot-tls"]],
            environment={"LD_LIBRARY_PATH": named["LD_LIBRARY_PATH"]},
        )

    def describe(self):
        known = {
            "folder": str(self.folder),
            "ca": str(self.folder / "pki/ca.pem"),
            "ports": self.ports,
            "cases": [dataclasses.asdict(case) | {"answers": len(case.answers)} for case in self.cases],
        }
        write_private(self.folder / "rig.json", json.dumps(known, indent=1))
        lines = [f"WAXSEAL_RIG={self.folder}", f"RIG_CA={known['ca']}"]
        for name, value in self.ports.items():
            lines.append(f"RIG_{name.upper().replace('-', '_')}={value}")
        write_private(self.folder / "rig.env", "\n".join(lines) + "\n")

    def stop(self):
        """Ends what was started here, by its id, the last first."""
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
        end = time.monotonic() + 3
        for process in self.processes:
            try:
                process.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            # children of a server that was too slow to take them along; they share its session
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
        self.processes.clear()
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass


def alone():
    """Moves into a network with nothing but this machine, if the system lets us; it lets root."""
    if ctypes.CDLL(None).unshare(CLONE_NEWNET) != 0:
        return
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14x", b"lo", 0)
        name, flags = struct.unpack("16sH14x", fcntl.ioctl(any_socket, SIOCGIFFLAGS, request))
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", name, flags | IFF_UP))


def write_private(path, text):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        out.write(text)


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("command", nargs="*")
    options = parser.parse_args()
    # an end from outside is an end like any other: everything is stopped
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(130))
    if options.folder:
        options.folder.mkdir(parents=True)
        folder = options.folder.resolve()
    else:
        folder = Path(tempfile.mkdtemp(prefix="waxseal-rig-"))
    folder.chmod(0o755)
    # processes that a server has left behind come to this one, and are not left as zombies
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    rig = Rig(folder)
    try:
        if options.command:
            # by hand, they are to be reached from another shell
            alone()
        for attempt in range(3):
            try:
                rig.start()
                break
            except Failed as failed:
                # a port may have been taken between being found free and being used
                rig.stop()
                if attempt == 2 or "ddress already in use" not in str(failed):
                    raise
                for path in folder.iterdir():
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
                rig = Rig(folder)
        if options.command:
            return subprocess.run(options.command, env={**os.environ, "WAXSEAL_RIG": str(folder)}, check=False).returncode
        print(f"servers: ready; see {folder}/rig.env", flush=True)
        sys.stdin.read()
        return 0
    except (Failed, RuntimeError, OSError, openapi.Unreadable) as error:
        print(f"rig.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    finally:
        rig.stop()
        if not options.folder:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
