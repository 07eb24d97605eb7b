"""Asks the servers by Python's own clients what waxseal is going to ask, as a second opinion on what they answer."""

import http.client
import smtplib
import socket
import ssl
import time

import cases

# Where the first question about a kind of credential goes.
FIRST = {
    "sendgrid": ("api.sendgrid.com", "/v3/scopes"),
    "sendgrid-login": ("api.sendgrid.com", "/v3/scopes"),
    "twilio-token": ("api.twilio.com", "/2010-04-01/Accounts/{account}/Messages.json?PageSize=1"),
    "twilio-key": ("api.twilio.com", "/2010-04-01/Accounts/{account}/Messages.json?PageSize=1"),
}


class Pinned(http.client.HTTPSConnection):
    """A connection to 127.0.0.1 under another name, which the certificate has to cover."""

    def connect(self):
        plain = socket.create_connection(("127.0.0.1", self.port), self.timeout)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host)


def https(rig, host, path, authorization, method="GET"):
    """Status, headers and body."""
    connection = Pinned(host, rig["ports"]["https"], timeout=10, context=ssl.create_default_context(cafile=rig["ca"]))
    try:
        connection.request(method, path, headers={"Authorization": authorization, "Accept": "application/json"})
        reply = connection.getresponse()
        return reply.status, reply.headers, reply.read(1 << 20)
    finally:
        connection.close()


def http_status(rig, case):
    """What the first question about `case` is answered with."""
    host, path = FIRST[case.kind]
    return https(rig, host, path.format(account=case.account), cases.authorization(case))[0]


def smtp_code(rig, case, timeout=20, tries=3):
    """Reply code to a login; and how long it took. By PLAIN, or by LOGIN where that is not offered. A server that hangs up on a machine
    that is busy is asked again; 0 if it always does."""
    for _ in range(tries):
        try:
            return _smtp_code(rig, case, timeout)
        except OSError:
            time.sleep(1)
    return 0, 0.0


def _smtp_code(rig, case, timeout):
    port, context = rig["ports"][case.server], ssl.create_default_context(cafile=rig["ca"])
    began = time.monotonic()
    if case.server.endswith("-tls"):
        client = smtplib.SMTP_SSL("localhost", port, local_hostname="reference.example", timeout=timeout, context=context)
    else:
        client = smtplib.SMTP("localhost", port, local_hostname="reference.example", timeout=timeout)
        client.starttls(context=context)
    try:
        client.ehlo()
        offered = client.esmtp_features.get("auth", "").split()
        client.user, client.password = case.user, case.secret
        if "PLAIN" in offered:
            code, _ = client.docmd("AUTH", "PLAIN " + _plain(case))
        else:
            client.docmd("AUTH", "LOGIN")
            client.docmd(_base64(case.user))
            code, _ = client.docmd(_base64(case.secret))
        return code, time.monotonic() - began
    finally:
        client.close()


def _base64(text):
    return smtplib.encode_base64(text.encode(), eol="")


def _plain(case):
    return _base64(f"\0{case.user}\0{case.secret}")
