"""Copy what the globs name, below their common folder as the real action does, and print the artifact's id."""

import os
import shutil
import sys
from pathlib import Path


def main() -> None:
    workspace = Path(os.environ["GITHUB_WORKSPACE"])
    patterns = os.environ["ARTIFACT_PATH"].split()
    files = [file for pattern in patterns for found in workspace.glob(pattern) for file in below(found)]
    if not files:
        sys.exit(f"no files were found with the path: {patterns}")
    common = Path(os.path.commonpath([pattern.partition("*")[0] for pattern in patterns]))
    artifact = claim(Path(os.environ["STANDIN_ARTIFACTS"]), os.environ["ARTIFACT_NAME"])
    for file in files:
        target = artifact / file.relative_to(workspace / common)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, target)
    with Path(os.environ["GITHUB_OUTPUT"]).open("a") as output:
        output.write(f"artifact-id={artifact.parent.name}\n")


def below(path: Path) -> list[Path]:
    """The file itself, or all files of the folder."""
    return [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]


def claim(store: Path, name: str) -> Path:
    """A new folder ``<id>/<name>``; a run has each name once."""
    if list(store.glob(f"*/{name}")):
        sys.exit(f"an artifact named {name} exists already in this run")
    number = 1
    while True:
        try:
            (store / str(number)).mkdir(parents=True)
        except FileExistsError:
            number += 1
        else:
            (store / str(number) / name).mkdir()
            return store / str(number) / name


if __name__ == "__main__":
    main()
