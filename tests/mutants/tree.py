"""The copy of the repository that all changes are built into."""

import hashlib
import json
import re
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

from listing import Mutant
from switches import offsets, switched

# Read once, as everything about a mutant is; a test case that clears the environment of what it starts keeps these two.
SELECTED = "MUTANT_SELECTED"
TRACE = "MUTANT_TRACE"

SWITCH = """
/// Whether this change to the code is switched on.
#[doc(hidden)]
pub fn mutant(number: usize) -> bool {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicBool, Ordering};
    static SELECTED: LazyLock<usize> =
        LazyLock::new(|| std::env::var("MUTANT_SELECTED").ok().and_then(|number| number.parse().ok()).unwrap_or(0));
    static TRACE: LazyLock<Option<std::path::PathBuf>> = LazyLock::new(|| std::env::var_os("MUTANT_TRACE").map(Into::into));
    static SEEN: [AtomicBool; 10_000] = [const { AtomicBool::new(false) }; 10_000];
    if let Some(trace) = TRACE.as_ref()
        && !SEEN[number].swap(true, Ordering::Relaxed)
    {
        use std::io::Write;
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(trace).expect("the trace can be written");
        file.write_all(format!("{number}\\n").as_bytes()).expect("the trace can be written");
    }
    *SELECTED == number
}
"""

MANIFEST = """
[workspace]

[lints.rust]
warnings = "allow"
arithmetic_overflow = "allow"
overflowing_literals = "allow"
unconditional_panic = "allow"

[profile.dev.package.campaignctl]
debug = false
"""

# The unit tests, by the name of their program.
LIB = "campaignctl"
# The tests of these rooms. Leaving one out can only make a change look unnoticed, never noticed.
BINARIES = ("crash", "formats", "journeys", "plan_formats", "reconcile", "remote", "remote_log", "revert", "saved_plan", "scenarios")

KEPT = '.env_clear().envs(std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("MUTANT_")))'


class Tree:
    """The copy, and what became of each change in it."""

    def __init__(self, root: Path, work: Path, mutants: list[Mutant]):
        self.root, self.work, self.mutants = root, work, mutants
        self.folder = work / "tree"
        # Number -> why: it does not compile, wherever it is written.
        self.unviable: dict[int, str] = {}
        # Number -> why: it cannot be a switch, and is built by itself.
        self.alone: dict[int, str] = {}

    def cargo(self, *arguments: str) -> list[str]:
        return ["cargo", *arguments, "--locked", "--message-format=json", "--target-dir", str((self.work / "build").resolve())]

    def copy(self) -> None:
        """Copies what git knows or would know, without touching what is unchanged, so that builds stay incremental."""
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=self.root, check=True, stdout=subprocess.PIPE
        ).stdout
        names = {name for name in listed.decode().split("\0") if name and (self.root / name).is_file()}
        switched_files = {mutant.file for mutant in self.mutants}
        for name in sorted(names - switched_files):
            content = (self.root / name).read_bytes()
            if name == "src/lib.rs":
                content += SWITCH.encode()
            elif name == "Cargo.toml":
                # The copy reads the environment outside of `cli`, its switches are no beauty, and nobody debugs it.
                content = re.sub(rb"\n\[lints\.(rust|clippy)\](\n(?!\[).*)*", b"", content) + MANIFEST.encode()
            elif name.endswith(".rs"):
                content = content.replace(b".env_clear()", KEPT.encode())
            self.write(name, content)
            shutil.copymode(self.root / name, self.folder / name)
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and str(path.relative_to(self.folder)) not in names:
                path.unlink()

    def write(self, name: str, content: bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)

    def switch(self) -> None:
        """Writes the switches, and takes out those that do not compile, until the rest does. What was found out about the
        same sources is kept."""
        known = self.work / "compiles.json"
        texts = {str(path.relative_to(self.root)): path.read_text() for path in (self.root / "src").rglob("*.rs")}
        about = hashlib.sha256(json.dumps([sorted(texts.items()), [mutant.identity for mutant in self.mutants]]).encode()).hexdigest()
        last = json.loads(known.read_text()) if known.exists() else {}
        if last.get("about") == about:
            self.unviable = {int(number): why for number, why in last["unviable"].items()}
            self.alone = {int(number): why for number, why in last["alone"].items()}
        for attempt in range(40):
            files = self.write_switches()
            errors = [] if last.get("about") == about else self.check()
            if not errors:
                known.write_text(json.dumps({"about": about, "unviable": self.unviable, "alone": self.alone}))
                return
            if not self.take_out(files, errors):
                raise SystemExit(f"the copy does not compile, and no change is to blame:\n{errors[0]['rendered']}")
        raise SystemExit("the copy does not compile after 40 attempts")

    def write_switches(self):
        files = {}
        for file in sorted({mutant.file for mutant in self.mutants}):
            wanted = [m for m in self.mutants if m.file == file and m.number not in self.unviable and m.number not in self.alone]
            files[file] = switched((self.root / file).read_bytes(), wanted)
            self.unviable |= files[file].hopeless
            for number in files[file].impossible:
                self.alone[number] = "cannot be written as a switch"
            self.write(file, files[file].text.replace(b".env_clear()", KEPT.encode()))
        return files

    def check(self) -> list[dict]:
        ran = subprocess.run(self.cargo("check", "--lib"), cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        messages = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith(b"{")]
        errors = [m["message"] for m in messages if m["reason"] == "compiler-message" and m["message"]["level"] == "error"]
        errors = [error for error in errors if error["spans"]]
        if ran.returncode != 0 and not errors:
            raise SystemExit(ran.stderr.decode())
        return errors

    def take_out(self, files, errors) -> bool:
        by_number = {mutant.number: mutant for mutant in self.mutants}
        blamed = 0
        for error in errors:
            code = (error.get("code") or {}).get("code") or "syntax"
            reason = f"{code}: {error['message']}"
            for span in sorted(error["spans"], key=lambda span: not span["is_primary"]):
                place = files.get(span["file_name"])
                if place is None:
                    continue
                inside = [n for n, (start, end) in place.places.items() if start <= span["byte_start"] and span["byte_end"] <= end]
                if inside:
                    (number,) = inside
                    # What a function returns may be another type than the switch's when it is only described (`impl …`).
                    described = by_number[number].genre == "FnValue" and "-> impl" in by_number[number].change
                    where = self.alone if described or code in ("E0308", "E0282", "E0283") and described else self.unviable
                    where[number] = reason
                    blamed += 1
                    break
                around = [f for f in place.functions if f[0] <= span["byte_start"] and span["byte_end"] <= f[1]]
                if around:
                    start, end, _ = min(around, key=lambda f: f[1] - f[0])
                    for number, (first, last) in place.places.items():
                        if start <= first and last <= end and by_number[number].genre != "FnValue":
                            self.alone[number] = reason
                            blamed += 1
                    if blamed:
                        break
        return blamed > 0

    def build(self, targets: tuple[str, ...] = (LIB, *BINARIES)) -> list[tuple[str, Path]]:
        """Builds tests; their names and programs."""
        words = [word for target in targets for word in (("--lib",) if target == LIB else ("--test", target))]
        ran = subprocess.run(self.cargo("test", "--no-run", *words), cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        messages = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith(b"{")]
        if ran.returncode != 0:
            errors = [m["message"]["rendered"] for m in messages if m["reason"] == "compiler-message" and m["message"]["level"] == "error"]
            raise SystemExit("\n".join(errors) or ran.stderr.decode())
        built = [m for m in messages if m["reason"] == "compiler-artifact" and m["profile"]["test"] and m["executable"]]
        return sorted((message["target"]["name"], Path(message["executable"])) for message in built)

    def near(self, mutant: Mutant) -> set[int]:
        """The changes of the same file: a test that reaches one of them may reach this one."""
        return {each.number for each in self.mutants if each.file == mutant.file}

    @contextmanager
    def with_only(self, mutant: Mutant):
        """The copy with this change made for good; yields why it does not compile, if so."""
        source = (self.root / mutant.file).read_bytes()
        offset = offsets(source)
        kept = (self.folder / mutant.file).read_bytes()
        self.write(mutant.file, source[: offset(mutant.start)] + mutant.replacement.encode() + source[offset(mutant.end) :])
        try:
            errors = self.check()
            yield f"{(errors[0].get('code') or {}).get('code') or 'syntax'}: {errors[0]['message']}" if errors else None
        finally:
            self.write(mutant.file, kept)
