#!/usr/bin/env python3
"""Runs waxseal against the servers of rig.py, and checks what it says and what the servers saw.

Usage: check.py WAXSEAL [--demo|--load]   within rig.py; tests/verify-servers.sh does that
       --demo   only shows a scan with all verdicts side by side, for people
       --load   only measures: 1000 credentials at a server that takes 50 ms for an answer

Exit status: 0 when all is as it should be, 1 when something is not, 2 when it could not be tried.
"""

import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cases
import reference

from bench import (
    FORMATS,
    HTTP_HOSTS,
    SPEED,
    Bench,
    Broken,
    cases_verdicts,
    difference,
    sarif_verdicts,
    text_verdicts,
    verdicts,
)

# What a client of mail servers may say.
VERBS = {"EHLO", "HELO", "STARTTLS", "AUTH", "QUIT"}
ALL = (cases.LIVE, cases.RESTRICTED, cases.TEST, cases.DEAD, cases.REJECTED, cases.UNKNOWN)


def check_reference(bench):
    """The servers do as the cases say, as Python's own clients see them."""
    expected = {
        "exim-live": 235,
        "exim-live-tls": 235,
        "exim-wrong": 535,
        "exim-wrong-tls": 535,
        "exim-later": 435,
        "dovecot-live": 235,
        "dovecot-live-tls": 235,
    }
    expected |= {case.name: int(case.says[0][:3]) for case in bench.ordinary() if case.kind == "smtp" and case.says}
    seen = {case.name: reference.smtp_code(bench.rig, case)[0] for case in bench.named(*expected)}
    for name, code in expected.items():
        bench.checks.that(seen[name] == code, f"{name}: the server says {seen[name]}, not {code}")
    for name, expected in {
        "sg-live": 200,
        "sg-address-403": 403,
        "sg-residency": 451,
        "held-sg-reset": 429,
        "tw-live": 200,
        "tw-test": 403,
        "tw-wrong": 401,
        "tw-key-restricted": 401,
    }.items():
        status = reference.http_status(bench.rig, *bench.named(name))
        bench.checks.that(status == expected, f"{name}: the server says {status}, not {expected}")
    return seen


def check_dialogue(bench, seen):
    """The dialogue of waxseal by itself, told by `cargo test` what Python's client was told."""
    logins = [
        {
            "name": case.name,
            "port": bench.ports[case.server],
            "implicit": case.server.endswith("-tls"),
            "user": case.user,
            "password": case.secret,
            "code": seen[case.name],
        }
        for case in bench.cases
        if case.name in seen
    ]
    text = json.dumps({"ca": bench.rig["ca"], "logins": logins})
    (bench.folder / "reference.json").write_text(text, encoding="utf-8")
    command = [
        "cargo",
        "test",
        "--locked",
        "--quiet",
        "--test",
        "it",
        "--",
        "--ignored",
        "--exact",
        "verify_servers::both_clients_are_told_the_same",
    ]
    done = subprocess.run(command, cwd=Path(__file__).resolve().parents[2], capture_output=True, text=True, check=False)
    bench.checks.that(
        done.returncode == 0 and "1 passed" in done.stdout,
        "our dialogue and Python's client disagree",
        (done.stdout + done.stderr)[-1500:],
    )


def check_rows(bench, seen):
    """Each row of the tables gets its verdict, in every format, and each credential is tried as seldom as may be."""
    planted = bench.ordinary()
    before, peers_before = len(bench.asked()), len(bench.peers())
    exim_before = len(bench.exim())
    began = time.monotonic()
    status, text, told, report = bench.scan(
        planted, *bench.led(), *bench.led_mail(planted), "-vv", "--no-verify-cache", formats=FORMATS
    )
    took = time.monotonic() - began
    found = verdicts(report)
    for case in planted:
        got = found.get(case.path, [])
        wanted = " or ".join(case.verdicts)
        reason = [f["verification"]["reason"] for f in report["findings"] if f["path"] == case.path and "verification" in f]
        bench.checks.that(
            got and set(got) <= set(case.verdicts),
            f"{case.name} ({case.row}): {wanted} expected, {got} came",
            "; ".join(reason),
        )
    out = bench.folder / "work" / f"repository{bench.runs}-reports"
    if (out / "sarif").exists():
        bench.checks.that(
            sarif_verdicts((out / "sarif").read_text(encoding="utf-8")) == found, "SARIF and JSON disagree about verdicts"
        )
    bench.checks.that(
        text_verdicts(text) == found, "the text and JSON disagree about verdicts", difference(text_verdicts(text), found)
    )
    bench.checks.that(set(cases_verdicts(found)) == set(ALL), f"not all verdicts came: {sorted(set(cases_verdicts(found)))}")
    # a second opinion: what Python's own client was told
    for name, code in seen.items():
        (case,) = bench.named(name)
        got = set(found.get(case.path, []))
        bench.checks.that(
            (code == 235) == (got == {cases.LIVE}) or name.startswith("sendgrid-451"),
            f"{name}: {code} to Python's client, {got} to waxseal",
        )
        bench.checks.that(cases.DEAD not in got or code == 535, f"{name}: dead, and Python's client was told {code}")
    outside = [host["host"] for host in report["verification"]["hosts"] if " in place of " not in host["host"]]
    bench.checks.that(not outside, f"asked where no server of ours is: {outside}")
    check_requests(bench, bench.asked()[before:], planted)
    check_mail(bench, bench.peers()[peers_before:], exim_before, planted)
    print(f"servers: {len(planted)} cases, {took:.1f} s")


def check_requests(bench, asked, planted):
    """Read-only requests, no more than needed, and honest ones."""
    known = {case.name: case for case in planted}
    counts = {}
    for request in asked:
        counts[request["case"]] = counts.get(request["case"], 0) + 1
        bench.checks.that(request["method"] == "GET", f"{request['case']}: asked with {request['method']} {request['path']}")
        bench.checks.that(request["agent"].startswith("waxseal/"), f"{request['case']}: introduced as {request['agent']!r}")
        bench.checks.that(request["prefer"] == "", "a header that only a mock server knows was sent")
        bench.checks.that(request["query"] in ("", "PageSize=1"), f"{request['case']}: the query is {request['query']!r}")
    for name, case in known.items():
        if case.kind == "smtp":
            continue
        bench.checks.that(counts.get(name, 0) <= case.most, f"{name}: asked {counts.get(name)} times, {case.most} at most")
        bench.checks.that(counts.get(name, 0) >= 1 or case.kind == "sendgrid-login", f"{name}: not asked")
    redirected = [one for one in asked if "again" in one["query"]]
    bench.checks.that(not redirected, "a redirect was followed")


def check_mail(bench, events, exim_before, planted):
    """One login each, only inside TLS, and never a mail."""
    logins = {}
    for event in events:
        if event.get("event") == "heard":
            bench.checks.that(event["verb"] in VERBS, f"{event['server']} heard {event['verb']}")
            bench.checks.that(event["safe"] or event["verb"] != "AUTH", f"{event['server']} heard AUTH in clear")
        if event.get("event") == "login":
            bench.checks.that(event["safe"], f"{event['server']}: a login in clear")
            logins[event["user"]] = logins.get(event["user"], 0) + 1
    for case in planted:
        if case.kind == "smtp" and case.says:
            bench.checks.that(logins.get(case.user) == case.logins, f"{case.name}: {logins.get(case.user, 0)} logins")
        if (
            case.kind == "smtp"
            and case.name.startswith("bad-")
            and case.name not in ("bad-cut", "bad-unknown-auth", "bad-no-auth")
        ):
            bench.checks.that(case.user not in logins, f"{case.name}: the login was sent")
    trapped = [event for event in events if event["server"] == "trap"]
    bench.checks.that(not trapped, "a proxy of the environment or a redirect was followed")
    log = bench.exim()[exim_before:]
    for name in ("exim-wrong", "exim-wrong-tls"):
        (case,) = bench.named(name)
        tries = len(re.findall(rf"authenticator failed .* 535 .*\(set_id={re.escape(case.user)}\)", log))
        bench.checks.that(tries == 1, f"{name}: {tries} tries at exim")
    sessions = [(line, said[1].split(",")) for line in log.splitlines() if (said := re.search(r" C=([A-Z,]+)$", line))]
    bench.checks.that(len(sessions) >= 5, f"exim tells of {len(sessions)} sessions")
    for line, said in sessions:
        bench.checks.that(set(said) <= VERBS, f"exim heard {said}")
        bench.checks.that("AUTH" not in said or " X=TLS" in line, "exim heard AUTH in clear")


def check_slow(bench):
    """Peers that never end don't hold a run longer than it may take."""
    planted = bench.special("slow")
    began = time.monotonic()
    status, _, told, report = bench.scan(
        planted, *bench.led(), *bench.led_mail(planted), "--no-verify-cache", "--verify-timeout", "6", "-vv"
    )
    took = time.monotonic() - began
    bench.checks.that(took < 20, f"slow peers held the run for {took:.0f} s")
    bench.checks.that(status == 2, f"nobody answered, and the exit status is {status}", told[-500:])
    found = verdicts(report)
    for case in planted:
        bench.checks.that(found.get(case.path) == [cases.UNKNOWN], f"{case.name}: {found.get(case.path)}")
    print(f"servers: slow peers, {took:.1f} s")


def check_interrupt(bench):
    """Ctrl-C ends a run that waits for an answer."""
    planted = bench.special("slow")
    command = [bench.program, "scan", ".", "--verify", *SPEED, *bench.led(), *bench.led_mail(planted), "--no-verify-cache"]
    folder = bench.repository(planted)
    before = len(bench.peers())
    process = subprocess.Popen(
        command, cwd=folder, env=bench.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    end = time.monotonic() + 30
    while len(bench.peers()) < before + 4 and time.monotonic() < end:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    try:
        out, told = process.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        out, told = process.communicate()
    took = time.monotonic() - began
    bench.checks.that(took < 10 and process.returncode == 2, f"after Ctrl-C: {took:.1f} s, exit status {process.returncode}")
    bench.written += [("stdout after Ctrl-C", out), ("stderr after Ctrl-C", told)]


def check_held(bench):
    """A provider that wants to be left alone is, for as long as it says."""
    for case in bench.special("held"):
        before = len(bench.asked())
        status, _, told, report = bench.scan([case], *bench.led(), "--no-verify-cache")
        bench.checks.that(verdicts(report) == {case.path: [cases.UNKNOWN]}, f"{case.name}: {verdicts(report)}", told[-300:])
        bench.checks.that(status == 2, f"{case.name}: exit status {status}")
        asked = bench.asked()[before:]
        bench.checks.that(1 <= len(asked) <= case.most, f"{case.name}: asked {len(asked)} times, {case.most} at most")


def check_transport(bench):
    """Whatever is wrong below HTTP makes it unknown, and the credential stays here."""
    planted = bench.named("sg-live")
    folder = bench.repository(planted)
    hopeless = [
        "https-old",
        "https-expired",
        "https-other-name",
        "https-unknown-issuer",
        "handshake-plain",
        "https-garbage",
        "https-closed",
        "https-endless-header",
    ]
    for name in hopeless:
        check_unknown(bench, name, folder, planted, *bench.led(name))
    for name in ("handshake-silent", "https-drip-header"):
        check_unknown(bench, name, folder, planted, *bench.led(name), "--verify-timeout", "3")
    seen = [one["port"] for one in bench.asked() if int(one["port"]) != bench.ports["https"]]
    bench.checks.that(not seen, "a request was sent to a server whose certificate is not in order")
    # without our authority; without leave for this machine
    options = [option for option in bench.led() if option not in ("--ca", bench.rig["ca"])]
    before = len(bench.asked())
    check_unknown(bench, "an authority that is not trusted", folder, planted, *options)
    options = [option for option in bench.led() if option != "--allow-loopback"]
    check_unknown(bench, "loopback without leave", folder, planted, *options)
    bench.checks.that(len(bench.asked()) == before, "a request was sent that should not have been")


def check_unknown(bench, what, folder, planted, *options):
    status, _, told, report = bench.scan(planted, *options, "--no-verify-cache", "-vv", folder=folder)
    found = verdicts(report)
    bench.checks.that(cases_verdicts(found) == [cases.UNKNOWN], f"{what}: {found}", told[-300:])
    bench.checks.that(status == 2, f"{what}: exit status {status}")


def check_mail_hosts(bench):
    """A mail server out of a scanned file is not contacted, whatever it is called."""
    (case,) = bench.named("said-235")
    folder = bench.repository([case])
    for host in ("smtp.sendgrid.net.evil.test", "evil-smtp.sendgrid.net", "smtp.sendgrid.net@evil.test", "169.254.169.254"):
        text = cases.planted(case).replace(case.mail_host, host)
        (folder / f"{host}.yml").write_text(text, encoding="utf-8")
    before = len(bench.peers())
    _, _, told, report = bench.scan([case], "--allow-loopback", "--ca", bench.rig["ca"], "--no-verify-cache", folder=folder)
    found = verdicts(report)
    bench.checks.that(
        len(found) >= 3 and set(cases_verdicts(found)) == {cases.UNKNOWN}, f"hosts out of the file: {found}", told[-300:]
    )
    bench.checks.that(
        report["verification"]["requests"] == 0 and len(bench.peers()) == before, "a host out of the scanned file was contacted"
    )


def check_proxy(bench):
    """A proxy that the operator names is used, and learns names alone."""
    planted = bench.named("sg-live", "exim-live")
    before = len(bench.peers())
    through = f"http://127.0.0.1:{bench.ports['proxy']}"
    _, _, told, report = bench.scan(planted, *bench.led(), *bench.led_mail(planted), "--proxy", through, "--no-verify-cache")
    found = verdicts(report)
    bench.checks.that(found == {case.path: [cases.LIVE] for case in planted}, f"through a proxy: {found}", told[-300:])
    asked = [event for event in bench.peers()[before:] if event["server"] == "proxy" and event.get("event") == "asked"]
    bench.checks.that(
        {event["verb"] for event in asked} == {"CONNECT"} and len(asked) == 2, f"the proxy was asked {len(asked)} times"
    )
    bench.written += [("what the proxy saw", event["head"].encode()) for event in asked]


def check_commands(bench):
    """Asking about a report, telling what would be asked, and listing all hosts."""
    planted = bench.named("sg-live", "sg-dead", "tw-test", "exim-live")
    folder = bench.repository(planted)
    options = (*bench.led(), *bench.led_mail(planted), "--no-verify-cache")
    before, log = len(bench.asked()), bench.exim()
    report = bench.scan(planted, *options, "--dry-run", folder=folder)[3]
    bench.checks.that(report["verification"]["dry_run"] and report["verification"]["requests"] == 0, "a dry run made requests")
    file = folder.with_name("findings.json")
    bench.waxseal(folder, "scan", ".", "--format", f"json={file}")
    bench.checks.that(len(bench.asked()) == before and bench.exim() == log, "something was asked without --verify")
    asked = folder.with_name("asked.json")
    status, _, told = bench.waxseal(folder, "verify", file, *SPEED, *options, "--format", f"json={asked}")
    found = verdicts(json.loads(asked.read_text(encoding="utf-8"))) if asked.exists() else {}
    wanted = {case.path: list(case.verdicts) for case in planted}
    bench.checks.that(found == wanted, f"verify of a report: {difference(found, wanted)}", told[-500:])
    status, listed, told = bench.waxseal(folder, "verify", "--list-endpoints")
    bench.checks.that(status == 0 and all(host in listed for host in HTTP_HOSTS), "not all hosts are listed", listed + told)


def check_choice(bench):
    """What is dead counts no longer and is not hidden, unless only others are asked for."""
    live, dead = bench.named("sg-live", "sg-dead")
    folder = bench.repository([live, dead])
    led = (*bench.led(), "--no-verify-cache")
    report = bench.scan([], *led, "--only", "dead", folder=folder)[3]
    bench.checks.that(verdicts(report) == {dead.path: [cases.DEAD]}, f"--only dead: {verdicts(report)}")
    bench.checks.that(report["verification"]["hidden"][cases.LIVE] == 1, "what --only leaves out is not counted")
    status = bench.scan([], *led, "--fail-on", "live", folder=folder)[0]
    bench.checks.that(status == 1, f"--fail-on live with a live one: exit status {status}")
    status, _, _, report = bench.scan([dead], *led, "--fail-on", "live")
    bench.checks.that(status == 0, f"--fail-on live with a dead one: exit status {status}")
    for name in ("sg-waf", "sg-page", "tw-page-401", "sg-503"):
        status = bench.scan(bench.named(name), *led, "--fail-on", "live")[0]
        bench.checks.that(status == 2, f"--fail-on live where nobody answered: {name}: exit status {status}")
    bench.checks.that(verdicts(report) == {dead.path: [cases.DEAD]}, f"a dead one is hidden: {verdicts(report)}")


def check_revoke(bench):
    """A key is deleted when that is asked for in so many words, and is dead afterwards."""
    for name, variable in (("revoke-sg", "SENDGRID_ADMIN_API_KEY"), ("revoke-tw", "TWILIO_ADMIN_KEY")):
        leaked, admin = *bench.named(name), *bench.named(f"{name}-admin")
        key = admin.secret if admin.kind == "sendgrid" else f"{admin.user}:{admin.secret}"
        folder = bench.repository([leaked])
        report = bench.scan([leaked], *bench.led(), "--no-verify-cache", folder=folder)[3]
        bench.checks.that(verdicts(report) == {leaked.path: [cases.LIVE]}, f"{name}: {verdicts(report)} before")
        if not report["findings"]:
            continue
        fingerprint = report["findings"][0]["fingerprint"]
        options = ("revoke", fingerprint, *bench.led())

        def deletions(since):
            return [one for one in bench.asked()[since:] if one["method"] == "DELETE"]

        before = len(bench.asked())
        status, out, told = bench.waxseal(folder, *options, **{variable: key})
        bench.checks.that(status != 0 and not deletions(before), f"{name}: exit status {status} without --yes", out + told)
        status, out, told = bench.waxseal(folder, *options, "--yes")
        bench.checks.that(
            status != 0 and not deletions(before), f"{name}: exit status {status} without an admin key", out + told
        )
        status, out, told = bench.waxseal(folder, *options, "--yes", **{variable: key})
        bench.checks.that(status == 0, f"{name}: exit status {status}", out + told)
        bench.checks.that("dead, confirmed (asked " in out, f"{name}: not said to be confirmed", out)
        done = deletions(before)
        bench.checks.that(len(done) == 1 and done[0]["case"] == admin.name, f"{name}: deletions {done}")
        report = bench.scan([leaked], *bench.led(), "--no-verify-cache", folder=folder)[3]
        bench.checks.that(
            verdicts(report)[leaked.path][0] in (cases.DEAD, cases.REJECTED), f"{name}: {verdicts(report)} afterwards"
        )


def on_terminal(bench, folder, *arguments, **environment):
    """Runs waxseal on a terminal of its own: what it wrote there, and its exit status."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.execve(bench.program, [bench.program, *map(str, arguments)], bench.environment(**environment))
    written, end = b"", time.monotonic() + 60
    while time.monotonic() < end:
        ready, _, _ = select.select([terminal], [], [], 1)
        try:
            data = os.read(terminal, 65536) if ready else None
        except OSError:
            break
        if data == b"":
            break
        written += data or b""
    else:
        os.kill(process, signal.SIGKILL)
    os.close(terminal)
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    bench.written.append((f"terminal of waxseal {arguments[0]}", written))
    plain = re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", written)
    return status, plain.decode(errors="replace").replace("\r\n", "\n")


def check_terminal(bench):
    """On a terminal a key is shown with all that would be done, and is left alone all the same unless that is said."""
    (leaked,) = bench.named("sg-live")
    folder = bench.repository([leaked])
    before = len(bench.asked())
    status, shown = on_terminal(bench, folder, "revoke", f"{leaked.path}:2", *bench.led(), SENDGRID_ADMIN_API_KEY="SG.any")
    bench.checks.that(status == 1 and len(bench.asked()) == before, f"revoke on a terminal: exit status {status}", shown)
    for text in ("key to delete: SendGrid API key ", "DELETE /v3/api_keys/", "Nothing was done.", "--yes deletes it", "By hand"):
        bench.checks.that(text in shown, f"revoke on a terminal does not say {text!r}", shown)
    status, shown, told = bench.waxseal(folder, "revoke", f"{leaked.path}:2", *bench.led(), SENDGRID_ADMIN_API_KEY="SG.any")
    bench.checks.that(
        status == 2 and "there is no terminal" in told and len(bench.asked()) == before,
        f"revoke without a terminal: exit status {status}",
        shown + told,
    )
    # a scan shows how far it is there, and leaves nothing of that behind
    status, shown = on_terminal(
        bench, folder, "scan", ".", "--verify", *SPEED, *bench.led(), "--no-verify-cache", TERM="xterm"
    )
    bench.checks.that(status == 1 and "live: SendGrid lists its scopes" in shown, f"a scan on a terminal: {status}", shown)


def check_cache(bench):
    """A second run asks nothing about what the first was told, and what is kept holds no secret."""
    planted = bench.named("sg-live", "sg-dead", "tw-live", "exim-live")
    folder = bench.repository(planted)
    options = (*bench.led(), *bench.led_mail(planted))
    first = verdicts(bench.scan(planted, *options, folder=folder)[3])
    before, log = len(bench.asked()), bench.exim()
    report = bench.scan(planted, *options, folder=folder)[3]
    bench.checks.that(verdicts(report) == first, f"kept answers differ: {difference(first, verdicts(report))}")
    bench.checks.that(len(bench.asked()) == before, f"the second run asked again over HTTPS: {len(bench.asked()) - before}")
    bench.checks.that(bench.exim() == log, "the second run logged in again")
    bench.checks.that(
        all(f["verification"]["cached"] for f in report["findings"] if "verification" in f), "kept answers are not called so"
    )
    for file in (bench.folder / "work/home").rglob("*"):
        if file.is_file():
            bench.written.append((f"kept file {file.name}", file.read_bytes()))


def check_secrets(bench):
    """No secret, in no form, in anything that was written."""
    forms = [(case.name, form.encode()) for case in bench.cases for form in cases.spellings(case)]
    for what, data in bench.written:
        shown = sorted({name for name, form in forms if form in data})
        bench.checks.that(not shown, f"{what} holds secrets of {', '.join(shown)}")
        bench.checks.that(b"Are you a robot" not in data, f"{what} holds a reply")
    size = sum(len(data) for _, data in bench.written)
    bench.checks.that(size > 10_000, "nothing was written that could have been searched")
    print(f"servers: {len(bench.written)} outputs and kept files, {size} bytes, searched for {len(forms)} forms of secrets")


def demo(bench):
    """One scan with every verdict."""
    planted = bench.named(
        "sg-live",
        "sg-live-powerful",
        "sg-live-eu",
        "sg-address-403",
        "sg-dead",
        "sg-503",
        "tw-live",
        "tw-test",
        "tw-wrong",
        "tw-key-standard",
        "tw-key-restricted",
        "exim-live",
        "exim-wrong",
        "exim-later",
    )
    folder = bench.repository(planted)
    options = [*bench.led(), *bench.led_mail(planted)]
    command = " ".join(["waxseal", "scan", "--verify", *options])
    print("$ " + command.replace(str(bench.folder), "$RIG"), flush=True)
    status, text, told = bench.waxseal(folder, "scan", "--verify", *SPEED, *options)
    print(told + text + f"exit status {status}")
    return 0


def load(bench):
    """Time and memory for a thousand credentials. Printed, and not judged: it depends on the build and on the machine."""
    lines = [f"sendgrid_api_key: {cases.sendgrid_key()}\n" for _ in range(1000)]
    folder = bench.repository([])
    (folder / "keys.yml").write_text("".join(lines), encoding="utf-8")
    options = [*bench.led("https-late"), "--no-verify-cache", "--verify-rate", "1000", "--verify-concurrency", "32", "--quiet"]
    began = time.monotonic()
    process = subprocess.Popen(
        [bench.program, "scan", ".", "--verify", *options, "--format", "json=../load.json"],
        cwd=folder,
        env=bench.environment(),
        stdin=subprocess.DEVNULL,
    )
    _, _, usage = os.wait4(process.pid, 0)
    took = time.monotonic() - began
    report = json.loads((folder.parent / "load.json").read_text(encoding="utf-8"))
    live = report["verification"]["verdicts"]["live"]
    print(f"servers: {live} of 1000 credentials live, {took:.1f} s, {usage.ru_maxrss / 1024:.0f} MB at most")
    return 0 if live == 1000 else 1


def check_demo(bench):
    """What all of this is for: a repository with planted credentials, asked about with providers by their names, shows the six
    verdicts side by side in text, JSON and SARIF, with what they did to severities, who was asked and how often."""
    planted = bench.named(
        "sg-live", "sg-address-403", "tw-test", "sg-dead", "tw-wrong", "tw-not-found", "exim-live", "google-535"
    )
    url = f"https://127.0.0.1:{bench.ports['https']}"
    options = [
        "--allow-loopback",
        "--ca",
        bench.rig["ca"],
        "--endpoint",
        f"sendgrid={url}",
        "--endpoint",
        f"twilio={url}",
        *bench.led_mail(planted),
    ]
    folder = bench.repository(planted)
    before = len(bench.asked())
    status, text, told, report = bench.scan(
        planted, *options, "--no-verify-cache", folder=folder, formats=("json", "sarif")
    )
    asked = len(bench.asked()) - before
    found = verdicts(report)
    for case in planted:
        bench.checks.that(
            set(found.get(case.path, [])) and set(found[case.path]) <= set(case.verdicts),
            f"by provider: {case.name}: {found.get(case.path)}",
        )
    bench.checks.that(set(ALL) == set(cases_verdicts(found)), f"side by side: {sorted(set(cases_verdicts(found)))}")
    sarif = folder.with_name(f"{folder.name}-reports") / "sarif"
    for name, others in (("text", text_verdicts(text)), ("SARIF", sarif_verdicts(sarif.read_text(encoding="utf-8")))):
        bench.checks.that(others == found, f"side by side in {name}: {difference(others, found)}")
    severities = {f["path"]: (f["severity"], f["verification"].get("severity_before")) for f in report["findings"]}
    expected = {"sg-live": "critical", "sg-address-403": "critical", "tw-test": "low", "sg-dead": "high", "exim-live": "critical"}
    for case in planted:
        if case.name in expected:
            got, was = severities[case.path]
            bench.checks.that(got == expected[case.name], f"severity of {case.name}: {got}, was {was}")
            shown = re.search(rf"^{re.escape(case.path)}:\S+\s+(\w+)", text, re.MULTILINE)
            bench.checks.that(shown and shown[1] == got, f"severity of {case.name} in the text: {shown and shown[0]}")
            bench.checks.that(was != got, f"{case.name}: said to be changed from {was} to {got}")
    for verdict in ("test", "dead"):
        bench.checks.that(
            re.search(rf"^    {verdict}: .*severity lowered from \w+$", text, re.MULTILINE), f"{verdict}: what it did is not said"
        )
    hosts = report["verification"]["hosts"]
    over_http = sum(host["requests"] for host in hosts if "localhost" not in host["host"])
    bench.checks.that(over_http == asked, f"{over_http} requests are told, and {asked} were made")
    for host in hosts:
        bench.checks.that(f"{host['requests']} to {host['host']}" in told, f"not told: {host}", told)
    bench.checks.that(status == 1, f"all answered, and the exit status is {status}", told[-500:])
    bench.checks.that(url.removeprefix("https://") in told + text, "it is not said loudly that providers were asked elsewhere")
    for verdict in ALL:
        shown = bench.scan(planted, *options, "--only", verdict, folder=folder)[3]
        expected_paths = {path for path, got in found.items() if verdict in got}
        bench.checks.that({*verdicts(shown)} == expected_paths, f"--only {verdict}: {verdicts(shown)}")
        hidden = sum(shown["verification"]["hidden"].values())
        bench.checks.that(
            hidden + len(shown["findings"]) == len(report["findings"]), f"--only {verdict}: {hidden} are said to be hidden"
        )


def check_all(bench):
    seen = check_reference(bench)
    check_dialogue(bench, seen)
    check_rows(bench, seen)
    check_demo(bench)
    check_slow(bench)
    check_interrupt(bench)
    check_held(bench)
    check_transport(bench)
    check_mail_hosts(bench)
    check_proxy(bench)
    check_commands(bench)
    check_choice(bench)
    check_revoke(bench)
    check_terminal(bench)
    check_cache(bench)
    check_secrets(bench)


def main(arguments):
    if not arguments or "WAXSEAL_RIG" not in os.environ:
        print(__doc__, file=sys.stderr)
        return 2
    if not shutil.which(arguments[0]) and not Path(arguments[0]).is_file():
        print(f"check.py: no program {arguments[0]}", file=sys.stderr)
        return 2
    bench = Bench(arguments[0])
    if arguments[1:] == ["--demo"]:
        return demo(bench)
    if arguments[1:] == ["--load"]:
        return load(bench)
    try:
        check_all(bench)
    except Broken as broken:
        bench.checks.that(False, str(broken))
    print(
        f"servers: {bench.checks.passed} checks passed, {bench.checks.failed} failed (answers by {bench.ports['documents']} documents)"
    )
    return 1 if bench.checks.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
