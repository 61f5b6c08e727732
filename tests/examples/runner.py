"""Runs the jobs of a GitHub workflow the way the runner does, with local stand-ins for the actions they use.

What it does not know is an error: an expression, a context, an action, an input, a key of a step.
"""

import json
import os
import re
import secrets as randomness
import shutil
import subprocess
from pathlib import Path

import yaml


class Wrong(Exception):
    """A workflow asks for something this runner does not know, or that would not work."""


# ---------------------------------------------------------------- expressions

TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<op>==|!=|&&|\|\||!|\(|\)|,)|(?P<path>[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*)|(?P<bad>\S))"
)


class Expression:
    """`${{ … }}`: literals, contexts, == != && || ! and the status functions."""

    def __init__(self, text, contexts, status):
        self.tokens = []
        for match in TOKEN.finditer(text):
            if match.lastgroup == "bad":
                raise Wrong(f"expression {text!r}: {match.group().strip()!r} is not known here")
            if match.lastgroup:
                self.tokens.append((match.lastgroup, match.group(match.lastgroup)))
        self.text, self.contexts, self.status, self.place = text, contexts, status, 0
        self.names_status = False

    def evaluate(self):
        value = self.alternative()
        if self.place != len(self.tokens):
            raise Wrong(f"expression {self.text!r}: what follows {self.tokens[self.place - 1][1]!r} is not understood")
        return value

    def peek(self):
        return self.tokens[self.place][1] if self.place < len(self.tokens) else None

    def take(self):
        if self.place == len(self.tokens):
            raise Wrong(f"expression {self.text!r} ends too early")
        self.place += 1
        return self.tokens[self.place - 1]

    def alternative(self):
        value = self.conjunction()
        while self.peek() == "||":
            self.take()
            other = self.conjunction()
            value = value or other
        return value

    def conjunction(self):
        value = self.comparison()
        while self.peek() == "&&":
            self.take()
            other = self.comparison()
            value = value and other
        return value

    def comparison(self):
        value = self.negation()
        while self.peek() in ("==", "!="):
            op, other = self.take()[1], self.negation()
            for side in (value, other):
                if not isinstance(side, (str, bool, type(None))):
                    raise Wrong(f"expression {self.text!r} compares {side!r}")
            same = (value or "").lower() == (other or "").lower() if isinstance(value, (str, type(None))) and isinstance(other, (str, type(None))) else value == other
            value = same if op == "==" else not same
        return value

    def negation(self):
        if self.peek() == "!":
            self.take()
            return not self.negation()
        kind, text = self.take()
        if text == "(":
            value = self.alternative()
            if self.take()[1] != ")":
                raise Wrong(f"expression {self.text!r}: a `)` is missing")
            return value
        if kind == "string":
            return text[1:-1].replace("''", "'")
        if kind != "path":
            raise Wrong(f"expression {self.text!r}: {text!r} stands where a value should")
        if self.peek() == "(":
            self.take()
            if self.take()[1] != ")" or text not in self.status:
                raise Wrong(f"expression {self.text!r}: function {text!r} is not known here")
            self.names_status = True
            return self.status[text]
        if text in ("true", "false"):
            return text == "true"
        return self.look_up(text)

    def look_up(self, path):
        first, *rest = path.split(".")
        if first not in self.contexts:
            raise Wrong(f"expression {self.text!r}: context {first!r} is not known here")
        value = self.contexts[first]
        # What an event, a variable or an input holds depends on the occasion; everything else must be there.
        lenient = first in ("vars", "inputs") or path.startswith("github.event.")
        for name in rest:
            if isinstance(value, dict) and name in value:
                value = value[name]
            elif lenient and (value is None or isinstance(value, dict)):
                value = None
            else:
                raise Wrong(f"expression {self.text!r}: {path!r} does not exist")
        return value


def to_text(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int)):
        return str(value)
    raise Wrong(f"{value!r} is no text")


def fill_in(text, contexts, status=None):
    return re.sub(r"\$\{\{(.*?)\}\}", lambda match: to_text(Expression(match[1], contexts, status or {}).evaluate()), to_text(text), flags=re.S)


def holds(condition, contexts, status):
    """An `if:`; without a status function, `success() && (…)`."""
    if condition is None:
        return status["success"]
    text = str(condition).strip()
    text = text[3:-2] if text.startswith("${{") and text.endswith("}}") else text
    expression = Expression(text, contexts, status)
    value = bool(expression.evaluate())
    return value if expression.names_status else status["success"] and value


# ---------------------------------------------------------------- what a log makes the runner do

COMMANDS = {"add-mask", "add-matcher", "add-path", "debug", "echo", "endgroup", "error", "group", "notice", "remove-matcher",
            "save-state", "set-env", "set-output", "warning"}


def heard(log):
    """The lines of a log in which the runner looks for workflow commands: those outside of `::stop-commands::`."""
    lines, pause = [], None
    for line in log.splitlines():
        line = line.strip()
        if pause is not None:
            pause = None if line == f"::{pause}::" else pause
        elif line.startswith("::stop-commands::"):
            pause = line[len("::stop-commands::"):]
        else:
            lines.append(line)
    return lines


def commands(log):
    """The workflow commands in a log: `::name …::` at the start of a line, `##[name …]` anywhere in it."""
    found = []
    for line in heard(log):
        match = re.match(r"::([A-Za-z-]+)(?: .*?)?::", line) or re.search(r"##\[([A-Za-z-]+)[ \];]?", line)
        if match and match[1].lower() in COMMANDS:
            found.append(line)
    return found


# ---------------------------------------------------------------- jobs

STEP_KEYS = {"name", "id", "if", "env", "run", "uses", "with"}
JOB_KEYS = {"name", "needs", "if", "runs-on", "timeout-minutes", "environment", "permissions", "env", "steps"}


class Result:
    """What a run left behind."""

    def __init__(self, number):
        self.number, self.conclusion, self.jobs, self.log, self.summary, self.sarif, self.steps = number, "success", {}, "", "", [], {}


class Runner:
    def __init__(self, scratch, origin, store, binary, stub_folder, repository):
        self.scratch, self.origin, self.store, self.binary = Path(scratch), origin, store, Path(binary)
        self.stub_folder, self.repository = Path(stub_folder), repository
        self.secrets, self.vars = {}, {}

    def run(self, workflow, event_name, event, ref, sha, head_sha=None, head_branch=None, head_repository=None, inputs=None,
            again=None):
        """One run; `again` is the number of one that is run once more."""
        path = f".github/workflows/{workflow}"
        definition = yaml.load(self.git("show", f"{sha}:{path}"), Loader=yaml.BaseLoader)
        run = again or self.store.add_run(path=path, event=event_name, head_sha=head_sha or sha,
                                          head_branch=head_branch or ref.split("/")[-1], head_repository=head_repository or self.repository)
        result = Result(run)
        waiting = dict(definition["jobs"])
        while waiting:
            ready = [name for name, job in waiting.items() if not set(needed(job)) & set(waiting)]
            if not ready:
                raise Wrong(f"{path}: the jobs need each other in a circle")
            for name in ready:
                job = waiting.pop(name)
                github = {"event_name": event_name, "event": event, "ref": ref, "ref_name": ref.split("/", 2)[-1], "sha": sha,
                          "repository": self.repository, "server_url": "https://github.com", "run_id": str(run)}
                result.jobs[name] = Job(self, name, job, definition, github, inputs or {}, result, head_repository).go()
        if "failure" in result.jobs.values():
            result.conclusion = "failure"
        self.store.finish_run(run, result.conclusion)
        return result

    def git(self, *arguments):
        return subprocess.run(["git", "--git-dir", self.origin, *arguments], check=True, capture_output=True, text=True).stdout


def needed(job):
    needs = job.get("needs", [])
    return [needs] if isinstance(needs, str) else needs


class Job:
    def __init__(self, runner, name, job, definition, github, inputs, result, head_repository):
        unknown = set(job) - JOB_KEYS
        if unknown:
            raise Wrong(f"job {name}: {unknown} is not known here")
        if definition.get("permissions") != {}:
            raise Wrong("a workflow grants nothing by itself; jobs name what they need")
        self.runner, self.name, self.job, self.definition, self.result = runner, name, job, definition, result
        self.folder = runner.scratch / f"run-{result.number}-{name}"
        self.workspace, self.temp, self.home = self.folder / "work", self.folder / "temp", self.folder / "home"
        # A fork's job may read, whatever the workflow asks for, and gets no secrets.
        fork = head_repository not in (None, runner.repository)
        granted = job.get("permissions", {})
        self.token = runner.store.add_token({scope: "read" if fork else right for scope, right in granted.items()})
        secrets = {} if fork else dict(runner.secrets.get(job.get("environment"), {}))
        self.contexts = {
            "github": {**github, "token": self.token, "workspace": str(self.workspace)},
            "runner": {"temp": str(self.temp), "os": "Linux", "arch": "X64"},
            "inputs": inputs, "vars": runner.vars, "secrets": secrets, "steps": {}, "env": {},
        }
        self.environment, self.search, self.failed = {}, [], False

    def go(self):
        before = self.result.jobs
        if any(before[name] != "success" for name in needed(self.job)):
            return "skipped"
        if not holds(self.job.get("if"), self.contexts, {"success": True, "failure": False, "cancelled": False, "always": True}):
            return "skipped"
        shutil.rmtree(self.folder, ignore_errors=True)
        for folder in (self.workspace, self.temp, self.home):
            folder.mkdir(parents=True)
        for name, value in {**self.definition.get("env", {}), **self.job.get("env", {})}.items():
            self.environment[name] = self.contexts["env"][name] = fill_in(value, self.contexts)
        for number, step in enumerate(self.job["steps"]):
            self.step(number, step)
        return "failure" if self.failed else "success"

    def step(self, number, step):
        unknown = set(step) - STEP_KEYS
        if unknown:
            raise Wrong(f"job {self.name}: {unknown} of a step is not known here")
        label = step.get("name") or step.get("uses") or step["run"].splitlines()[0]
        status = {"success": not self.failed, "failure": self.failed, "cancelled": False, "always": True}
        files = {kind: self.temp / f"{kind}-{number}" for kind in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV", "GITHUB_PATH")}
        outcome, log = "skipped", ""
        if holds(step.get("if"), self.contexts, status):
            for file in files.values():
                file.touch()
            try:
                log = self.script(step, files) if "run" in step else self.action(step)
                outcome = "success"
            except subprocess.CalledProcessError as stopped:
                outcome, log, self.failed = "failure", stopped.output, True
            self.collect(files)
        self.result.steps[f"{self.name}: {label}"] = outcome
        self.result.log += f"== {self.name}: {label}: {outcome}\n{log}\n"
        if "id" in step:
            outputs = assignments(files["GITHUB_OUTPUT"]) if outcome != "skipped" else {}
            self.contexts["steps"][step["id"]] = {"outcome": outcome, "outputs": Outputs(outputs)}

    def collect(self, files):
        self.environment.update(assignments(files["GITHUB_ENV"]))
        self.search += files["GITHUB_PATH"].read_text().split()
        self.result.summary += files["GITHUB_STEP_SUMMARY"].read_text()

    def script(self, step, files):
        if "${{" in step["run"]:
            raise Wrong(f"a script takes expressions through `env:`, never in its text: {step['run']}")
        shell = self.definition["defaults"]["run"]["shell"].split()
        if shell[0] != "bash" or shell[-1] != "{0}" or "-euo" not in shell or "pipefail" not in shell:
            raise Wrong(f"shell {shell}")
        script = self.temp / "script.sh"
        script.write_text(step["run"])
        environment = {
            "PATH": os.pathsep.join([*self.search[::-1], str(self.runner.stub_folder), "/usr/local/bin", "/usr/bin", "/bin"]),
            "HOME": str(self.home), "LANG": "C.UTF-8", "CI": "true", "GITHUB_ACTIONS": "true",
            "STUB_STORE": str(self.runner.store.path), "NO_PROXY": "127.0.0.1",
            "GIT_CONFIG_NOSYSTEM": "1", "RUNNER_TEMP": str(self.temp),
            **{f"GITHUB_{name.upper()}": self.contexts["github"][name]
               for name in ("sha", "ref", "ref_name", "repository", "server_url", "run_id", "event_name", "workspace")},
            **{name: str(file) for name, file in files.items()},
            **self.environment,
            **{name: fill_in(value, self.contexts) for name, value in step.get("env", {}).items()},
        }
        return self.execute([*shell[:-1], str(script)], environment)

    def execute(self, command, environment):
        done = subprocess.run(command, cwd=self.workspace, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", timeout=120)
        if done.returncode:
            raise subprocess.CalledProcessError(done.returncode, command, done.stdout)
        return done.stdout

    # -------------------------------------------------------- stand-ins for actions

    def action(self, step):
        uses = step["uses"]
        inputs = {name: fill_in(value, self.contexts) for name, value in step.get("with", {}).items()}
        if uses == "./.github/actions/campaignctl":
            if not (self.workspace / ".github/actions/campaignctl/action.yaml").exists():
                raise Wrong(f"{uses} is not in the checked-out repository")
            self.search.append(str(self.runner.binary.parent))
            return ""
        name, version = uses.split("@")
        if not re.fullmatch(r"[0-9a-f]{40}", version):
            raise Wrong(f"{uses} is not pinned to a commit")
        stand_in = {"actions/checkout": self.checkout, "actions/upload-artifact": self.upload_artifact,
                    "github/codeql-action/upload-sarif": self.upload_sarif}.get(name)
        if not stand_in:
            raise Wrong(f"there is no stand-in for {uses}")
        return stand_in(**{name.replace("-", "_"): value for name, value in inputs.items()}) or ""

    def checkout(self, persist_credentials, ref=None, path="."):
        if persist_credentials != "false":
            raise Wrong("credentials are given to the step that pushes, not left in the folder")
        if self.job.get("permissions", {}).get("contents") not in ("read", "write"):
            raise Wrong("a checkout needs `contents: read`")
        target = (self.workspace / path).resolve()
        wanted = ref or self.contexts["github"]["sha"]
        target.mkdir(exist_ok=True)
        # As the action does: an empty folder of its own, one commit deep.
        plain = {"PATH": os.environ["PATH"], "HOME": str(self.home), "GIT_CONFIG_NOSYSTEM": "1"}
        steps = [["git", "init", "--quiet", "-b", "unnamed", str(target)], ["git", "-C", str(target), "remote", "add", "origin", f"file://{self.runner.origin}"],
                 ["git", "-C", str(target), "fetch", "--quiet", "--depth=1", "origin", wanted],
                 ["git", "-C", str(target), "checkout", "--quiet", *(["-B", ref] if ref else ["--detach"]), "FETCH_HEAD"]]
        return "".join(self.execute(step, plain) for step in steps)

    def upload_artifact(self, name, path, if_no_files_found="warn", overwrite="false", include_hidden_files="false"):
        # Like the action: hidden files only when asked for, the least common folder is the root.
        files = []
        for pattern in path.split():
            found = sorted(self.workspace.glob(pattern))
            files += [file for file in found if include_hidden_files == "true" or not any(part.startswith(".") for part in file.relative_to(self.workspace).parts)]
        if not files:
            if if_no_files_found == "error":
                raise subprocess.CalledProcessError(1, "upload-artifact", f"No files were found with the provided path: {path}")
            return
        target = self.runner.store.artifact(self.result.number, name)
        if target.exists():
            if overwrite != "true":
                raise subprocess.CalledProcessError(1, "upload-artifact", f"an artifact {name} exists")
            shutil.rmtree(target)
        root = os.path.commonpath([file.parent for file in files])
        for file in files:
            copy = target / file.relative_to(root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)

    def upload_sarif(self, sarif_file, category):
        if self.job.get("permissions", {}).get("security-events") != "write":
            raise Wrong("code scanning needs `security-events: write`")
        report = json.loads(Path(sarif_file).read_text())
        if report["version"] != "2.1.0" or not report["runs"]:
            raise Wrong(f"{sarif_file} is no SARIF report")
        self.result.sarif.append(report)


class Outputs(dict):
    """An output that a step did not set is empty."""

    def __contains__(self, name):
        return True

    def __missing__(self, name):
        return ""


def assignments(file):
    """`name=value` lines, or `name<<END` blocks."""
    values, lines = {}, iter(file.read_text().splitlines())
    for line in lines:
        name, equals, value = line.partition("=")
        if equals and "<<" not in name:
            values[name] = value
        elif "<<" in line:
            name, end = line.split("<<", 1)
            block = []
            for inner in lines:
                if inner == end:
                    break
                block.append(inner)
            else:
                raise Wrong(f"{file.name}: the block {name} does not end")
            values[name] = "\n".join(block)
        elif line:
            raise Wrong(f"{file.name}: {line!r} assigns nothing")
    return values


def token():
    return f"ghs_{randomness.token_hex(12)}"
