#!/usr/bin/env bash
# Holds waxseal against the test vectors that other scanners publish for SendGrid, Twilio and basic auth.
#
#   bench/peer-vectors.sh CLONE...
#
# CLONE is a clone of gitleaks/gitleaks, trufflesecurity/trufflehog, Yelp/detect-secrets, secretlint/secretlint, mongodb/kingfisher
# or praetorian-inc/noseyparker, with or without a work tree; which one it is is told by what is in it. The vectors are read out of the
# clones' HEAD at run time and put into a folder that is removed: nothing of theirs is kept, and no value is printed. $WAXSEAL names
# the program to run. Vectors on which both agree are counted, the others are listed; docs/quality.md says why each is so.
set -euo pipefail

[ $# -gt 0 ] || { echo "usage: bench/peer-vectors.sh CLONE..." >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
binary=${WAXSEAL:-$here/../target/release/waxseal}
[ -x "$binary" ] || { echo "peer-vectors: $binary is not there; run: cargo build --release" >&2; exit 2; }
exec python3 "$here/peer-vectors.py" "$binary" "$@"
