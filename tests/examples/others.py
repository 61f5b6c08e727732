"""The script for any runner, the hooks of pre-commit and the CronJob, each run against an emulator.

Needs the packages of tests/examples/requirements.txt. KEEP=1 leaves the scratch folder.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

import yaml

from github import CHURN, KEY, READER, WRITER
from world import ROOT, STATE_BRANCH, Emulator, Project, check, find_binary, step


class Scenario:
    def __init__(self, scratch):
        self.scratch = Path(scratch)
        binary = find_binary()
        self.live = Emulator(binary, scratch)
        self.project = Project(scratch, self.live.url)
        self.tools = self.scratch / "tools"
        self.tools.mkdir()
        (self.tools / "campaignctl").symlink_to(binary.resolve())
        (self.project.folder / "ci").mkdir()
        shutil.copy(ROOT / "examples/shell/campaigns.sh", self.project.folder / "ci")
        shutil.copy(ROOT / "examples/pre-commit/.pre-commit-config.yaml", self.project.folder)
        self.project.write(".gitignore", "/.state/\n/out/\n")
        self.project.commit("Campaigns", "main")
        self.project.make_state_branch()
        self.log = ""

    def run(self, command, expected, folder=None, **environment):
        path = os.pathsep.join([str(self.tools), str(Path(sys.executable).parent), os.environ["PATH"]])
        done = subprocess.run(command, cwd=folder or self.project.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env={**self.project.environment, "PATH": path, "LANG": "C.UTF-8", "NO_PROXY": "127.0.0.1", **environment}, timeout=120)
        self.log += done.stdout
        check(done.returncode == expected, f"{' '.join(str(word) for word in command)[-60:]} exits with {expected}", done.returncode, done.stdout)
        return done.stdout

    def script(self, command, expected, who=READER, **environment):
        return self.run(["ci/campaigns.sh", *command], expected, GENESYSCLOUD_OAUTHCLIENT_ID="somebody", GENESYSCLOUD_OAUTHCLIENT_SECRET=who,
                        CAMPAIGNCTL_PLAN_KEY=KEY, **environment)

    def dwell(self):
        return [entry["value"] for entry in self.live.campaigns()[CHURN]["filters"] if entry["attributeName"] == "session.dwell_time_seconds"][0]

    def shell(self):
        project = self.project
        step("The script for any runner")
        self.script([], 1)
        self.script(["validate"], 0)
        check(ElementTree.parse(project.folder / "out/validate.xml").getroot().tag == "testsuites", "the report is JUnit")
        self.script(["plan"], 2)
        check((project.folder / "out/plan.md").read_text().startswith("<!-- campaignctl:plan environment=production -->"), "the plan is there for a comment")
        check("<html" in (project.folder / "out/plan.html").read_text(), "and as a page")
        before = project.state()[0]
        self.script(["apply"], 0, WRITER)
        check(len(self.live.campaigns()) == 5, "five campaigns are live")
        check(project.bare("rev-parse", f"{project.state()[0]}^") == before and project.state()[2], "the state is saved")
        stale = self.script(["apply"], 1, WRITER)
        check("stale" in stale.lower(), "a second time it is refused as stale", stale)
        self.script(["plan"], 0)

        step("It deletes too much, then nothing can be reached")
        for file in ("order-status-help", "renewal-signed-in"):
            (project.folder / f"campaigns/{file}.yaml").unlink()
        self.script(["plan"], 1)
        project.git("checkout", "--quiet", "campaigns")
        project.replace("campaigns/pricing-churn.yaml", "value: 0.72,", 'value: "0.72",')
        self.script(["validate"], 1)
        project.git("checkout", "--quiet", "campaigns")
        self.script(["plan"], 1, NO_SUCH="x", ENVIRONMENT="nowhere")

        step("The state cannot be saved")
        project.replace("campaigns/pricing-churn.yaml", "value: 45,", "value: 60,")
        self.script(["plan"], 2)
        hook = project.origin / "hooks/pre-receive"
        hook.write_text("#!/bin/sh\nexit 1\n")
        hook.chmod(0o755)
        (self.tools / "sleep").symlink_to("/bin/true")
        unsaved = self.script(["apply"], 1, WRITER)
        check("The state was not saved." in unsaved and self.dwell() == 60, "live changed, and the script says that the state is not saved", unsaved)
        hook.unlink()
        project.call(["git", "-C", str(project.folder / ".state"), "push", "--quiet", "origin", f"HEAD:{STATE_BRANCH}"])
        self.script(["plan"], 0)
        project.commit("Longer", "main")

        step("Drift")
        self.script(["drift"], 0)
        self.live.edit(CHURN, enabled=False)
        self.script(["drift"], 2)
        check("enabled" in (project.folder / "out/drift.md").read_text(), "the report names the field")
        check(not any(secret in self.log for secret in (KEY, READER, WRITER)), "no secret in the log")

    def cronjob(self):
        step("The CronJob")
        (document,) = yaml.safe_load_all((ROOT / "examples/kubernetes/drift-cronjob.yaml").read_text())
        pod = document["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        (first,), (main,) = pod["initContainers"], pod["containers"]
        work, home = self.scratch / "pod", self.scratch / "pod-home"
        work.mkdir()
        home.mkdir()

        def here(text):
            return text.replace("/work/", f"{work}/")

        self.run([*first["command"], here(first["args"][0])], 0, folder=work, HOME=str(home), REPOSITORY=f"file://{self.project.origin}", GIT_TOKEN="t",
                 GIT_TERMINAL_PROMPT="0")
        command = ["campaignctl", *[here(word) for word in main["args"]]]
        secrets = {entry["name"]: READER for entry in main["env"]}
        self.run(command, 2, folder=work, **secrets)
        (rule,) = document["spec"]["jobTemplate"]["spec"]["podFailurePolicy"]["rules"]
        check(rule["onExitCodes"]["values"] == [2] and rule["onExitCodes"]["containerName"] == main["name"], "that exit code is the one the Job does not repeat")
        self.live.edit(CHURN, enabled=True)
        self.run(command, 0, folder=work, **secrets)

    def hooks(self):
        project = self.project
        step("The hooks of pre-commit")
        cache = {"PRE_COMMIT_HOME": str(self.scratch / "pre-commit")}
        said = self.run(["pre-commit", "run", "--all-files"], 0, **cache)
        check(said.count("Passed") == 2, "both hooks pass", said)
        project.replace("campaigns/pricing-churn.yaml", "name: ", "name:    ")
        said = self.run(["pre-commit", "run", "--all-files"], 1, **cache)
        check(said.count("Failed") == 1 and "pricing-churn.yaml" in said, "a file that is not formatted stops a commit", said)
        project.git("checkout", "--quiet", "campaigns")
        project.replace("campaigns/pricing-churn.yaml", "value: 0.72,", 'value: "0.72",')
        said = self.run(["pre-commit", "run", "--all-files"], 1, **cache)
        check(said.count("Failed") == 1 and "value-type" in said, "one that is not valid too", said)
        project.git("checkout", "--quiet", "campaigns")
        # The hooks that this repository offers are the same two.
        local = yaml.safe_load((ROOT / "examples/pre-commit/.pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
        offered = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
        same = ("id", "name", "entry", "files", "pass_filenames")
        check([[hook[key] for key in same] for hook in local] == [[hook[key] for key in same] for hook in offered], "the offered hooks are the same")


def main():
    scratch = tempfile.mkdtemp(prefix="campaignctl-others-")
    scenario = None
    try:
        scenario = Scenario(scratch)
        scenario.hooks()
        scenario.shell()
        scenario.cronjob()
        print("The other examples do what they say.")
    finally:
        if scenario:
            scenario.live.stop()
        if not os.environ.get("KEEP"):
            shutil.rmtree(scratch)
        else:
            print(f"left in {scratch}")


if __name__ == "__main__":
    main()
