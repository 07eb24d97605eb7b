"""The comparison of the two descriptions sees each way in which they can disagree."""

import json
import tempfile
import unittest
from pathlib import Path

import openapi

SCOPES, KEY = "/v3/scopes", "/v3/api_keys/{api_key_id}"
MESSAGES = "/2010-04-01/Accounts/{AccountSid}/Messages.json"


def official():
    """Documents as the providers would have them if ours told all: by file name."""
    files = {}
    for document in openapi.ours():
        for path, item in document.root["paths"].items():
            inlined = document.path(path)
            inlined["x-compare-with"] = None
            for _, operation in openapi.operations(inlined):
                responses = operation["responses"]
                operation["responses"] = {code: r for code, r in responses.items() if "x-undocumented" not in r}
            root = files.setdefault(item["x-compare-with"], {"paths": {}, "components": document.root["components"]})
            root["paths"][path] = inlined
    return files


class Compare(unittest.TestCase):
    def disagreements(self, change):
        files = official()
        change(files)
        with tempfile.TemporaryDirectory() as folder:
            for name, root in files.items():
                (Path(folder) / name).write_text(json.dumps(root), encoding="utf-8")
            return openapi.compare(folder)

    def one(self, change, expected):
        wrong, _ = self.disagreements(change)
        self.assertEqual(len(wrong), 1, wrong)
        self.assertIn(expected, wrong[0])

    def test_agreement(self):
        wrong, count = self.disagreements(lambda files: None)
        self.assertEqual(wrong, [])
        self.assertGreater(count, 4)

    def test_path_or_method_is_gone(self):
        self.one(lambda f: f["tsg_scopes_v3.json"]["paths"].pop(SCOPES), "not in tsg_scopes_v3.json")
        self.one(lambda f: f["tsg_api_keys_v3.json"]["paths"][KEY].pop("delete"), "DELETE")

    def test_codes(self):
        def get(f):
            return f["tsg_scopes_v3.json"]["paths"][SCOPES]["get"]

        self.one(lambda f: get(f)["responses"].update({"418": {"description": ""}}), "418 is documented there and missing here")
        self.one(lambda f: get(f)["responses"].pop("401"), "401 is not documented there")
        self.one(lambda f: get(f).update(deprecated=True), "deprecated")

    def test_security_and_servers(self):
        def other_scheme(f):
            f["tsg_scopes_v3.json"]["components"] = {"securitySchemes": {"key": {"type": "http", "scheme": "basic"}}}

        self.one(other_scheme, "security is")
        self.one(
            lambda f: f["tsg_scopes_v3.json"]["paths"][SCOPES]["get"].update(servers=[{"url": "https://elsewhere.test"}]),
            "servers are",
        )

    def test_parameters(self):
        def parameters(f):
            return f["twilio_api_v2010.json"]["paths"][MESSAGES]["get"]["parameters"]

        self.one(lambda f: parameters(f)[0]["schema"].update(pattern="^AC[0-9]{32}$"), "pattern is")
        self.one(lambda f: parameters(f)[1]["schema"].update(maximum=50), "maximum is 1000 here and 50 there")
        self.one(lambda f: parameters(f).pop(1), "PageSize is unknown there")
        extra = {"name": "Region", "in": "query", "required": True, "schema": {"type": "string"}}
        self.one(lambda f: parameters(f).append(extra), "Region is required there")

    def test_bodies(self):
        def schema(f):
            return f["tsg_scopes_v3.json"]["paths"][SCOPES]["get"]["responses"]["200"]["content"]["application/json"]["schema"]

        def renamed(f):
            schema(f)["properties"] = {"powers": {"type": "array"}}

        wrong, _ = self.disagreements(renamed)
        self.assertEqual(len(wrong), 2, wrong)

    def test_unreadable(self):
        with self.assertRaises(openapi.Unreadable):
            openapi.compare("/nowhere")


class Merge(unittest.TestCase):
    def test_theirs_stays_first(self):
        files = official()
        content = files["tsg_scopes_v3.json"]["paths"][SCOPES]["get"]["responses"]["401"]["content"]["application/json"]
        content.pop("examples")
        content["example"] = {"errors": [{"message": "theirs"}]}
        with tempfile.TemporaryDirectory() as folder:
            for name, root in files.items():
                (Path(folder) / name).write_text(json.dumps(root), encoding="utf-8")
            merged = openapi.merged(folder)
        responses = merged["paths"][SCOPES]["get"]["responses"]
        examples = responses["401"]["content"]["application/json"]["examples"]
        self.assertEqual(next(iter(examples)), "theirs")
        self.assertIn("revoked", examples)
        self.assertIn("451", responses)
        self.assertEqual(merged["paths"][SCOPES]["get"]["security"], [{"bearer": []}])
        self.assertEqual(merged["paths"][MESSAGES]["get"]["security"], [{"basic": []}])
        self.assertNotIn("$ref", json.dumps(merged))


if __name__ == "__main__":
    unittest.main()
