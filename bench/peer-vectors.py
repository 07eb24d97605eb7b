"""Reads other scanners' test vectors out of clones and runs waxseal on each; see peer-vectors.sh."""

import ast
import json
import pathlib
import re
import subprocess
import sys
import tempfile


class Clone:
    """A repository, read at HEAD without a work tree."""

    def __init__(self, path):
        inside = pathlib.Path(path, ".git")
        self.dir = str(inside if inside.exists() else path)
        listing = self.git("ls-tree", "-r", "--name-only", "HEAD")
        self.files = listing.decode().splitlines()

    def git(self, *words):
        command = ["git", "--git-dir", self.dir, *words]
        return subprocess.run(command, check=True, capture_output=True).stdout

    def read(self, path):
        return self.git("cat-file", "blob", f"HEAD:{path}").decode()


def detect_secrets(clone):
    """Tuples of a line and whether it is to be flagged, in parametrized tests; a bare string is flagged."""
    for name in ("sendgrid", "twilio", "basic_auth"):
        path = f"tests/plugins/{name}_test.py"
        if path not in clone.files:
            continue
        for node in ast.walk(ast.parse(clone.read(path))):
            if isinstance(node, ast.Tuple) and len(node.elts) == 2:
                parts = [part.value for part in node.elts if isinstance(part, ast.Constant)]
                if len(parts) == 2 and isinstance(parts[0], str) and isinstance(parts[1], bool):
                    yield path, parts[0], parts[1]


def yaml_examples(clone):
    """Lists below `examples:` and `negative_examples:` in rule files, as noseyparker and kingfisher write them."""
    for path in clone.files:
        if not re.search(r"(^|/)rules/(sendgrid|twilio)\.yml$", path):
            continue
        wanted, indent, lines = None, 0, []
        items = []
        for line in [*clone.read(path).splitlines(), "end:"]:
            head = re.match(r"( *)(negative_)?examples:\s*$", line)
            depth = len(line) - len(line.lstrip())
            item = line.lstrip().startswith("- ")
            leaves = line.strip() and (depth < indent or (depth == indent and not item))
            if wanted is not None and (head or leaves):
                items.append((wanted, lines))
                wanted, lines = None, []
            if head:
                wanted, indent, lines = head.group(2) is None, depth, []
            elif wanted is not None:
                lines.append(line)
        for expected, lines in items:
            starts = [len(it) - len(it.lstrip()) for it in lines if it.lstrip().startswith("- ")]
            dash = min(starts, default=0)
            for example in re.split(rf"(?m)^ {{{dash}}}- ", "\n".join(lines))[1:]:
                first, _, rest = example.partition("\n")
                if re.fullmatch(r"[|>][-+]?\s*", first):
                    text = rest
                elif first[:1] == '"':
                    text = json.loads(first)
                else:
                    text = first.strip("'")
                yield path, text, expected


def trufflehog(clone):
    """Pattern tests: constants, a format string that they are put into, and what is wanted of it."""
    for name in ("sendgrid", "twilio", "twilioapikey"):
        path = f"pkg/detectors/{name}/{name}_test.go"
        if path not in clone.files:
            continue
        text = clone.read(path)
        known = dict(re.findall(r'(?m)^\s*(\w+)\s*=\s*"([^"\\]*)"', text))
        case = r'input:\s*fmt\.Sprintf\(("(?:[^"\\]|\\.)*"),([^)]*)\),\s*want:\s*\[\]string\{([^}]*)\}'
        for form, words, wanted in re.findall(case, text):
            values = [known.get(word.strip(), "") for word in words.split(",")]
            yield path, json.loads(form) % tuple(values), bool(wanted.strip())


def gitleaks(clone):
    """Raw strings in the lists `tps` and `fps` of the rules for curl, where they are about basic auth. Those of SendGrid and Twilio are made when gitleaks is built."""
    path = "cmd/generate/config/rules/curl.go"
    if path not in clone.files:
        return
    code = re.sub(r"(?m)^\s*//`.*$", "", clone.read(path))
    for name, strings in re.findall(r"(?ms)^\t(tps|fps) := \[\]string\{(.*?)^\t\}", code):
        for text in re.findall(r"`([^`]*)`", strings):
            if re.search(r"(?i)\s(-u|--user)\b|basic ", text):
                yield path, text, name == "tps"


def secretlint(clone):
    """Inputs of snapshots: `ng.` is to be found, `ok.` is not."""
    for path in clone.files:
        found = re.search(r"secretlint-rule-(sendgrid|basicauth)/test/snapshots/(ng|ok)\.[^/]*/input", path)
        if found and "preset" not in path:
            yield path, clone.read(path), found.group(2) == "ng"


READERS = (detect_secrets, yaml_examples, trufflehog, gitleaks, secretlint)


def main():
    binary, *clones = sys.argv[1:]
    vectors = []
    for path in clones:
        clone = Clone(path)
        commit = clone.git("log", "-1", "--format=%h %cs").decode().strip()
        name = pathlib.Path(path.rstrip("/")).name
        if name in ("repo", ".git"):
            name = pathlib.Path(path).parent.name
        before = len(vectors)
        for reader in READERS:
            vectors += [(name, *vector) for vector in reader(clone)]
        print(f"{name} {commit}: {len(vectors) - before} vectors")
    if not vectors:
        sys.exit("peer-vectors: no vectors were found")
    with tempfile.TemporaryDirectory() as folder:
        for number, (_, _, text, _) in enumerate(vectors):
            pathlib.Path(folder, f"{number:03}.txt").write_text(text)
        command = [binary, "scan", "--quiet", "--format", "json", folder]
        report = subprocess.run(command, capture_output=True, text=True)
        if report.returncode == 2:
            sys.exit(f"peer-vectors: {report.stderr}")
        found = {}
        for finding in json.loads(report.stdout)["findings"]:
            number = int(pathlib.Path(finding["path"]).stem)
            found.setdefault(number, []).append(f"{finding['rule']} ({finding['confidence']})")
    agreed = 0
    for number, (name, path, text, expected) in enumerate(vectors):
        ours = found.get(number, [])
        if bool(ours) == expected:
            agreed += 1
            continue
        theirs = "found" if expected else "clean"
        file = "/".join(path.split("/")[-3:])
        print(f"{name}: {file}: theirs {theirs}, ours {', '.join(ours) or 'clean'} ({len(text)} characters)")
    print(f"{agreed} of {len(vectors)} alike")


main()
