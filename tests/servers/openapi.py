#!/usr/bin/env python3
"""What the providers' APIs look like: compares our description with theirs, and makes the document that Prism serves.

Usage: openapi.py compare DIR   holds testdata/openapi against the providers' own documents in DIR
       openapi.py merge [DIR]   writes one document of all endpoints to standard output; with DIR, theirs with our additions

Our description knows only the endpoints that waxseal asks, and answers that the providers give without documenting them.
Exit status: 0 when all is well, 1 when the descriptions disagree, 2 when a document cannot be read.
"""

import copy
import json
import sys
from pathlib import Path

OURS = Path(__file__).resolve().parents[2] / "testdata" / "openapi"
METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
# What has to be the same where a parameter's schema names it.
LIMITS = ("type", "pattern", "minLength", "maxLength", "minimum", "maximum")


class Unreadable(Exception):
    """A document that is not there, or not what it should be."""


class Document:
    """One OpenAPI document, with its references followed."""

    def __init__(self, file):
        self.file = Path(file)
        try:
            self.root = json.loads(self.file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise Unreadable(f"{file}: {error}") from error

    def inline(self, node, above=()):
        """`node` with all its references replaced by what they lead to."""
        if isinstance(node, list):
            return [self.inline(item, above) for item in node]
        if not isinstance(node, dict):
            return node
        reference = node.get("$ref")
        if not isinstance(reference, str):
            return {key: self.inline(value, above) for key, value in node.items()}
        if reference in above:
            return {}  # a schema that holds itself: whatever fits
        target = self.root
        for part in reference.removeprefix("#/").split("/"):
            try:
                target = target[part.replace("~1", "/").replace("~0", "~")]
            except (KeyError, TypeError) as error:
                raise Unreadable(f"{self.file}: {reference} leads nowhere") from error
        return self.inline(target, (*above, reference))

    def path(self, path):
        """The path item, or None. What the item says for all its operations is said in each of them."""
        found = self.root.get("paths", {}).get(path)
        if found is None:
            return None
        item = self.inline(found)
        shared = item.pop("parameters", [])
        for method in METHODS:
            if method not in item:
                continue
            operation = item[method]
            own = operation.get("parameters", [])
            names = {(p["in"], p["name"]) for p in own}
            operation["parameters"] = [p for p in shared if (p["in"], p["name"]) not in names] + own
            operation.setdefault("security", self.root.get("security", []))
            operation.setdefault("servers", item.get("servers", self.root.get("servers", [])))
        return item

    def schemes(self, operation):
        """How a caller shows who it is: a set such as {"basic"}, one entry a way that is enough by itself."""
        known = self.root.get("components", {}).get("securitySchemes", {})
        return {known[name].get("scheme") for entry in operation["security"] for name in entry}


def ours():
    """Our documents."""
    files = sorted(OURS.glob("*.json"))
    if not files:
        raise Unreadable(f"{OURS}: no document")
    return [Document(file) for file in files]


def operations(item):
    return [(method, item[method]) for method in METHODS if method in item]


def theirs(official, item, path):
    name = item.get("x-compare-with")
    if not name:
        raise Unreadable(f"{path}: no x-compare-with")
    return Document(Path(official) / name)


def differences(our_doc, our, their_doc, their):
    """In what our operation disagrees with theirs, as sentences."""
    their_codes, our_codes = set(their["responses"]), set(our["responses"])
    for code in sorted(their_codes - our_codes - {"default"}):
        yield f"{code} is documented there and missing here"
    for code in sorted(our_codes):
        marked = "x-undocumented" in our["responses"][code]
        if code not in their_codes and not marked:
            yield f"{code} is not documented there: mark it with x-undocumented, or drop it"
    if our_doc.schemes(our) != their_doc.schemes(their):
        yield f"security is {sorted(our_doc.schemes(our))} here and {sorted(their_doc.schemes(their))} there"
    our_servers = {server["url"] for server in our["servers"]}
    their_servers = {server["url"] for server in their["servers"]}
    if our_servers != their_servers:
        yield f"servers are {sorted(our_servers)} here and {sorted(their_servers)} there"
    if their.get("deprecated"):
        yield "it is deprecated there"
    yield from parameters(our, their)
    for code in sorted(our_codes & their_codes):
        yield from bodies(code, our["responses"][code], their["responses"][code])


def parameters(our, their):
    known = {(p["in"], p["name"]): p for p in their["parameters"]}
    said = {(p["in"], p["name"]) for p in our["parameters"]}
    for place, name in sorted(known):
        if known[place, name].get("required") and (place, name) not in said:
            yield f"{place} parameter {name} is required there and missing here"
    for parameter in our["parameters"]:
        place, name = parameter["in"], parameter["name"]
        other = known.get((place, name))
        if other is None:
            yield f"{place} parameter {name} is unknown there"
            continue
        if bool(parameter.get("required")) != bool(other.get("required")):
            yield f"{place} parameter {name} is required on one side only"
        for limit in LIMITS:
            here, there = parameter["schema"].get(limit), other.get("schema", {}).get(limit)
            if here != there:
                yield f"{place} parameter {name}: {limit} is {here} here and {there} there"


def bodies(code, our, their):
    our_types, their_types = set(our.get("content", {})), set(their.get("content", {}))
    if our_types - their_types:
        yield f"{code}: answers {sorted(our_types)} here and {sorted(their_types)} there"
        return
    for media in our_types:
        here = our["content"][media].get("schema", {})
        there = their["content"][media].get("schema", {})
        missing = set(here.get("properties", {})) - set(there.get("properties", {}))
        if missing:
            yield f"{code}: {sorted(missing)} are unknown there"
        lacking = set(here.get("required", [])) - set(there.get("properties", {}))
        if lacking:
            yield f"{code}: {sorted(lacking)} are required here and unknown there"


def compare(official):
    """Every disagreement, as lines; and how many operations were held against theirs."""
    count, wrong = 0, []
    for document in ours():
        for path in document.root["paths"]:
            item = document.path(path)
            other = theirs(official, item, path)
            there = other.path(path)
            if there is None:
                wrong.append(f"{path}: not in {other.file.name}")
                continue
            for method, operation in operations(item):
                count += 1
                where = f"{method.upper()} {path}"
                if method not in there:
                    wrong.append(f"{where}: not in {other.file.name}")
                    continue
                for text in differences(document, operation, other, there[method]):
                    wrong.append(f"{where}: {text}")
    return wrong, count


def merged(official):
    """One document of all endpoints for Prism. Of theirs we keep all, and add our codes and our named examples."""
    out = {
        "openapi": "3.1.0",
        "info": {"title": "what waxseal asks", "version": "1"},
        "servers": [{"url": "http://127.0.0.1"}],
        "paths": {},
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic"},
            }
        },
    }
    for document in ours():
        for path in document.root["paths"]:
            item = document.path(path)
            there = theirs(official, item, path).path(path) if official else None
            kept = {}
            for method, operation in operations(item):
                served = copy.deepcopy(there[method]) if there else operation
                add(served, operation)
                served["security"] = [{scheme: []} for scheme in sorted(document.schemes(operation))]
                served.pop("servers", None)
                served.pop("operationId", None)
                kept[method] = served
            out["paths"][path] = kept
    return out


def add(served, operation):
    for code, response in operation["responses"].items():
        known = served["responses"].setdefault(code, response)
        for media, content in response.get("content", {}).items():
            target = known.setdefault("content", {}).setdefault(media, content)
            if "example" in target:
                target.setdefault("examples", {})["theirs"] = {"value": target.pop("example")}
            for name, example in content["examples"].items():
                target.setdefault("examples", {}).setdefault(name, example)


def main(arguments):
    if arguments[:1] == ["compare"] and len(arguments) == 2:
        wrong, count = compare(arguments[1])
        for line in wrong:
            print(f"openapi: {line}", file=sys.stderr)
        print(f"openapi: {count} operations held against the providers' documents, {len(wrong)} disagreements")
        return 1 if wrong else 0
    if arguments[:1] == ["merge"] and len(arguments) <= 2:
        json.dump(merged(arguments[1] if len(arguments) == 2 else None), sys.stdout, indent=1)
        print()
        return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Unreadable as error:
        print(f"openapi: {error}", file=sys.stderr)
        sys.exit(2)
