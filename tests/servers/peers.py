"""Scripted peers in Python's standard library: HTTP answers that no real server gives, and mail servers that misbehave.

Every peer listens on a port of its own on 127.0.0.1, one thread a connection, and writes what happened to a log: never what
it was sent as a password. Each behaviour ends by itself, at the latest after LIFE seconds.
"""

import base64
import gzip
import json
import socket
import ssl
import threading
import time

# Longest life of a connection: more than any client here waits.
LIFE = 40
# What an answer of a provider takes, in seconds.
LATE = 0.05


class Log:
    """One line of JSON an event. The checks read it as a witness."""

    def __init__(self, file):
        self.out = open(file, "a", encoding="utf-8", buffering=1)
        self.lock = threading.Lock()

    def write(self, **event):
        with self.lock:
            self.out.write(json.dumps(event) + "\n")


class Listener:
    """Accepts connections on a free port and gives each to `serve` in a thread."""

    def __init__(self, name, log, serve, context=None):
        self.name, self.log, self.serve, self.context = name, log, serve, context
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.one, args=(connection,), daemon=True).start()

    def one(self, connection):
        self.log.write(server=self.name, event="connected")
        try:
            connection.settimeout(LIFE)
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            self.serve(connection)
        except (OSError, ValueError) as error:
            self.log.write(server=self.name, event="ended", why=type(error).__name__)
        finally:
            connection.close()


# ---- HTTP, behind nginx, which names the behaviour and the case in headers.


def _head(status, body=b"", media="application/json", *headers, length=None):
    lines = [
        f"HTTP/1.1 {status} Scripted",
        f"Content-Type: {media}",
        f"Content-Length: {len(body) if length is None else length}",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


PAGE = b"<!DOCTYPE html><title>One moment</title><p>Are you a robot?"
SCOPES = b'{"scopes":["mail.send"]}'
REVOKED = "The provided authorization grant is invalid, expired, or revoked"


class Http:
    """Answers by behaviour. Some of them remember."""

    def __init__(self, log, trap_port):
        self.log, self.trap_port = log, trap_port
        self.seen = set()
        # names of deleted keys, and how often they still work
        self.deleted = {}
        self.lock = threading.Lock()

    def serve(self, connection):
        with connection.makefile("rb") as reader:
            request = reader.readline(65536).decode("latin-1").split()
            headers = {}
            while (line := reader.readline(65536).strip()) and len(headers) < 200:
                name, _, value = line.decode("latin-1").partition(":")
                headers[name.lower()] = value.strip()
        behaviour, case = headers.get("x-behaviour", ""), headers.get("x-case", "")
        self.log.write(server="http", case=case, behaviour=behaviour, method=request[0], path=request[1])
        getattr(self, behaviour.replace("-", "_"))(connection, case, request, headers)

    def firewall_page(self, connection, *_):
        connection.sendall(_head(403, PAGE, "text/html; charset=utf-8", "Server: cloudflare"))

    def page(self, connection, *_):
        connection.sendall(_head(200, PAGE, "text/html"))

    def page_401(self, connection, *_):
        connection.sendall(_head(401, PAGE, "text/html"))

    def two_factor(self, connection, *_):
        text = "invalid authentication method - declined because you are using basic authentication with 2FA enabled"
        connection.sendall(_head(401, json.dumps({"errors": [{"field": None, "message": text}]}).encode()))

    def late(self, connection, *_):
        time.sleep(LATE)
        connection.sendall(_head(200, SCOPES))

    def throttled_once(self, connection, case, *_):
        with self.lock:
            first = case not in self.seen
            self.seen.add(case)
        if first:
            body = b'{"errors":[{"field":null,"message":"too many requests"}]}'
            connection.sendall(_head(429, body, "application/json", "Retry-After: 1"))
        else:
            connection.sendall(_head(200, SCOPES))

    def cut(self, connection, *_):
        connection.sendall(_head(200, SCOPES[:10], length=len(SCOPES)))

    def silent(self, connection, *_):
        time.sleep(LIFE)

    def drip(self, connection, *_):
        connection.sendall(_head(200, length=LIFE))
        for _ in range(LIFE):
            connection.sendall(b" ")
            time.sleep(1)

    def large(self, connection, *_):
        connection.sendall(_head(200, b'{"scopes":["' + b"x" * (8 << 20) + b'"]}'))

    def endless(self, connection, *_):
        connection.sendall(b"HTTP/1.1 200 Scripted\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")
        end = time.monotonic() + LIFE
        while time.monotonic() < end:
            connection.sendall(b" " * 65536)

    def bomb(self, connection, *_):
        # a member of a gzip file may follow another: a gigabyte out of one megabyte of zeros
        body = gzip.compress(b" " * (1 << 20)) * 1024
        connection.sendall(_head(200, body, "application/json", "Content-Encoding: gzip"))

    def not_utf8(self, connection, *_):
        connection.sendall(_head(200, b'{"scopes":["\xff\xfe mail.send"]}'))

    def other_json(self, connection, *_):
        connection.sendall(_head(200, b'[1, {"scopes": 7}]'))

    def echo(self, connection, case, request, headers):
        told = f"no such key: {headers.get('authorization', '')}"
        connection.sendall(_head(401, json.dumps({"errors": [{"message": told}]}).encode()))

    def redirect_away(self, connection, *_):
        connection.sendall(_head(302, b"", "text/plain", f"Location: https://127.0.0.1:{self.trap_port}/v3/scopes"))

    def redirect_plain(self, connection, *_):
        connection.sendall(_head(301, b"", "text/plain", f"Location: http://127.0.0.1:{self.trap_port}/v3/scopes"))

    def redirect_here(self, connection, case, request, headers):
        connection.sendall(_head(307, b"", "text/plain", "Location: /v3/scopes?again"))

    def revocable(self, connection, case, request, headers):
        """A key that works until it is deleted, and once more after that: deletion takes its time at providers."""
        if request[0] == "DELETE":
            name = request[1].rsplit("/", 1)[1].removesuffix(".json")
            with self.lock:
                known = name not in self.deleted
                self.deleted[name] = 1
            connection.sendall(_head(204) if known else _head(404, b'{"errors":[{"message":"not found"}]}'))
            return
        scheme, _, credential = headers.get("authorization", "").partition(" ")
        if scheme == "Bearer":
            name, alive, gone = credential.split(".")[1], SCOPES, json.dumps({"errors": [{"message": REVOKED}]}).encode()
        else:
            name = base64.b64decode(credential).decode().split(":")[0]
            listed = request[1].split("?")[0].rsplit("/", 1)[1].removesuffix(".json").lower()
            alive, gone = json.dumps({listed: []}).encode(), b'{"code":20003,"message":"Authenticate","status":401}'
        with self.lock:
            left = self.deleted.get(name)
            if left:
                self.deleted[name] = left - 1
        connection.sendall(_head(401, gone) if left == 0 else _head(200, alive))


class Proxy:
    """A proxy for CONNECT, whatever the name, to the same port of this machine. Writes down where it was asked to go."""

    def __init__(self, log):
        self.log = log

    def serve(self, connection):
        head = _request(connection).decode("latin-1")
        verb, target = head.split()[:2]
        self.log.write(server="proxy", event="asked", verb=verb, target=target, head=head)
        if verb != "CONNECT":
            connection.sendall(b"HTTP/1.1 405 No\r\n\r\n")
            return
        with socket.create_connection(("127.0.0.1", int(target.rsplit(":", 1)[1])), LIFE) as there:
            connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            back = threading.Thread(target=_pour, args=(there, connection), daemon=True)
            back.start()
            _pour(connection, there)
            back.join(LIFE)


def _pour(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


# ---- HTTPS without nginx, for what it would not let through. One port a behaviour, TLS first.


def _request(connection):
    got = b""
    while b"\r\n\r\n" not in got and (more := connection.recv(4096)):
        got += more
    return got


def https_endless_header(connection):
    _request(connection)
    connection.sendall(b"HTTP/1.1 200 Scripted\r\n")
    end = time.monotonic() + LIFE
    while time.monotonic() < end:
        connection.sendall(b"X-More: " + b"x" * 1000 + b"\r\n")


def https_drip_header(connection):
    _request(connection)
    for byte in b"HTTP/1.1 200 Scripted\r\nContent-Type: application/json\r\n\r\n":
        connection.sendall(bytes([byte]))
        time.sleep(1)


def https_garbage(connection):
    _request(connection)
    connection.sendall(b"\0\1\2 this is not HTTP\r\n\r\n")


def https_closed(connection):
    _request(connection)


def handshake_silent(connection):
    time.sleep(LIFE)


def handshake_plain(connection):
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 24\r\n\r\n" + SCOPES)


# ---- SMTP


class Said(Exception):
    """The dialogue is over."""


class Mail:
    """A mail server that says what a case tells it to. Refuses everything but a login."""

    def __init__(self, name, log, says, context, *, starttls=True, offers="PLAIN LOGIN", implicit=False, echo=False, cut=False):
        self.name, self.log, self.says, self.context = name, log, says, context
        self.starttls, self.offers, self.implicit, self.echo, self.cut = starttls, offers, implicit, echo, cut

    def serve(self, connection):
        safe = self.implicit
        if safe:
            connection = self.context.wrap_socket(connection, server_side=True)
        reader = connection.makefile("rb")

        def say(*lines):
            connection.sendall("".join(line + "\r\n" for line in lines).encode(errors="surrogateescape"))

        def hear():
            line = reader.readline(4096)
            if not line:
                raise Said
            return line.decode("latin-1").rstrip("\r\n")

        say("220 localhost ESMTP")
        try:
            while True:
                line = hear()
                verb = line.split(" ", 1)[0].upper()
                self.log.write(server=self.name, event="heard", verb=verb, safe=safe)
                if verb == "EHLO":
                    can = ["250-localhost"]
                    if self.starttls and not safe:
                        can.append("250-STARTTLS")
                    if self.offers and (safe or not self.starttls):
                        can.append(f"250-AUTH {self.offers}")
                    say(*can, "250 HELP")
                elif verb == "STARTTLS" and self.starttls and not safe:
                    say("220 go on")
                    connection = self.context.wrap_socket(connection, server_side=True)
                    reader = connection.makefile("rb")
                    safe = True
                elif verb == "AUTH":
                    self.login(line, say, hear, safe)
                elif verb == "QUIT":
                    say("221 bye")
                    raise Said
                else:
                    say("502 not here")
        except Said:
            pass

    def login(self, line, say, hear, safe):
        words = line.split()
        if words[1:2] == ["PLAIN"]:
            if len(words) == 3:
                sent = words[2]
            else:
                say("334 ")
                sent = hear()
            user = base64.b64decode(sent).decode(errors="replace").split("\0")[1]
        elif words[1:2] == ["LOGIN"]:
            say("334 VXNlcm5hbWU6")
            user = base64.b64decode(hear()).decode(errors="replace")
            say("334 UGFzc3dvcmQ6")
            sent = hear()
        else:
            say("504 5.5.4 Unrecognized authentication type")
            return
        self.log.write(server=self.name, event="login", user=user, safe=safe)
        if self.cut:
            raise Said
        if self.echo:
            say(f"535 5.7.8 {user}: {sent} {base64.b64decode(sent).decode(errors='replace').split(chr(0))[-1]} is wrong")
            return
        say(*self.says.get(user, ("535 5.7.8 Authentication credentials invalid",)))


def relay(log):
    """Where dovecot asks before it says that a password is right. Takes nothing."""
    return Mail("relay", log, {}, None, starttls=False, offers="").serve


def _hears(connection, reader, log, name):
    """What comes in clear, logged: a password must not be there."""
    line = reader.readline(4096).decode("latin-1").rstrip("\r\n")
    if not line:
        raise Said
    log.write(server=name, event="heard", verb=line.split(" ", 1)[0].upper(), safe=False)
    return line


def hostile(log, context):
    """Behaviours of mail servers by name."""

    def scene(name, act):
        def serve(connection):
            reader = connection.makefile("rb")
            try:
                act(connection, lambda: _hears(connection, reader, log, name))
            except Said:
                pass

        return serve

    def refused(connection, hear):
        connection.sendall(b"220 localhost ESMTP\r\n")
        while True:
            hello = hear().upper().startswith("EHLO")
            connection.sendall(
                b"250-localhost\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n" if hello else b"454 4.7.0 TLS is not available\r\n"
            )

    def injection(connection, hear):
        connection.sendall(b"220 localhost ESMTP\r\n")
        hear()
        connection.sendall(b"250-localhost\r\n250 STARTTLS\r\n")
        hear()
        # one packet: what follows the 220 is read before the handshake by a client that is not careful
        connection.sendall(b"220 go on\r\n250-localhost\r\n250 AUTH PLAIN\r\n235 2.7.0 injected\r\n")
        Mail("injection", log, {}, context, implicit=True).serve(connection)

    def silent(connection, hear):
        time.sleep(LIFE)

    def drip(connection, hear):
        for byte in b"220-" + b"x" * LIFE:
            connection.sendall(bytes([byte]))
            time.sleep(1)

    def endless_line(connection, hear):
        for _ in range(4096):
            connection.sendall(b"2" * 65536)

    def endless_reply(connection, hear):
        end = time.monotonic() + LIFE
        while time.monotonic() < end:
            connection.sendall(b"220-more to come\r\n" * 1000)

    def closing(connection, hear):
        connection.sendall(b"421 4.3.2 closing down\r\n")
        hear()

    def garbage(connection, hear):
        connection.sendall(b"\x00\xff\xfeSSH-2.0-something\r\n")
        hear()

    def early(connection, hear):
        connection.sendall(b"235 2.7.0 Accepted\r\n" * 4)
        while True:
            hear()
            connection.sendall(b"235 2.7.0 Accepted\r\n")

    acts = {
        "starttls-refused": refused,
        "injection": injection,
        "silent": silent,
        "drip": drip,
        "endless-line": endless_line,
        "endless-reply": endless_reply,
        "closing": closing,
        "garbage": garbage,
        "early": early,
    }
    return {name: scene(name, act) for name, act in acts.items()}


def context(certificate, key):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate, key)
    return made
