"""Stands in for GitHub: a JSON file with comments, issues, pull requests and runs, and the calls of `gh` that workflows make.

Run as a program it is `gh`. A call it does not know ends with exit code 97, one the token has no right to with 4.
"""

import json
import os
import re
import shutil
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

BOT = "github-actions[bot]"


class Store:
    def __init__(self, path):
        self.path = Path(path)
        if self.path.exists():
            self.data = json.loads(self.path.read_text())
        else:
            self.data = {"next": 1000, "tokens": {}, "runs": {}, "pulls": {}, "issues": {}, "comments": [], "labels": {}}
            self.save()

    def save(self):
        self.path.write_text(json.dumps(self.data, indent=1))

    def reload(self):
        self.data = json.loads(self.path.read_text())
        return self.data

    def number(self):
        self.data["next"] += 1
        return self.data["next"]

    def add_token(self, rights):
        self.reload()
        name = f"ghs_{self.number()}"
        self.data["tokens"][name] = rights
        self.save()
        return name

    def add_run(self, path, event, head_sha, head_branch, head_repository):
        self.reload()
        number = self.number()
        self.data["runs"][str(number)] = {
            "id": number, "run_number": number, "path": path, "event": event, "head_sha": head_sha, "head_branch": head_branch,
            "head_repository": {"full_name": head_repository}, "status": "in_progress", "conclusion": None,
        }
        self.save()
        return number

    def finish_run(self, number, conclusion):
        self.reload()
        self.data["runs"][str(number)].update(status="completed", conclusion=conclusion)
        self.save()

    def artifact(self, run, name):
        return self.path.parent / "artifacts" / str(run) / name

    def comments_of(self, issue, user=BOT):
        return [comment for comment in self.reload()["comments"] if comment["issue"] == str(issue) and comment["user"]["login"] == user]


class Refused(Exception):
    pass


class Unknown(Exception):
    pass


class GitHub:
    """The API, as far as the workflows use it."""

    def __init__(self, store, token, repository):
        self.store, self.repository = store, repository
        if token not in store.data["tokens"]:
            raise Refused("HTTP 401: Bad credentials")
        self.rights = store.data["tokens"][token]

    def need(self, right, *scopes):
        ranks = {"none": 0, "read": 1, "write": 2}
        if not any(ranks[self.rights.get(scope, "none")] >= ranks[right] for scope in scopes):
            raise Refused(f"HTTP 403: Resource not accessible by integration ({' or '.join(scopes)}: {right})")

    def scope(self, number):
        return "pull-requests" if str(number) in self.store.data["pulls"] else "issues"

    def call(self, method, path, query, body):
        data = self.store.data
        prefix = f"repos/{self.repository}/"
        if not path.startswith(prefix):
            raise Refused(f"HTTP 404: {path}")
        path = path[len(prefix):]

        def at(pattern):
            return re.fullmatch(pattern, path)

        if (match := at(r"issues/(\d+)/comments")) and method == "GET":
            self.need("read", self.scope(match[1]))
            return [comment for comment in data["comments"] if comment["issue"] == match[1]]
        if (match := at(r"issues/(\d+)/comments")) and method == "POST":
            self.need("write", self.scope(match[1]))
            data["comments"].append({"id": self.store.number(), "issue": match[1], "user": {"login": BOT}, "body": text(body, "body"), "edits": 0})
            return data["comments"][-1]
        if (match := at(r"issues/comments/(\d+)")) and method == "PATCH":
            (comment,) = [comment for comment in data["comments"] if str(comment["id"]) == match[1]]
            self.need("write", self.scope(comment["issue"]))
            comment.update(body=text(body, "body"), edits=comment["edits"] + 1)
            return comment
        if path == "issues" and method == "GET":
            self.need("read", "issues")
            wanted = query.pop("labels").split(",")
            return [issue for issue in data["issues"].values() if issue["state"] == query["state"] and set(wanted) <= set(issue["labels"])]
        if path == "issues" and method == "POST":
            self.need("write", "issues")
            unknown = set(body["labels"]) - set(data["labels"])
            if unknown:
                raise Refused(f"HTTP 422: labels {unknown} do not exist")
            number = self.store.number()
            data["issues"][str(number)] = {"number": number, "state": "open", "user": {"login": BOT}, "title": body["title"], "body": text(body, "body"),
                                           "labels": body["labels"], "edits": 0}
            return data["issues"][str(number)]
        if (match := at(r"issues/(\d+)")) and method == "PATCH":
            self.need("write", "issues")
            if set(body) - {"body", "state", "state_reason"}:
                raise Unknown(f"{body}")
            issue = data["issues"][match[1]]
            issue.update(body, edits=issue["edits"] + 1)
            return issue
        if (match := at(r"commits/([0-9a-f]{40})/pulls")) and method == "GET":
            self.need("read", "pull-requests")
            return [pull for pull in data["pulls"].values() if match[1] in (pull["merge_commit_sha"], pull["head"]["sha"])]
        if (match := at(r"actions/workflows/([\w.-]+)/runs")) and method == "GET":
            self.need("read", "actions")
            runs = [run for run in data["runs"].values() if run["path"].endswith(f"/{match[1]}") and run["head_sha"] == query["head_sha"]
                    and run["event"] == query["event"] and query["status"] in (run["status"], run["conclusion"])]
            return {"total_count": len(runs), "workflow_runs": runs[::-1]}
        if (match := at(r"actions/runs/(\d+)")) and method == "GET":
            self.need("read", "actions")
            if match[1] not in data["runs"]:
                raise Refused("HTTP 404: Not Found")
            return data["runs"][match[1]]
        raise Unknown(f"{method} {path}")


def text(body, name):
    if len(body[name]) > 65536:
        raise Refused("HTTP 422: body is too long (maximum is 65536 characters)")
    if not body[name].strip():
        raise Refused("HTTP 422: body cannot be blank")
    return body[name]


def options(arguments, flags, switches):
    """Splits arguments into places and options; `flags` take a value and may repeat."""
    places, chosen, rest = [], {}, iter(arguments)
    for argument in rest:
        if argument in switches:
            chosen[argument] = True
        elif argument in flags:
            chosen.setdefault(argument, []).append(next(rest))
        elif argument.startswith("-"):
            raise Unknown(f"option {argument}")
        else:
            places.append(argument)
    return places, chosen


def api(store, arguments):
    import jq

    places, chosen = options(arguments, {"--method", "--jq", "-f", "-F"}, {"--paginate", "--silent"})
    (address,) = places
    body = {}
    for kind in ("-f", "-F"):
        for assignment in chosen.get(kind, []):
            name, value = assignment.split("=", 1)
            if kind == "-F" and value.startswith("@"):
                value = Path(value[1:]).read_text()
            elif kind == "-F":
                raise Unknown(f"-F {assignment}: only files")
            if name.endswith("[]"):
                body.setdefault(name[:-2], []).append(value)
            else:
                body[name] = value
    # gh sends a POST as soon as there are fields; the workflows say it.
    method = chosen.get("--method", ["GET"])[0]
    if body and method == "GET":
        raise Unknown("fields without --method")
    address = urlsplit(address)
    query = {name: values[0] for name, values in parse_qs(address.query).items()}
    size = int(query.pop("per_page", 30))
    answer = GitHub(store, os.environ.get("GH_TOKEN"), os.environ["GITHUB_REPOSITORY"]).call(method, address.path, query, body)
    store.save()
    pages = [answer]
    if isinstance(answer, list):
        pages = [answer[start:start + size] for start in range(0, len(answer), size)] or [[]]
        pages = pages if "--paginate" in chosen else pages[:1]
    for page in pages:
        for expression in chosen.get("--jq", []):
            for value in jq.compile(expression).input_value(page).all():
                print(value if isinstance(value, str) else json.dumps(value))
        if "--jq" not in chosen and "--silent" not in chosen:
            print(json.dumps(page))


def main(arguments):
    store = Store(os.environ["STUB_STORE"])
    token = os.environ.get("GH_TOKEN")
    if not token:
        raise Refused("gh: To use GitHub CLI in a GitHub Actions workflow, set the GH_TOKEN environment variable.")
    if arguments[0] == "api":
        return api(store, arguments[1:])
    if arguments[:2] == ["auth", "setup-git"]:
        return None
    if os.environ.get("GH_REPO") != os.environ["GITHUB_REPOSITORY"]:
        raise Refused("gh: set GH_REPO; the folder may be of another repository")
    github = GitHub(store, token, os.environ["GITHUB_REPOSITORY"])
    if arguments[:2] == ["run", "download"]:
        (run,), chosen = options(arguments[2:], {"--name", "--dir"}, set())
        github.need("read", "actions")
        source = store.artifact(run, chosen["--name"][0])
        if not source.exists():
            raise Refused("no valid artifacts found to download")
        shutil.copytree(source, chosen["--dir"][0])
        return None
    if arguments[:2] == ["label", "create"]:
        (name,), chosen = options(arguments[2:], {"--color", "--description"}, {"--force"})
        github.need("write", "issues")
        store.data["labels"][name] = chosen["--description"][0]
        store.save()
        return None
    raise Unknown(" ".join(arguments))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Refused as refused:
        sys.exit(print(refused, file=sys.stderr) or 4)
    except Unknown as unknown:
        sys.exit(print(f"this stand-in for gh does not know: {unknown}", file=sys.stderr) or 97)
