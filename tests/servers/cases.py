"""What is planted and what it gets: one case a row of the tables of answers, with the verdict that is to come of it.

The credentials are made anew for each run. None of them is one, and none stands in this repository.
"""

import base64
import os
import re
import secrets
import string
import uuid
from dataclasses import dataclass, field

# Verdicts, as waxseal names them.
LIVE, RESTRICTED, TEST, DEAD, REJECTED, UNKNOWN = "live", "live-restricted", "test", "dead", "rejected", "unknown"

# Where a question goes: method, host and path, as one line.
SCOPES = r"GET [^ ]+ /v3/scopes"
SCOPES_EU = r"GET api\.eu\.sendgrid\.com /v3/scopes"
KEYS = r"[A-Z]+ [^ ]+ /2010-04-01/Accounts/[^/]+/Keys(/[^/]+)?\.json"
IRELAND = r"[A-Z]+ api\.dublin\.ie1\.twilio\.com .*"
ANY = r".*"


@dataclass(frozen=True)
class Answer:
    """What comes back. From Prism with a status and one of the document's examples, or from a scripted peer."""

    status: int = 0
    example: str = ""
    peer: str = ""
    drop: bool = False
    retry_after: str = ""
    # seconds from the start of the servers
    reset_in: int = 0


def prism(status, example="", **more):
    return Answer(status=status, example=example, **more)


def peer(name):
    return Answer(peer=name)


@dataclass
class Case:
    """One planted credential."""

    # begins with what is special about it: `slow-` never ends, `held-` keeps all others from being asked, `revoke-` is deleted
    name: str
    # the row of the tables, in words
    row: str
    kind: str
    # those that may come of it; more than one where the table leaves it open
    verdicts: tuple
    # for HTTP: (where, Answer), the first that fits; unanswered questions get what a credential gets that nobody knows
    answers: list = field(default_factory=list)
    # for SMTP: the server, for the scripted one what it says, and how often a login may be sent
    server: str = ""
    says: tuple = ()
    logins: int = 1
    # mail server of a provider that the planted file names, and whose texts the answer is read by
    host: str = ""
    port: int = 587
    # further lines of the planted file
    hints: tuple = ()
    # most questions that may be asked about it: three tries each at two hosts of SendGrid, or in four regions of Twilio
    most: int = 12
    # made at run time
    secret: str = ""
    user: str = ""
    account: str = ""

    @property
    def path(self):
        # in a file of settings, a password at SendGrid is one of its web API as well; in Postfix's it is for mail alone
        return f"{self.name}/sasl_passwd" if self.host == "smtp.sendgrid.net" else f"{self.name}.yml"

    @property
    def mail_host(self):
        """The mail server that the planted file names. waxseal is led from there to a port of this machine."""
        return self.host or f"{self.server}.rig.test"


def sendgrid(name, row, verdicts, *answers, **more):
    return Case(name, row, "sendgrid", verdicts, list(answers), **more)


def token(name, row, verdicts, *answers, **more):
    return Case(name, row, "twilio-token", verdicts, list(answers), **more)


def key(name, row, verdicts, *answers, **more):
    return Case(name, row, "twilio-key", verdicts, list(answers), **more)


def smtp(name, row, verdicts, server, *says, **more):
    return Case(name, row, "smtp", verdicts, server=server, says=says, **more)


def http_cases():
    """Those of SendGrid and Twilio."""
    revoked = (SCOPES, prism(401, "revoked"))
    authenticate = prism(401, "authenticate")
    # fmt: off
    return [
        # ---- SendGrid, by status and text
        sendgrid("sg-live", "200 with scopes", (LIVE,), (SCOPES, prism(200))),
        sendgrid("sg-live-sending", "200, may send only", (LIVE,), (SCOPES, prism(200, "sending"))),
        sendgrid("sg-live-powerful", "200, may do nearly all", (LIVE,), (SCOPES, prism(200, "powerful"))),
        sendgrid("sg-dead", "401 grant invalid, at both hosts", (DEAD,), revoked),
        sendgrid("sg-live-eu", "401 at the global host, 200 at the EU host", (LIVE,), (SCOPES_EU, prism(200)), revoked),
        sendgrid("sg-header", "401 authorization required", (UNKNOWN,), (SCOPES, prism(401, "authorization-required"))),
        sendgrid("sg-address-401", "401 address not listed", (RESTRICTED,), (SCOPES, prism(401, "address-not-listed"))),
        sendgrid("sg-address-403", "403 address not listed", (RESTRICTED,), (SCOPES, prism(403, "address-not-listed"))),
        sendgrid("sg-credits", "401 credits exceeded", (LIVE, RESTRICTED), (SCOPES, prism(401, "credits-exceeded"))),
        sendgrid("sg-not-for-mail", "401 not authorized to send", (LIVE, RESTRICTED), (SCOPES, prism(401, "not-for-mail"))),
        sendgrid("sg-forbidden", "403 access forbidden", (RESTRICTED,), (SCOPES, prism(403, "access-forbidden"))),
        sendgrid("sg-forbidden-long", "403 access forbidden, longer", (RESTRICTED,), (SCOPES, prism(403, "access-forbidden-long"))),
        sendgrid("sg-blocked", "403 with another text: a block", (UNKNOWN,), (SCOPES, prism(403, "temporary-block"))),
        sendgrid("sg-waf", "403 with a page of a firewall", (UNKNOWN,), (SCOPES, peer("firewall-page"))),
        sendgrid("held-sg-reset", "429, reset far off", (UNKNOWN,), (SCOPES, prism(429, "throttled", reset_in=7200)), most=1),
        sendgrid("held-sg-after", "429, Retry-After far off", (UNKNOWN,), (SCOPES, prism(429, "throttled", retry_after="7200")), most=1),
        sendgrid("sg-throttled-once", "429, Retry-After a second, then 200", (LIVE,), (SCOPES, peer("throttled-once"))),
        sendgrid("sg-residency", "451 at both hosts", (UNKNOWN,), (SCOPES, prism(451, "residency"))),
        sendgrid("sg-residency-eu", "451 at the global host, 200 at the EU host", (LIVE,), (SCOPES_EU, prism(200)), (SCOPES, prism(451, "residency"))),
        sendgrid("sg-not-acceptable", "406", (UNKNOWN,), (SCOPES, prism(406, "not-acceptable"))),
        sendgrid("sg-not-found", "404", (UNKNOWN,), (SCOPES, prism(404))),
        sendgrid("sg-500", "500", (UNKNOWN,), (SCOPES, prism(500))),
        sendgrid("sg-503", "503", (UNKNOWN,), (SCOPES, prism(503, "unavailable"))),
        Case("sg-login", "basic auth declined: 2FA", "sendgrid-login", (UNKNOWN,), [(ANY, peer("two-factor"))]),
        # ---- answers that are none
        sendgrid("sg-drop", "closed without a word", (UNKNOWN,), (SCOPES, Answer(drop=True))),
        sendgrid("sg-cut", "closed within the body", (UNKNOWN,), (SCOPES, peer("cut"))),
        sendgrid("slow-sg-silent", "no answer", (UNKNOWN,), (SCOPES, peer("silent"))),
        sendgrid("slow-sg-drip", "a body of one byte a second", (UNKNOWN,), (SCOPES, peer("drip"))),
        sendgrid("sg-large", "200 with a body of 8 MB", (UNKNOWN,), (SCOPES, peer("large"))),
        sendgrid("slow-sg-endless", "200 with a body without an end", (UNKNOWN,), (SCOPES, peer("endless"))),
        sendgrid("sg-bomb", "200 with a compressed gigabyte", (UNKNOWN,), (SCOPES, peer("bomb"))),
        sendgrid("sg-not-utf8", "200 with bytes that are no text", (UNKNOWN,), (SCOPES, peer("not-utf8"))),
        sendgrid("sg-page", "200 with a page", (UNKNOWN,), (SCOPES, peer("page"))),
        sendgrid("sg-page-401", "401 with a page", (UNKNOWN,), (SCOPES, peer("page-401"))),
        sendgrid("sg-other-json", "200 with another JSON", (UNKNOWN,), (SCOPES, peer("other-json"))),
        sendgrid("sg-echo", "401 that quotes the credential", (UNKNOWN, DEAD), (SCOPES, peer("echo"))),
        sendgrid("sg-redirect", "302 to another host", (UNKNOWN,), (SCOPES, peer("redirect-away"))),
        sendgrid("sg-redirect-plain", "301 to plain HTTP", (UNKNOWN,), (SCOPES, peer("redirect-plain"))),
        sendgrid("sg-redirect-here", "307 to the same host", (UNKNOWN,), (SCOPES, peer("redirect-here"))),
        # ---- Twilio: account and token
        token("tw-live", "200", (LIVE,), (ANY, prism(200))),
        token("tw-wrong", "401 20003 Authenticate", (REJECTED, DEAD), (ANY, authenticate)),
        token("tw-no-account", "401 20003 invalid username", (REJECTED, DEAD), (ANY, prism(401, "invalid-username"))),
        token("tw-test", "403 20008 test credentials", (TEST,), (ANY, prism(403, "test-credentials"))),
        token("tw-inactive", "403 20005 account not active", (LIVE, RESTRICTED), (ANY, prism(403, "not-active"))),
        token("tw-unlisted", "403 with a code of no list", (UNKNOWN,), (ANY, prism(403, "unlisted"))),
        token("tw-not-found", "404 20404", (UNKNOWN,), (ANY, prism(404, "not-found"))),
        token("held-tw-after", "429 20429", (UNKNOWN,), (ANY, prism(429, "throttled", retry_after="7200")), most=4),
        token("tw-500", "500", (UNKNOWN,), (ANY, prism(500, "internal"))),
        token("tw-503", "503", (UNKNOWN,), (ANY, prism(503, "unavailable"))),
        token("tw-page", "200 with a page", (UNKNOWN,), (ANY, peer("page"))),
        token("tw-page-401", "401 with a page", (UNKNOWN,), (ANY, peer("page-401"))),
        token("tw-waf", "403 with a page of a firewall", (UNKNOWN,), (ANY, peer("firewall-page"))),
        token(
            "tw-ireland",
            "401 in the default region, 200 in the one that the file names",
            (LIVE,),
            (IRELAND, prism(200)),
            (ANY, authenticate),
            hints=("region: ie1", "edge: dublin"),
        ),
        # ---- Twilio: key and secret
        key("tw-key-main", "200 everywhere", (LIVE,), (ANY, prism(200))),
        key("tw-key-standard", "401 on the list of keys, else 200", (LIVE,), (KEYS, authenticate), (ANY, prism(200))),
        key("tw-key-restricted", "401 70051", (RESTRICTED,), (ANY, prism(401, "restricted"))),
        key("tw-key-restricted-403", "403 70051", (RESTRICTED,), (ANY, prism(403, "restricted"))),
        key("tw-key-wrong", "401 20003", (REJECTED, DEAD), (ANY, authenticate)),
        # ---- keys that are revoked, and who may do that; not part of the scan of all rows
        sendgrid("revoke-sg", "works until it is deleted", (LIVE,), (ANY, peer("revocable"))),
        sendgrid("revoke-sg-admin", "may delete keys", (LIVE,), (r"DELETE [^ ]+ /v3/api_keys/.*", peer("revocable"))),
        key("revoke-tw", "works until it is deleted", (LIVE,), (ANY, peer("revocable"))),
        key("revoke-tw-admin", "may delete keys", (LIVE,), (r"DELETE [^ ]+ /2010-04-01/Accounts/[^/]+/Keys/.*", peer("revocable"))),
    ]
    # fmt: on


def smtp_cases():
    """Logins at real mail servers, at scripted ones and at hostile ones."""
    said = "scripted-starttls"
    at_sendgrid, at_google = {"host": "smtp.sendgrid.net"}, {"host": "smtp.gmail.com"}
    at_microsoft, at_amazon = {"host": "smtp.office365.com"}, {"host": "email-smtp.eu-west-1.amazonaws.com"}
    exim_tls = {"host": "smtp.mailgun.org", "port": 465}
    dovecot_tls = {"host": "in-v3.mailjet.com", "port": 465}
    # fmt: off
    return [
        # ---- exim
        smtp("exim-live", "235", (LIVE,), "exim-starttls"),
        smtp("exim-live-tls", "235, TLS from the first byte", (LIVE,), "exim-tls", **exim_tls),
        smtp("exim-wrong", "535", (DEAD,), "exim-starttls"),
        smtp("exim-wrong-tls", "535, TLS from the first byte", (DEAD,), "exim-tls", **exim_tls),
        smtp("exim-later", "435", (UNKNOWN,), "exim-starttls"),
        # ---- dovecot, which makes the next login wait after a wrong one
        smtp("dovecot-live", "235 2.7.0", (LIVE,), "dovecot-starttls"),
        smtp("dovecot-live-tls", "235 2.7.0, TLS from the first byte", (LIVE,), "dovecot-tls", **dovecot_tls),
        smtp("dovecot-wrong", "535 5.7.8, late", (DEAD,), "dovecot-starttls"),
        # ---- codes of the standards, said by a script
        smtp("said-235", "235", (LIVE,), said, "235 2.7.0 Authentication successful"),
        smtp("said-432", "432 4.7.12", (UNKNOWN,), said, "432 4.7.12 A password transition is needed"),
        smtp("said-451", "451", (UNKNOWN,), said, "451 4.3.0 Try again later"),
        smtp("said-454", "454 4.7.0", (UNKNOWN,), said, "454 4.7.0 Temporary authentication failure"),
        smtp("said-500", "500 5.5.6", (UNKNOWN,), said, "500 5.5.6 Authentication exchange line is too long"),
        smtp("said-501", "501 5.5.2", (UNKNOWN,), said, "501 5.5.2 Cannot decode"),
        smtp("said-503", "503", (UNKNOWN,), said, "503 5.5.1 Bad sequence"),
        smtp("said-504", "504 5.5.4", (UNKNOWN,), said, "504 5.5.4 Unrecognized authentication type", logins=2),
        smtp("said-530", "530 5.7.0", (UNKNOWN,), said, "530 5.7.0 Must issue a STARTTLS command first"),
        smtp("said-534", "534 5.7.9, mechanism too weak", (UNKNOWN,), said, "534 5.7.9 Authentication mechanism is too weak"),
        smtp("said-535", "535 5.7.8", (DEAD,), said, "535 5.7.8 Authentication credentials invalid"),
        smtp("said-538", "538 5.7.11", (UNKNOWN,), said, "538 5.7.11 Encryption required for requested authentication mechanism"),
        smtp("said-550", "550", (UNKNOWN,), said, "550 5.7.1 No"),
        smtp("said-login", "235 by LOGIN, where PLAIN is not offered", (LIVE,), "login-only", "235 2.7.0 Accepted"),
        smtp("said-not-utf8", "535 with bytes that are no text", (DEAD,), said, "535 5.7.8 \udcff\udcfe"),
        smtp("said-echo", "535 that quotes what was sent", (DEAD, UNKNOWN), "echo"),
        # ---- texts of providers
        smtp("sendgrid-235", "SendGrid, 235", (LIVE,), said, "235 Authentication successful", **at_sendgrid),
        smtp("sendgrid-451", "SendGrid, 451", (UNKNOWN, RESTRICTED), said, "451 Authentication failed", **at_sendgrid),
        smtp("sendgrid-451-credits", "SendGrid, 451 credits exceeded", (LIVE, RESTRICTED), said, "451 Authentication failed: Maximum credits exceeded", **at_sendgrid),
        smtp("sendgrid-535-grant", "SendGrid, 535 grant invalid, at both hosts", (DEAD,), said, "535 Authentication failed: The provided authorization grant is invalid, expired, or revoked", logins=2, **at_sendgrid),
        smtp("sendgrid-535-2fa", "SendGrid, 535 basic authentication with 2FA", (UNKNOWN,), said, "535 Authentication failed: Basic authentication is not allowed with 2FA enabled", **at_sendgrid),
        smtp("sendgrid-535-bad", "SendGrid, bad username / password", (REJECTED, UNKNOWN), said, "535 Authentication failed: Bad username / password", **at_sendgrid),
        smtp("sendgrid-550", "SendGrid, 550 unauthenticated senders", (UNKNOWN,), said, "550 Unauthenticated senders not allowed", **at_sendgrid),
        smtp("google-534-app", "Google, 534 application-specific password", (RESTRICTED, LIVE), said, "534-5.7.9 Application-specific password required.", "534 5.7.9 See the support pages", **at_google),
        smtp("google-534-web", "Google, 534 log in with your web browser", (RESTRICTED, LIVE), said, "534-5.7.9 Please log in with your web browser and then try again.", "534 5.7.9 See the support pages", **at_google),
        smtp("google-535", "Google, 535: said of right passwords too", (REJECTED, UNKNOWN), said, "535-5.7.8 Username and Password not accepted.", "535 5.7.8 See the support pages", **at_google),
        smtp("microsoft-530", "Microsoft, 530 not authenticated", (UNKNOWN,), said, "530 5.7.57 Client not authenticated to send mail", **at_microsoft),
        smtp("microsoft-535-off", "Microsoft, 535 disabled for the tenant", (UNKNOWN,), said, "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.", **at_microsoft),
        smtp("microsoft-535", "Microsoft, 535 credentials incorrect", (DEAD,), said, "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.", **at_microsoft),
        smtp("amazon-535", "Amazon SES, 535: said in a wrong region too", (REJECTED, UNKNOWN), said, "535 Authentication Credentials Invalid", **at_amazon),
        # ---- servers that a login must not be sent to, or whose word counts for nothing
        smtp("bad-plain", "AUTH offered, no STARTTLS", (UNKNOWN,), "no-starttls"),
        smtp("bad-refused", "STARTTLS offered and refused", (UNKNOWN,), "starttls-refused"),
        smtp("bad-injected", "replies sent before the handshake", (UNKNOWN,), "injection"),
        smtp("bad-endless-line", "a line without an end", (UNKNOWN,), "endless-line"),
        smtp("bad-endless-reply", "a reply without a last line", (UNKNOWN,), "endless-reply"),
        smtp("bad-closing", "421 for a greeting", (UNKNOWN,), "closing"),
        smtp("bad-garbage", "not SMTP", (UNKNOWN,), "garbage"),
        smtp("bad-no-auth", "no AUTH offered", (UNKNOWN,), "no-auth"),
        smtp("bad-unknown-auth", "none but XOAUTH2 offered", (UNKNOWN,), "xoauth2"),
        smtp("bad-cut", "closed at the password", (UNKNOWN,), "cut"),
        smtp("bad-early", "235 before anything was sent", (UNKNOWN,), "early"),
        smtp("bad-expired", "a certificate that has expired", (UNKNOWN,), "expired"),
        smtp("bad-name", "a certificate of another name", (UNKNOWN,), "other-name"),
        smtp("bad-issuer", "a certificate that nobody vouches for", (UNKNOWN,), "unknown-issuer"),
        smtp("slow-silent", "no greeting", (UNKNOWN,), "silent"),
        smtp("slow-drip", "a greeting of a byte a second", (UNKNOWN,), "drip"),
    ]
    # fmt: on


# A server of this name knows the password; a wrong one is planted where the name of the case says so.
KNOWN = re.compile(r"^(exim|dovecot)-live")


def _letters(count, alphabet=string.ascii_letters + string.digits):
    return "".join(secrets.choice(alphabet) for _ in range(count))


def _url64(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _hex():
    return secrets.token_hex(16)


def sendgrid_key():
    """One of the right form: its id is a random UUID, its secret is 32 bytes."""
    return f"SG.{_url64(uuid.uuid4().bytes)}.{_url64(os.urandom(32))}"


def cases():
    """All cases, with credentials made for this run."""
    made = http_cases() + smtp_cases()
    assert len({case.name for case in made}) == len(made), "two cases of one name"
    for case in made:
        if case.kind == "sendgrid":
            case.secret = sendgrid_key()
        elif case.kind in ("smtp", "sendgrid-login"):
            case.user = f"{case.name}@mail.example"
            case.secret = f"{_letters(1, string.ascii_uppercase)}{_letters(9)}{_letters(4, string.digits)}{_letters(3)}"
        elif case.kind == "twilio-token":
            case.account, case.secret = "AC" + _hex(), _hex()
        elif case.kind == "twilio-key":
            case.account, case.user, case.secret = "AC" + _hex(), "SK" + _hex(), _letters(32)
    return made


def authorization(case):
    """The header that a question about it has."""
    if case.kind == "sendgrid":
        return f"Bearer {case.secret}"
    user = case.account if case.kind == "twilio-token" else case.user
    return "Basic " + base64.b64encode(f"{user}:{case.secret}".encode()).decode()


def spellings(case):
    """All forms of a secret that must show up nowhere."""
    raw = case.secret.encode()
    forms = {case.secret, base64.b64encode(raw).decode().rstrip("="), raw.hex()}
    if case.kind == "smtp":
        forms.add(base64.b64encode(b"\0" + case.user.encode() + b"\0" + raw).decode().rstrip("="))
    else:
        forms.add(authorization(case).split(" ", 1)[1].rstrip("="))
    if case.kind == "sendgrid":
        forms.add(case.secret.rsplit(".", 1)[1])
    return sorted(forms)


def planted(case):
    """The text of the file that holds it."""
    if case.path.endswith("sasl_passwd"):
        return f"[{case.mail_host}]:{case.port} {case.user}:{case.secret}\n"
    if case.kind == "sendgrid":
        lines = ["mail:", f"  sendgrid_api_key: {case.secret}"]
    elif case.kind == "sendgrid-login":
        lines = ["sendgrid:", f"  sendgrid_username: {case.user}", f"  sendgrid_password: {case.secret}"]
    elif case.kind == "twilio-token":
        lines = ["twilio:", f"  account_sid: {case.account}", f"  auth_token: {case.secret}"]
    elif case.kind == "twilio-key":
        lines = ["twilio:", f"  account_sid: {case.account}", f"  api_key_sid: {case.user}", f"  api_key_secret: {case.secret}"]
    else:
        lines = [
            "smtp:",
            f"  host: {case.mail_host}",
            f"  port: {case.port}",
            f"  user: {case.user}",
            f"  password: {case.secret}",
        ]
    return "\n".join(lines + [f"  {hint}" for hint in case.hints]) + "\n"
