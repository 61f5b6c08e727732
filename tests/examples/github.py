"""The workflows of examples/github-actions, run step by step against an emulator: from the first plan to drift.

Needs the packages of tests/examples/requirements.txt. KEEP=1 leaves the scratch folder.
"""

import json
import os
import shutil
import stat
import sys
import tempfile
from pathlib import Path

from markdown_it import MarkdownIt

from gh_stub import Store
from runner import Runner, commands, heard
from world import ROOT, STATE_BRANCH, Emulator, Project, check, find_binary, step

REPOSITORY = "acme/campaigns"
PLAN, APPLY, DRIFT = "campaigns-plan.yaml", "campaigns-apply.yaml", "campaigns-drift.yaml"
KEY, READER, WRITER = "the-key-that-signs-plans", "the-secret-of-the-reader", "the-secret-of-the-writer"
CHURN = "Pricing page, high churn risk"


class Scenario:
    def __init__(self, scratch):
        self.scratch, binary = Path(scratch), find_binary()
        self.live = Emulator(binary, scratch)
        self.project = Project(scratch, self.live.url)
        self.store = Store(self.scratch / "github.json")
        shutil.copytree(ROOT / "examples/github-actions", self.project.folder / ".github")
        tools = self.scratch / "tools"
        tools.mkdir()
        program(tools / "gh", f'#!/bin/sh\nexec {sys.executable} {Path(__file__).parent / "gh_stub.py"} "$@"\n')
        (self.scratch / "bin").mkdir()
        (self.scratch / "bin/campaignctl").symlink_to(binary.resolve())
        # GitHub lets a job push only with a token that may write; so does this repository.
        program(self.project.origin / "hooks/pre-receive", f"""#!{sys.executable}
import json, os, sys
if "STUB_STORE" in os.environ:
    rights = json.load(open(os.environ["STUB_STORE"]))["tokens"].get(os.environ.get("GH_TOKEN"), {{}})
    branches = {{line.split()[2] for line in sys.stdin}}
    if rights.get("contents") != "write" or branches != {{"refs/heads/{STATE_BRANCH}"}}:
        sys.exit("403: the token may not push to " + str(branches))
""")
        self.runner = Runner(self.scratch, str(self.project.origin), self.store, self.scratch / "bin/campaignctl", tools, REPOSITORY)
        self.runner.secrets = {
            "campaigns-plan": {"GENESYSCLOUD_OAUTHCLIENT_ID": "reader", "GENESYSCLOUD_OAUTHCLIENT_SECRET": READER, "CAMPAIGNCTL_PLAN_KEY": KEY},
            "campaigns-apply": {"GENESYSCLOUD_OAUTHCLIENT_ID": "writer", "GENESYSCLOUD_OAUTHCLIENT_SECRET": WRITER, "CAMPAIGNCTL_PLAN_KEY": KEY},
        }
        self.runs = []

    # ------------------------------------------------------------ what happens on GitHub

    def run(self, workflow, event_name, expected, **more):
        result = self.runner.run(workflow, event_name, **more)
        self.runs.append(result)
        check(result.conclusion == expected, f"{workflow} on {event_name} ends in {expected}", result.log, result.summary)
        return result

    def by_hand(self, workflow, expected, **inputs):
        return self.run(workflow, "workflow_dispatch", expected, event={"inputs": inputs}, ref="refs/heads/main",
                        sha=self.project.bare("rev-parse", "main"), inputs=inputs)

    def scheduled(self, expected="success"):
        return self.run(DRIFT, "schedule", expected, event={}, ref="refs/heads/main", sha=self.project.bare("rev-parse", "main"))

    def open(self, branch):
        """Starts a branch at main; pushes to it are pull requests."""
        self.project.git("fetch", "--quiet", "origin", "main")
        self.project.git("switch", "--quiet", "--force-create", branch, "origin/main")

    def push(self, branch, expected, fork=None, author="an-author"):
        """Pushes what the author's folder holds to a pull request and runs the plan; the run and the pull request's number."""
        data = self.store.reload()
        pull = next((pull for pull in data["pulls"].values() if pull["head"]["ref"] == branch), None)
        if not pull:
            pull = {"number": self.store.number(), "user": {"login": author}, "merge_commit_sha": None,
                    "head": {"ref": branch, "sha": None, "repo": {"full_name": fork or REPOSITORY}}}
            data["pulls"][str(pull["number"])] = pull
        pull["head"]["sha"] = self.project.commit(f"Work on {branch}", branch)
        # What GitHub checks out is the merge of the pull request.
        self.project.git("switch", "--quiet", "--detach", "origin/main")
        self.project.git("merge", "--quiet", "--no-ff", "-m", f"Merge {branch}", pull["head"]["sha"])
        merge = self.project.git("rev-parse", "HEAD")
        self.project.git("push", "--quiet", "--force", "origin", f"HEAD:refs/pull/{pull['number']}/merge")
        self.project.git("switch", "--quiet", branch)
        self.store.save()
        self.last_push = {"event": {"pull_request": pull}, "ref": f"refs/pull/{pull['number']}/merge", "sha": merge, "head_sha": pull["head"]["sha"],
                          "head_branch": branch, "head_repository": fork}
        return self.run(PLAN, "pull_request", expected, **self.last_push), str(pull["number"])

    def merge(self, number, expected, squash=False):
        """Merges a pull request and runs the apply."""
        pull = self.store.reload()["pulls"][number]
        self.project.git("switch", "--quiet", "--force-create", "merging", "origin/main")
        if squash:
            self.project.git("merge", "--quiet", "--squash", pull["head"]["sha"])
            self.project.git("commit", "--quiet", "-m", f"{pull['head']['ref']} (#{number})")
        else:
            self.project.git("merge", "--quiet", "--no-ff", "-m", f"Merge #{number}", pull["head"]["sha"])
        pull["merge_commit_sha"] = self.project.git("rev-parse", "HEAD")
        self.project.git("push", "--quiet", "origin", "HEAD:main")
        self.project.git("fetch", "--quiet", "origin", "main")
        self.store.save()
        return self.run(APPLY, "push", expected, event={}, ref="refs/heads/main", sha=pull["merge_commit_sha"])

    def comment(self, number):
        """The one comment of the workflows on a pull request."""
        comments = self.store.comments_of(number)
        check(len(comments) == 1, "the pull request has one comment of the workflow", comments)
        check(comments[0]["body"].startswith("<!-- campaignctl:plan environment=production -->"), "the comment begins with its marker", comments[0]["body"])
        return comments[0]

    def strangers(self, number):
        """More than a page of other comments, one of them with the marker of the plan."""
        self.store.reload()["comments"][:0] = [
            {"id": self.store.number(), "issue": number, "user": {"login": "a-stranger"}, "body": body, "edits": 0}
            for body in ["<!-- campaignctl:plan environment=production --> mine", *["+1"] * 119]
        ]
        self.store.save()

    def dwell(self):
        (value,) = [entry["value"] for entry in self.live.campaigns()[CHURN]["filters"] if entry["attributeName"] == "session.dwell_time_seconds"]
        return value

    def issues(self):
        return list(self.store.reload()["issues"].values())

    # ------------------------------------------------------------ the story

    def tell(self):
        project, live = self.project, self.live

        step("Somebody sets it up: files on main, an empty state branch")
        project.commit("Campaigns and workflows", "main")
        project.make_state_branch()
        project.git("fetch", "--quiet", "origin")

        step("The first campaigns: planned on main by hand, read, and applied by the number of that run")
        plan = self.by_hand(PLAN, "success")
        check("Plan: 5 to add, 0 to change, 0 to destroy." in plan.log, "the plan creates five campaigns", plan.log)
        check("5" in plan.summary and CHURN.split(",")[0] in plan.summary, "the summary of the run shows it", plan.summary)
        check(live.campaigns() == {}, "planning changed nothing live")
        check(project.state()[2] is None, "planning saved no state")
        self.by_hand(APPLY, "success", plan_run=str(plan.number))
        check(len(live.campaigns()) == 5, "five campaigns are live")
        _, files, state = project.state()
        check(state and not any(file.endswith(".lock") for file in files), "the state is on its branch, without locks", files)
        again = self.by_hand(PLAN, "success")
        check("No changes." in again.log, "a plan after the apply is empty", again.log)

        step("A pull request changes a campaign")
        self.open("longer-dwell")
        project.replace("campaigns/pricing-churn.yaml", "value: 45,", "value: 46061,")
        self.runner.vars = {"CAMPAIGNS_CODE_SCANNING": "true"}
        plan, pull = self.push("longer-dwell", "success")
        first = self.comment(pull)
        check("46061" in first["body"], "the comment shows the new value", first["body"])
        check(len(plan.sarif) == 1 and plan.sarif[0]["runs"][0]["tool"]["driver"]["name"] == "campaignctl", "the findings went to code scanning")
        page = self.store.artifact(plan.number, "campaigns-plan-page") / "plan.html"
        check(page.exists() and "<html" in page.read_text() and "<script src" not in page.read_text(), "the page is one file of its own")
        check(f"/blob/{self.store.data['pulls'][pull]['head']['sha']}/campaigns/pricing-churn.yaml" in first["body"], "links lead to the pushed commit", first["body"])

        step("A second push to it")
        self.strangers(pull)
        project.replace("campaigns/pricing-churn.yaml", "value: 46061,", "value: 47075,")
        plan, _ = self.push("longer-dwell", "success")
        second = self.comment(pull)
        check(second["id"] == first["id"] and second["edits"] == 1, "the same comment was updated")
        check("47075" in second["body"] and "46061" not in second["body"], "it shows the value of the second push", second["body"])
        check(all(comment["edits"] == 0 for comment in self.store.comments_of(pull, "a-stranger")), "a stranger's comment with the marker is left alone")
        check(self.dwell() == 45, "nothing is live yet")
        self.run(PLAN, "pull_request", "success", again=plan.number, **self.last_push)
        check(len(self.store.comments_of(pull)) == 1, "a run that is started again finds the comment too")

        step("It is merged")
        before, _, _ = project.state()
        self.merge(pull, "success")
        check(self.dwell() == 47075, "the reviewed value is live")
        commit, _, state = project.state()
        check(project.bare("rev-parse", f"{commit}^") == before, "one commit was added to the state branch")
        check(CHURN in json.dumps(state), "the state knows the campaign")
        check(not set(project.bare("ls-tree", "--name-only", "main").split()) & {".state", ".plan"}, "main holds no state and no plan")
        check("No changes." in self.by_hand(PLAN, "success").log, "a plan after the apply is empty")

        step("The same plan is applied a second time")
        stale = self.by_hand(APPLY, "failure", plan_run=str(plan.number))
        check("stale" in stale.log.lower(), "it is refused as stale", stale.log)
        check("exit code 1" in stale.summary, "the summary says how it ended", stale.summary)
        check(project.state()[0] == commit and self.dwell() == 47075, "neither live nor the state changed")

        step("A plan is tampered with, another lost its signature")
        self.open("shorter-dwell")
        project.replace("campaigns/pricing-churn.yaml", "value: 47075,", "value: 48090,")
        plan, pull = self.push("shorter-dwell", "success")
        saved = self.store.artifact(plan.number, "campaigns-plan") / "plan.json"
        honest = saved.read_text()
        check("48090" in honest, "the plan holds the value")
        saved.write_text(honest.replace("48090", "5"))
        self.merge(pull, "failure", squash=True)
        check(self.dwell() == 47075, "a plan that was tampered with is refused")
        self.runner.secrets["campaigns-apply"]["CAMPAIGNCTL_PLAN_KEY"] = "another-key"
        saved.write_text(honest)
        self.by_hand(APPLY, "failure", plan_run=str(plan.number))
        check(self.dwell() == 47075, "a plan signed with another key is refused")
        self.runner.secrets["campaigns-apply"]["CAMPAIGNCTL_PLAN_KEY"] = KEY
        self.by_hand(APPLY, "success", plan_run=str(plan.number))
        check(self.dwell() == 48090, "the honest plan of the squashed pull request is applied")

        step("Somebody pauses a campaign live")
        self.scheduled()
        check(self.issues() == [], "without drift there is no issue")
        live.edit(CHURN, enabled=False)
        self.scheduled()
        check(len(self.issues()) == 1 and self.issues()[0]["labels"] == ["campaign-drift"], "drift opens an issue with its label", self.issues())
        check("enabled" in self.issues()[0]["body"], "the issue names the field", self.issues())
        self.scheduled()
        check(len(self.issues()) == 1 and self.issues()[0]["edits"] == 1, "the next run updates the same issue", self.issues())
        live.edit(CHURN, enabled=True)
        self.scheduled()
        check(len(self.issues()) == 1 and self.issues()[0]["state"] == "closed", "without drift the issue is closed", self.issues())
        check(len(self.store.comments_of(self.issues()[0]["number"])) == 1, "a comment on it says why")
        live.edit(CHURN, enabled=False)
        self.scheduled()
        check([issue["state"] for issue in self.issues()] == ["closed", "open"], "new drift opens a new issue")
        live.edit(CHURN, enabled=True)
        self.scheduled()

        step("A pull request deletes more than the guard lets it")
        self.open("too-much")
        for file in ("order-status-help", "renewal-signed-in"):
            (project.folder / f"campaigns/{file}.yaml").unlink()
        plan, pull = self.push("too-much", "failure")
        check(plan.jobs == {"validate": "success", "plan": "failure"}, "the plan is what failed", plan.jobs)
        body = self.comment(pull)["body"]
        check("maxDeletes" in body or "--max-deletes" in body, "the comment says why", body)
        check("order-status-help" in body and "renewal-signed-in" in body, "the comment names the campaigns", body)
        check(not self.store.artifact(plan.number, "campaigns-plan").exists(), "no plan is left that could be applied")
        refused = self.merge(pull, "failure")
        check("::error title=No plan to apply::" in refused.log, "merged all the same, nothing is applied", refused.log)
        check(len(live.campaigns()) == 5, "five campaigns are still live")
        project.git("revert", "--no-edit", "-m", "1", "HEAD")
        project.git("push", "--quiet", "origin", "HEAD:main")

        step("A pull request that cannot be planned at all")
        self.open("no-queue")
        project.replace("campaigns/pricing-churn.yaml", "overflowQueue: General", "overflowQueue: '@team </details> ::error::q'")
        plan, pull = self.push("no-queue", "failure")
        body = self.comment(pull)["body"]
        check(plan.jobs["plan"] == "failure" and "There is no plan." in body and "@team" in body, "the comment says so, and why", body, plan.log)
        check(acts(body) == [] and acts(plan.summary) == [] and commands(plan.log) == [], "nothing in it acts", acts(body), body)

        step("A campaign with a name that wants to act")
        self.open("hostile")
        name = "::add-mask::x ##[error]y @team </details> <!-- `b` -->"
        text = (project.folder / "campaigns/pricing-churn.yaml").read_text()
        text = text.replace(f"name: {CHURN}", f"name: {json.dumps(name)}")
        text = text.replace("Comparing plans?", "</details> @team\\n::error::z\\n```\\n@team\\n::stop-commands::q\\n").replace("inviteMessage: ", 'inviteMessage: "', 1)
        text = text.replace("which one fits.", 'which one fits."')
        project.write("campaigns/hostile.yaml", text)
        plan, pull = self.push("hostile", "success")
        check("add-mask" in plan.log, "the name stands in the log", plan.log)
        check(commands(plan.log) == [], "no text of the campaign acts in the log", commands(plan.log), plan.log)
        check(not any("add-mask" in line for line in heard(plan.log)), "it is there only while commands are off", heard(plan.log))
        body = self.comment(pull)["body"]
        check("add-mask" in body, "the name stands in the comment", body)
        check(acts(body) == [], "no text of the campaign acts in the comment", acts(body), body)
        check(acts(plan.summary) == [], "nor in the summary", acts(plan.summary))
        applied = self.merge(pull, "success")
        check(name in live.campaigns(), "it is a campaign like any other")
        check(commands(applied.log) == [] and acts(applied.summary) == [], "nor does it act in the apply", commands(applied.log), acts(applied.summary))
        check(not any("add-mask" in line for line in heard(applied.log)), "it is there only while commands are off", heard(applied.log))
        before = live.campaigns()[name].get("description")
        live.edit(name, description=f"</details>{name} | x")
        drift = self.scheduled()
        body = self.issues()[-1]["body"]
        check("add-mask" in body and acts(body) == [] and commands(drift.log) == [], "nor in the issue about its drift", acts(body), body)
        live.edit(name, description=before)

        step("A pull request from a fork, and one of Dependabot")
        self.open("from-a-fork")
        project.replace("campaigns/pricing-churn.yaml", "value: 48090,", "value: 43030,")
        plan, pull = self.push("from-a-fork", "success", fork="stranger/campaigns")
        check(plan.jobs == {"validate": "success", "plan": "skipped"}, "it is validated, not planned", plan.jobs)
        check(self.store.comments_of(pull) == [] and plan.sarif == [], "nothing is written anywhere")
        refused = self.merge(pull, "failure")
        check("No plan to apply" in refused.log and self.dwell() == 48090, "once merged it needs a plan of main by hand", refused.log)
        plan = self.by_hand(PLAN, "success")
        self.by_hand(APPLY, "success", plan_run=str(plan.number))
        check(self.dwell() == 43030, "which is then applied")
        self.open("bump")
        plan, _ = self.push("bump", "success", author="dependabot[bot]")
        check(plan.jobs["plan"] == "skipped", "Dependabot's is not planned either")

        step("A file with an error")
        self.open("broken")
        project.replace("campaigns/pricing-churn.yaml", "value: 0.72,", 'value: "0.72",')
        plan, pull = self.push("broken", "failure")
        check(plan.jobs == {"validate": "failure", "plan": "skipped"}, "it is not planned", plan.jobs)
        found = commands(plan.log)
        check(len(found) >= 1 and found[0].startswith("::error file=campaigns/pricing-churn.yaml,line="), "the line is annotated", plan.log)
        check(plan.sarif[0]["runs"][0]["results"], "code scanning gets the finding")

        step("Two runs that push the state at once")
        self.open("racing")
        project.replace("campaigns/pricing-churn.yaml", "value: 43030,", "value: 43033,")
        _, pull = self.push("racing", "success")
        racing = self.scratch / "racing"
        project.call(["git", "clone", "--quiet", "--branch", STATE_BRANCH, str(project.origin), str(racing)])
        hook = project.origin / "hooks/update"
        # The first push of the job loses against one that came a moment before.
        program(hook, f"""#!/bin/sh
test -n "$STUB_STORE" || exit 0
test ! -e {racing}/done || exit 0
touch {racing}/done
exit 1
""")
        (racing / "staging.json").write_text("{}\n")
        for arguments in (["add", "staging.json"], ["commit", "--quiet", "-m", "staging"]):
            project.call(["git", "-C", str(racing), *arguments])
        program(self.scratch / "tools/sleep", f"#!/bin/sh\nenv -u STUB_STORE git -C {racing} push --quiet\n")
        self.merge(pull, "success")
        (self.scratch / "tools/sleep").unlink()
        commit, files, _ = project.state()
        check({"staging.json", "production.json"} <= set(files), "neither is lost", files)
        check("No changes." in self.by_hand(PLAN, "success").log, "a plan after it is empty")

        step("Everywhere")
        self.nothing_leaks()

    def nothing_leaks(self):
        places = {f"the log of run {run.number}": run.log + run.summary for run in self.runs}
        places["GitHub"] = json.dumps({key: value for key, value in self.store.reload().items() if key != "tokens"})
        for file in (self.scratch / "artifacts").rglob("*"):
            if file.is_file():
                places[str(file)] = file.read_text()
        for commit in self.project.bare("rev-list", "--all").split():
            places[f"commit {commit}"] = self.project.bare("show", commit)
        leaks = [place for place, text in places.items() if any(secret in text for secret in (KEY, READER, WRITER))]
        check(leaks == [], f"no secret in {len(places)} logs, summaries, comments, artifacts and commits", leaks)


def program(path, text):
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def acts(markdown):
    """What a text would do on GitHub beyond being read: mentions outside of code, markup of campaigns."""
    found, depth = [], 0
    for token in MarkdownIt("commonmark").enable("table").parse(markdown):
        for piece in [token, *(token.children or [])]:
            if piece.type in ("text", "text_special") and "@team" in piece.content:
                found.append(f"mention: {piece.content}")
            if piece.type in ("html_block", "html_inline"):
                depth += piece.content.count("<details") - piece.content.count("</details>")
                if depth < 0 or "@team" in piece.content or "add-mask" in piece.content and "<code>" not in piece.content:
                    found.append(f"markup: {piece.content}")
    return found + (["an open <details>"] if depth else [])


def main():
    scratch = tempfile.mkdtemp(prefix="campaignctl-github-")
    scenario = None
    try:
        scenario = Scenario(scratch)
        scenario.tell()
        print("The workflows do what they say.")
    finally:
        if scenario:
            scenario.live.stop()
        if not os.environ.get("KEEP"):
            shutil.rmtree(scratch)
        else:
            print(f"left in {scratch}")


if __name__ == "__main__":
    main()
