"""A project in git, the live campaigns behind an emulator, and somebody who changes them by hand."""

import base64
import json
import os
import shutil
import subprocess
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STATE_BRANCH = "campaignctl-state"


class Emulator:
    """A standalone emulator on a free port of loopback."""

    def __init__(self, binary, folder):
        self.log = open(Path(folder) / "emulator.txt", "w+", encoding="utf-8")
        self.process = subprocess.Popen([str(binary), "emulator", "--port", "0", "--data", str(Path(folder) / "live")], cwd=folder,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("Listening on "):
            raise SystemExit(f"the emulator did not start: {line}")
        self.url = line.split()[2].rstrip(",")
        answer = self.send("POST", "/oauth/token", b"grant_type=client_credentials", f"Basic {base64.b64encode(b'somebody:x').decode()}",
                           "application/x-www-form-urlencoded")
        self.token = answer["access_token"]

    def send(self, method, path, body=None, authorization=None, kind="application/json"):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        request = urllib.request.Request(self.url + path, data=body, method=method)
        request.add_header("Authorization", authorization or f"Bearer {self.token}")
        request.add_header("Content-Type", kind)
        with opener.open(request, timeout=10) as response:
            return json.loads(response.read() or b"null")

    CAMPAIGNS = "/api/v2/analytics/predictiveengagement/campaigns"

    def campaigns(self):
        return {campaign["name"]: campaign for campaign in self.send("GET", f"{self.CAMPAIGNS}?pageSize=100")["entities"]}

    def edit(self, name, **fields):
        campaign = self.campaigns()[name]
        place = f"{self.CAMPAIGNS}/{campaign['id']}"
        for field in ("id", "dateCreated", "dateModified", "modifiedBy", "selfUri"):
            campaign.pop(field, None)
        self.send("PUT", place, json.dumps({**campaign, **fields}).encode())

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


class Project:
    """The repository of a team: the sample campaigns, the files of an example, and the bare repository they push to."""

    def __init__(self, scratch, url):
        self.origin, self.folder = Path(scratch) / "origin.git", Path(scratch) / "author"
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(scratch), "GIT_CONFIG_NOSYSTEM": "1",
                            **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in (("NAME", "Author"), ("EMAIL", "author@example.org"))}}
        self.bare("init", "--quiet", "--bare", "-b", "main")
        self.bare("config", "uploadpack.allowAnySHA1InWant", "true")
        self.bare("config", "uploadpack.allowFilter", "true")
        self.folder.mkdir()
        self.git("init", "--quiet", "-b", "main")
        self.git("remote", "add", "origin", f"file://{self.origin}")
        # The rehearsals move limits that the test cases of the samples hold.
        shutil.copytree(ROOT / "campaigns", self.folder / "campaigns", ignore=shutil.ignore_patterns("*.test.yaml"))
        self.write("campaignctl.yaml", f"""campaigns: campaigns
defaultEnvironment: production
environments:
  production:
    baseUrl: "{url}"
    organization: 5a3b1c9e-7d24-4f68-9b0a-c1e2d3f4a5b6
    state: .state/production.json
    variables: {{ supportQueue: Web Support }}
    guards: {{ maxDeletes: 1 }}
""")
        self.write(".gitignore", "/.state/\n/.plan/\n")

    def bare(self, *arguments):
        return self.call(["git", "--git-dir", str(self.origin), *arguments])

    def git(self, *arguments):
        return self.call(["git", "-C", str(self.folder), *arguments])

    def call(self, command):
        done = subprocess.run(command, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)}: {done.stdout}{done.stderr}")
        return done.stdout.strip()

    def write(self, path, text):
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text)

    def replace(self, path, before, after):
        text = (self.folder / path).read_text()
        assert before in text, f"{path} has no {before!r}"
        self.write(path, text.replace(before, after))

    def commit(self, message, branch):
        """Commits everything and pushes it; the commit."""
        self.git("add", "-A")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        self.git("push", "--quiet", "origin", f"HEAD:{branch}")
        return self.git("rev-parse", "HEAD")

    def make_state_branch(self):
        """The commands of docs/pipelines.md."""
        self.git("switch", "--quiet", "--orphan", STATE_BRANCH)
        self.git("commit", "--quiet", "--allow-empty", "-m", "States of campaignctl")
        self.git("push", "--quiet", "origin", STATE_BRANCH)
        self.git("switch", "--quiet", "main")

    def state(self):
        """The commit of the state branch and the state in it."""
        commit = self.bare("rev-parse", STATE_BRANCH)
        files = self.bare("ls-tree", "--name-only", "-r", commit).split()
        return commit, files, json.loads(self.bare("show", f"{commit}:production.json")) if "production.json" in files else None


def find_binary():
    binary = Path(os.environ.get("CAMPAIGNCTL", ROOT / "target/debug/campaignctl"))
    if not binary.exists():
        raise SystemExit(f"{binary} is missing: cargo build, or set CAMPAIGNCTL")
    return binary


def step(text):
    print(f"-- {text}", flush=True)


def check(condition, what, *evidence):
    if not condition:
        for piece in evidence:
            print(piece)
        raise SystemExit(f"NOT TRUE: {what}")
    print(f"   {what}", flush=True)
