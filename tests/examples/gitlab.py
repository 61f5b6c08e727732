"""The jobs of examples/gitlab-ci, run against an emulator and a server that answers as GitLab's API does.

Needs the packages of tests/examples/requirements.txt, bash and curl. KEEP=1 leaves the scratch folder.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import yaml

from github import CHURN, KEY, READER, WRITER, acts, program
from world import ROOT, Emulator, Project, check, find_binary, step

COMMENTER, SAVER, JOB = "glpat-of-the-commenter", "glpat-of-the-saver", "token-of-the-job"
ME, PROJECT = 77, 5
# Reporter with `api`, Developer with `read_api`.
TOKENS = {COMMENTER: "write", SAVER: "read"}


class GitLab(ThreadingHTTPServer):
    """Notes, merge requests, pipelines and artifacts. A request it does not know is answered with 404."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.notes = [{"id": number, "author": {"id": 1}, "body": "+1", "edits": 0} for number in range(1, 150)]
        self.notes[3]["body"] = "<!-- campaignctl:plan environment=production --> of a stranger"
        self.merge_requests, self.pipelines, self.artifacts = [], [], {}
        self.url = f"http://127.0.0.1:{self.server_address[1]}/api/v4"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def answer(self, method, path, query, body, right):
        prefix = f"/api/v4/projects/{PROJECT}"
        if path == "/api/v4/user" and method == "GET":
            return {"id": ME}
        match = re.fullmatch(rf"{prefix}/merge_requests/(\d+)/notes(?:/(\d+))?", path)
        if match and method == "GET":
            return self.notes
        if match and right == "write" and len(body["body"]) <= 1_000_000 and body["body"].strip():
            if method == "POST":
                self.notes.append({"id": 1000 + len(self.notes), "author": {"id": ME}, "body": body["body"], "edits": 0})
                return self.notes[-1]
            (note,) = [note for note in self.notes if str(note["id"]) == match[2] and note["author"]["id"] == ME]
            note.update(body=body["body"], edits=note["edits"] + 1)
            return note
        if method == "GET" and (match := re.fullmatch(rf"{prefix}/repository/commits/([0-9a-f]+)/merge_requests", path)):
            return [request for request in self.merge_requests if match[1] in (request["merge_commit_sha"], request["sha"])]
        if method == "GET" and (match := re.fullmatch(rf"{prefix}/merge_requests/(\d+)/pipelines", path)):
            return [pipeline for pipeline in self.pipelines[::-1] if pipeline["iid"] == int(match[1])]
        if method == "GET" and (match := re.fullmatch(rf"{prefix}/pipelines/(\d+)/jobs", path)):
            return [{"id": 10 * int(match[1]) + 1, "name": "validate"}, {"id": 10 * int(match[1]) + 2, "name": "plan"}]
        if method == "GET" and (match := re.fullmatch(rf"{prefix}/jobs/(\d+)/artifacts/plan.json", path)):
            file = self.artifacts[int(match[1]) // 10] / "plan.json"
            return file.read_bytes() if file.exists() else None
        return None


class Answer(BaseHTTPRequestHandler):
    def respond(self):
        address = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        right = TOKENS.get(self.headers.get("PRIVATE-TOKEN"))
        answer = self.server.answer(self.command, address.path, query, body, right) if right else None
        following = ""
        if isinstance(answer, list):
            page, size = int(query.get("page", 1)), int(query.get("per_page", 20))
            following = str(page + 1) if len(answer) > page * size else ""
            answer = answer[(page - 1) * size:page * size]
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(404 if answer is None else 200)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("X-Next-Page", following)
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = respond

    def log_message(self, *_):
        pass


def holds(rule, variables):
    """`$A == "x" && $B == $C`."""
    def value(text):
        if text.startswith("$"):
            return variables.get(text[1:], "")
        assert text[0] == text[-1] == '"', text
        return text[1:-1]

    sides = [part.split(" == ") for part in rule.split(" && ")]
    return all(value(left) == value(right) for left, right in sides)


class Scenario:
    def __init__(self, scratch):
        self.scratch = Path(scratch)
        binary = find_binary()
        self.live, self.gitlab = Emulator(binary, scratch), GitLab()
        self.project = Project(scratch, self.live.url)
        shutil.copy(ROOT / "examples/gitlab-ci/.gitlab-ci.yml", self.project.folder)
        self.definition = yaml.safe_load((ROOT / "examples/gitlab-ci/.gitlab-ci.yml").read_text())
        self.tools = self.scratch / "tools"
        self.tools.mkdir()
        (self.tools / "campaignctl").symlink_to(binary.resolve())
        if not shutil.which("jq"):
            program(self.tools / "jq", f'#!/bin/sh\nexec {sys.executable} {Path(__file__).parent / "jq_stub.py"} "$@"\n')
        # `$CI_PROJECT_URL.git` is the bare repository.
        self.project.origin.rename(self.scratch / "project.git")
        self.project.origin = self.scratch / "project.git"
        self.project.git("remote", "set-url", "origin", f"file://{self.project.origin}")
        self.count, self.logs = 0, []

    def pipeline(self, source, commit, expected, iid=None, fork=False):
        """The jobs whose rules hold, in the order of the stages; a folder with the artifacts of each."""
        self.count += 1
        variables = {
            "CI": "true", "CI_PIPELINE_SOURCE": source, "CI_DEFAULT_BRANCH": "main", "CI_COMMIT_SHA": commit, "CI_PROJECT_ID": str(PROJECT),
            "CI_PROJECT_URL": f"file://{self.scratch}/project", "CI_API_V4_URL": self.gitlab.url, "CI_JOB_URL": "https://gitlab.example.com/jobs/1",
            "CI_JOB_TOKEN": JOB, **self.definition["variables"],
        }
        if source == "merge_request_event":
            variables |= {"CI_MERGE_REQUEST_IID": str(iid), "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "6" if fork else str(PROJECT)}
        else:
            variables["CI_COMMIT_BRANCH"] = "main"
        assert any(holds(rule["if"], variables) for rule in self.definition["workflow"]["rules"]), source
        results, artifacts = {}, self.scratch / f"pipeline-{self.count}"
        artifacts.mkdir()
        for stage in self.definition["stages"]:
            if "failed" in results.values():
                break
            for name, job in self.definition.items():
                if isinstance(job, dict) and job.get("stage") == stage and any(holds(rule["if"], variables) for rule in job.get("rules", [{"if": '"" == ""'}])):
                    results[name] = self.job(name, job, variables, commit, artifacts)
        check(results == expected, f"a pipeline of {source} ends as {expected}", results, self.logs[-1])
        if iid:
            self.gitlab.pipelines.append({"id": self.count, "iid": iid, "status": "failed" if "failed" in results.values() else "success"})
            self.gitlab.artifacts[self.count] = artifacts
        return artifacts

    def job(self, name, job, variables, commit, artifacts):
        folder = self.scratch / f"job-{self.count}-{name}"
        self.project.call(["git", "clone", "--quiet", str(self.project.origin), str(folder)])
        self.project.call(["git", "-C", str(folder), "checkout", "--quiet", commit])
        if "needs" in job:
            shutil.copytree(artifacts, folder, dirs_exist_ok=True)
        secrets = {"CAMPAIGNCTL_PLAN_KEY": KEY, "GENESYSCLOUD_OAUTHCLIENT_ID": "reader", "GENESYSCLOUD_OAUTHCLIENT_SECRET": READER,
                   "CAMPAIGNS_COMMENT_TOKEN": COMMENTER}
        if job.get("environment") == "$ENVIRONMENT":
            secrets |= {"GENESYSCLOUD_OAUTHCLIENT_ID": "writer", "GENESYSCLOUD_OAUTHCLIENT_SECRET": WRITER, "CAMPAIGNS_STATE_TOKEN": SAVER}
        lines = [*(self.definition[job["extends"]]["before_script"] if "extends" in job else []), *job["script"]]
        home = self.scratch / f"home-{self.count}-{name}"
        home.mkdir()
        done = subprocess.run(["bash"], input="\n".join(lines), cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120,
                              env={"PATH": f"{self.tools}:{os.environ['PATH']}", "HOME": str(home), "LANG": "C.UTF-8", "NO_PROXY": "127.0.0.1",
                                   "GIT_CONFIG_NOSYSTEM": "1", **variables, **secrets})
        self.logs.append(f"== {name}: {done.returncode}\n{done.stdout}")
        keep = job.get("artifacts", {})
        for pattern in [*keep.get("paths", []), *keep.get("reports", {}).values()]:
            for file in folder.glob(pattern):
                target = artifacts / file.relative_to(folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
        return "failed" if done.returncode else "success"

    def mine(self):
        return [note for note in self.gitlab.notes if note["author"]["id"] == ME]

    def branch(self, name):
        self.project.git("fetch", "--quiet", "origin", "main")
        self.project.git("switch", "--quiet", "--force-create", name, "origin/main")

    def merge(self, iid, branch):
        self.project.git("switch", "--quiet", "--force-create", "merging", "origin/main")
        head = self.project.git("rev-parse", branch)
        self.project.git("merge", "--quiet", "--no-ff", "-m", f"Merge !{iid}", branch)
        commit = self.project.git("rev-parse", "HEAD")
        self.project.git("push", "--quiet", "origin", "HEAD:main")
        self.gitlab.merge_requests.append({"iid": iid, "state": "merged", "source_project_id": PROJECT, "merge_commit_sha": commit,
                                           "squash_commit_sha": None, "sha": head})
        return commit

    def tell(self):
        project, live = self.project, self.live

        step("Files on main, an empty state branch; the first campaigns by hand")
        first = project.commit("Campaigns and jobs", "main")
        project.make_state_branch()
        self.pipeline("web", first, {"validate": "success", "plan": "success", "apply": "success"})
        check(len(live.campaigns()) == 5 and project.state()[2], "five campaigns are live and the state is saved")

        step("A merge request, and a second push to it")
        self.branch("change")
        project.replace("campaigns/pricing-churn.yaml", "value: 45,", "value: 46061,")
        artifacts = self.pipeline("merge_request_event", project.commit("60", "change"), {"validate": "success", "plan": "success"}, iid=1)
        check(len(self.mine()) == 1 and "46061" in self.mine()[0]["body"], "a note shows the plan", self.mine())
        check(json.loads((artifacts / "terraform.json").read_text()) == {"create": 0, "update": 1, "delete": 0}, "GitLab gets its report")
        check(json.loads((artifacts / "gl-code-quality.json").read_text()) == [], "and that of the findings")
        project.replace("campaigns/pricing-churn.yaml", "value: 46061,", "value: 47075,")
        self.pipeline("merge_request_event", project.commit("75", "change"), {"validate": "success", "plan": "success"}, iid=1)
        check(len(self.mine()) == 1 and self.mine()[0]["edits"] == 1 and "47075" in self.mine()[0]["body"], "the same note shows the new one", self.mine())
        check(self.gitlab.notes[3]["edits"] == 0, "a stranger's note with the marker is left alone")

        step("It is merged; then the same plan again")
        before = project.state()[0]
        commit = self.merge(1, "change")
        self.pipeline("push", commit, {"validate": "success", "apply": "success"})
        check(any(entry["value"] == 47075 for entry in live.campaigns()[CHURN]["filters"]), "the reviewed value is live")
        check(project.bare("rev-parse", f"{project.state()[0]}^") == before, "one commit was added to the state branch")
        self.pipeline("push", commit, {"validate": "success", "apply": "failed"})
        check("stale" in self.logs[-1].lower(), "a second time it is refused as stale", self.logs[-1])

        step("Drift")
        self.pipeline("schedule", commit, {"validate": "success", "drift": "success"})
        live.edit(CHURN, enabled=False)
        self.pipeline("schedule", commit, {"validate": "success", "drift": "failed"})
        check("enabled" in self.logs[-1], "the log names the field", self.logs[-1])
        live.edit(CHURN, enabled=True)

        step("A merge request that deletes too much")
        self.branch("too-much")
        for file in ("order-status-help", "renewal-signed-in"):
            (project.folder / f"campaigns/{file}.yaml").unlink()
        artifacts = self.pipeline("merge_request_event", project.commit("Less", "too-much"), {"validate": "success", "plan": "failed"}, iid=2)
        body = self.mine()[-1]["body"]
        check("max-deletes" in body or "maxDeletes" in body, "the note says why", body)
        check(acts(body) == [], "nothing in it acts")
        check(not (artifacts / "plan.json").exists(), "no plan is left that could be applied")
        self.pipeline("push", self.merge(2, "too-much"), {"validate": "success", "apply": "failed"})
        check("did not succeed" in self.logs[-1] and len(live.campaigns()) == 5, "merged all the same, nothing is applied", self.logs[-1])

        step("A fork, and an error")
        self.branch("fork")
        self.pipeline("merge_request_event", project.commit("Of a fork", "fork"), {"validate": "success"}, iid=3, fork=True)
        project.replace("campaigns/pricing-churn.yaml", "value: 0.72,", 'value: "0.72",')
        artifacts = self.pipeline("merge_request_event", project.commit("Error", "fork"), {"validate": "failed"}, iid=3)
        check(json.loads((artifacts / "gl-code-quality.json").read_text())[0]["location"]["path"] == "campaigns/pricing-churn.yaml", "the report names the file")

        everything = "\n".join([*self.logs, json.dumps(self.gitlab.notes), *(file.read_text() for file in self.scratch.glob("pipeline-*/**/*") if file.is_file())])
        check(not any(secret in everything for secret in (KEY, READER, WRITER, COMMENTER, SAVER, JOB)), "no secret in a log, note or artifact")


def main():
    scratch = tempfile.mkdtemp(prefix="campaignctl-gitlab-")
    scenario = None
    try:
        scenario = Scenario(scratch)
        scenario.tell()
        print("The jobs do what they say.")
    finally:
        if scenario:
            scenario.live.stop()
        if not os.environ.get("KEEP"):
            shutil.rmtree(scratch)
        else:
            print(f"left in {scratch}")


if __name__ == "__main__":
    main()
