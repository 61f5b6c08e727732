"""jq with the options of the examples, for machines without one."""

import json
import sys

import jq


def main(arguments):
    named, places, raw, rest = {}, [], False, iter(arguments)
    for argument in rest:
        if argument in ("--arg", "--argjson"):
            name, value = next(rest), next(rest)
            named[name] = value if argument == "--arg" else json.loads(value)
        elif argument in ("--raw-input", "--slurp"):
            raw = True
        else:
            places.append(argument)
    text = open(places[1], encoding="utf-8").read() if len(places) > 1 else sys.stdin.read()
    for value in jq.compile(places[0], args=named).input_value(text if raw else json.loads(text)).all():
        print(json.dumps(value))


main(sys.argv[1:])
