#!/usr/bin/env bash
# What asking costs: a tree with 1,000 made-up SendGrid keys, asked about at a server on this machine that takes 50 ms for each answer.
#
#   bench/verify.sh [--keys N] [BINARY]
#
# Bars: at most 10 s at the default limits raised by flag, at most 60 MB, and no more requests than there are questions: one for each
# live key, two for each dead one, which the EU is asked about as well. One key in two is live. Nothing leaves this machine.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
keys=1000
if [ "${1:-}" = --keys ]; then
    keys=$2
    shift 2
fi
binary=${1:-$here/../target/release/waxseal}
[ -x "$binary" ] || { echo "verify: $binary is not there: cargo build --release, or name a BINARY" >&2; exit 2; }
binary=$(cd "$(dirname "$binary")" && pwd)/$(basename "$binary")
for tool in openssl python3; do
    command -v "$tool" > /dev/null || { echo "verify: $tool is not there" >&2; exit 2; }
done

scratch=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2> /dev/null || true; rm -rf "$scratch"' EXIT
cd "$scratch"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout ca.key -out ca.pem -subj '/CN=throwaway authority' \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign 2> /dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key -out server.csr -subj '/CN=127.0.0.1' 2> /dev/null
printf 'basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\nsubjectAltName=IP:127.0.0.1\n' > extensions
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile extensions -out server.pem 2> /dev/null

# Keys that look like real ones: a version 4 UUID, and 32 random bytes.
python3 - "$keys" << 'PYTHON'
import base64, os, sys, uuid
os.makedirs("tree")
text = lambda data: base64.urlsafe_b64encode(data).decode().rstrip("=")
for number in range(int(sys.argv[1])):
    key = ".".join(("SG", text(uuid.uuid4().bytes), text(os.urandom(32))))
    with open(f"tree/{number}.env", "w") as out:
        out.write(f"SENDGRID_API_KEY={key}\n")
PYTHON

# A key whose last byte but one is even is live; the last is not random enough.
cat > server.py << 'PYTHON'
import asyncio, ssl, sys
count = 0
LIVE = b'{"scopes":["mail.send","2fa_required"]}'
DEAD = b'{"errors":[{"field":null,"message":"The provided authorization grant is invalid, expired, or revoked"}]}'
async def serve(reader, writer):
    global count
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            count += 1
            await asyncio.sleep(0.05)
            key = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"authorization:"))
            status, body = (b"200 OK", LIVE) if key[-2] % 2 == 0 else (b"401 Unauthorized", DEAD)
            writer.write(b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()
        open("count", "w").write(str(count))
async def main():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain("server.pem", "server.key")
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    open("port.new", "w").write(str(server.sockets[0].getsockname()[1]))
    import os; os.rename("port.new", "port")
    await server.serve_forever()
asyncio.run(main())
PYTHON
python3 server.py &
server=$!
for _ in $(seq 100); do
    [ -e port ] && break
    sleep 0.1
done
port=$(cat port)

python3 - "$binary" "$port" "$keys" << 'PYTHON'
import json, resource, subprocess, sys, time
binary, port, keys = sys.argv[1], sys.argv[2], int(sys.argv[3])
command = [binary, "scan", "tree", "--format", "json", "--verify", "--no-verify-cache",
           "--endpoint", f"sendgrid=https://127.0.0.1:{port}", "--ca", "ca.pem", "--allow-loopback",
           "--verify-rate", "1000", "--verify-concurrency", "32", "--max-requests", str(4 * keys)]
start = time.monotonic()
run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
took = time.monotonic() - start
memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
if run.returncode != 1:
    sys.exit(f"verify: exit status {run.returncode}: {run.stderr.decode()}")
verdicts = {}
for finding in json.loads(run.stdout)["findings"]:
    if finding["rule"] == "sendgrid-api-key":
        verdict = (finding.get("verification") or {}).get("verdict", "none")
        verdicts[verdict] = verdicts.get(verdict, 0) + 1
print(f"{keys} keys: {took:.1f} s (bar 10), {memory:.0f} MB (bar 60), {verdicts}")
if set(verdicts) - {"live", "dead"} or sum(verdicts.values()) != keys:
    sys.exit("verify: not every key got its verdict")
sys.exit(0 if took <= 10 and memory <= 60 else 1)
PYTHON
