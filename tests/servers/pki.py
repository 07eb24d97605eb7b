"""Throwaway certificates: an authority, what it vouches for, and what must not be trusted. Needs the openssl program."""

import subprocess
from pathlib import Path

CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]

# What the server certificate is for. Mail servers of providers are in it, so that their names can be led here.
NAMES = [
    "localhost",
    "api.sendgrid.com",
    "api.eu.sendgrid.com",
    "smtp.sendgrid.net",
    "smtp.eu.sendgrid.net",
    "api.twilio.com",
    "api.dublin.ie1.twilio.com",
    "api.sydney.au1.twilio.com",
    "verify.twilio.com",
    "verify.dublin.ie1.twilio.com",
    "smtp.office365.com",
    "smtp.gmail.com",
    "email-smtp.eu-west-1.amazonaws.com",
    "smtp.mailgun.org",
]

CA_CONFIG = """
[ca]
default_ca = rig
[rig]
dir = {folder}
database = {folder}/index
serial = {folder}/serial
new_certs_dir = {folder}
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
"""


def _openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"openssl {arguments[0]}: {done.stderr.strip()}")


def _authority(folder, name):
    _openssl(
        "req",
        "-x509",
        *CURVE,
        "-days",
        "2",
        "-subj",
        f"/CN=throwaway {name}",
        "-keyout",
        folder / f"{name}.key",
        "-out",
        folder / f"{name}.pem",
        "-addext",
        "basicConstraints=critical,CA:TRUE",
        "-addext",
        "keyUsage=critical,keyCertSign,cRLSign",
    )


def _certificate(folder, name, issuer, names, *dates):
    _openssl(
        "req",
        *CURVE,
        "-subj",
        f"/CN={names[0]}",
        "-keyout",
        folder / f"{name}.key",
        "-out",
        folder / f"{name}.csr",
    )
    subjects = ",".join([f"DNS:{one}" for one in names] + (["IP:127.0.0.1"] if "localhost" in names else []))
    (folder / f"{name}.ext").write_text(
        f"basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=serverAuth\nsubjectAltName={subjects}\n",
        encoding="utf-8",
    )
    _openssl(
        "ca",
        "-batch",
        "-notext",
        "-config",
        folder / "ca.cnf",
        "-cert",
        folder / f"{issuer}.pem",
        "-keyfile",
        folder / f"{issuer}.key",
        "-extfile",
        folder / f"{name}.ext",
        "-in",
        folder / f"{name}.csr",
        "-out",
        folder / f"{name}.pem",
        *(dates or ("-days", "2")),
    )


def make(folder):
    """Fills `folder`: ca.pem to be trusted; server, expired, other-name and unknown-issuer as .pem and .key."""
    folder = Path(folder)
    folder.mkdir(parents=True)
    (folder / "ca.cnf").write_text(CA_CONFIG.format(folder=folder), encoding="utf-8")
    (folder / "index").write_text("", encoding="utf-8")
    (folder / "serial").write_text("01\n", encoding="utf-8")
    _authority(folder, "ca")
    _authority(folder, "stranger")
    _certificate(folder, "server", "ca", NAMES)
    _certificate(folder, "expired", "ca", NAMES, "-startdate", "20200101000000Z", "-enddate", "20210101000000Z")
    _certificate(folder, "other-name", "ca", ["elsewhere.example"])
    _certificate(folder, "unknown-issuer", "stranger", NAMES)
