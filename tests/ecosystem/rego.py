"""Evaluates one rule of a Rego policy on a document: rego.py POLICY DOCUMENT RULE [TIMESTAMP]; prints its set as JSON."""

import json
import sys

from regopy import Interpreter

policy, document, rule = sys.argv[1:4]
with open(document, encoding="utf-8") as file:
    plan = json.load(file)
if len(sys.argv) > 4:
    plan["timestamp"] = sys.argv[4]
rego = Interpreter()
with open(policy, encoding="utf-8") as file:
    rego.add_module("campaigns", file.read())
rego.set_input(plan)
answer = json.loads(str(rego.query(f"x = data.main.{rule}")))
bindings = answer.get("bindings") or answer["result"][0]["bindings"]
print(json.dumps(sorted(bindings["x"])))
