"""What the documents, the Dockerfile and the cluster file claim is there."""

import importlib.util
import json
import re
import tomllib
from pathlib import Path
from typing import Final

import jsonschema
import pytest
import yaml

from cli.catalogue import SETTINGS
from cli.detectors_page import detectors_page
from cli.documents import TARGET, document
from cli.insights_page import insights_page
from cli.main import app
from cli.payloads_page import payloads_page
from engine.config import Session
from engine.rules import Rules
from tests.sources import PACKAGES, ROOT

README: Final = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE: Final = (ROOT / "Makefile").read_text(encoding="utf-8")
DOCKERFILE: Final = (ROOT / "Dockerfile").read_text(encoding="utf-8")
PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def commands() -> set[str]:
    return {
        str(command.name or (command.callback and command.callback.__name__)) for command in app.registered_commands
    }


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))


def test_every_setting_is_documented_and_the_document_is_fresh() -> None:
    assert TARGET.read_text(encoding="utf-8") == document(), "run python -m cli.documents"
    shown = TARGET.read_text(encoding="utf-8")
    assert all(f"| `{setting.field}` |" in shown for setting in SETTINGS.values())


def test_the_page_about_sessions_is_fresh() -> None:
    written = TARGET.with_name("insights.md").read_text(encoding="utf-8")
    assert written == insights_page(), "run python -m cli.documents"


def test_every_detector_is_documented_and_the_page_is_fresh() -> None:
    written = TARGET.with_name("detectors.md").read_text(encoding="utf-8")
    assert written == detectors_page(), "run python -m cli.documents"
    assert all(f"## {kind}\n" in written for kind in Rules.__struct_fields__)


def test_the_page_about_payloads_is_fresh_and_names_every_type_of_event() -> None:
    written = TARGET.with_name("payloads.md").read_text(encoding="utf-8")
    assert written == payloads_page(), "run python -m cli.documents"
    limits = Session()
    kinds = [getattr(limits, name) for name in Session.__struct_fields__]
    types = frozenset[str]().union(*(kind for kind in kinds if isinstance(kind, frozenset)))
    assert all(f"`{one}`" in written for one in types - {"heartbeat", "replay_chunk", "resource_load"})


def test_every_command_is_in_the_readme_and_no_other() -> None:
    assert set(re.findall(r"\bsessiond (serve|import|[a-z]+)\b(?=[ `\n])", _code(README))) == commands()


def test_every_make_target_of_the_readme_exists() -> None:
    named = set(re.findall(r"\bmake ([a-z-]+)\b", _code(README)))
    assert named <= targets()
    assert {"run", "test", "bench"} <= named


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_every_file_that_the_readme_links_to_exists(link: str) -> None:
    assert (ROOT / link).exists()


def test_every_folder_of_the_readmes_layout_exists() -> None:
    for folder in re.findall(r"^([a-z]+)/ ", README, re.MULTILINE):
        assert (ROOT / folder).is_dir(), folder


def test_everything_that_the_image_copies_exists() -> None:
    sources = [path for line in re.findall(r"^COPY (.+) \S+$", DOCKERFILE, re.MULTILINE) for path in line.split()]
    assert [path for path in sources if not (ROOT / path).exists()] == []
    assert set(PACKAGES) <= set(sources)


def test_the_image_runs_as_a_user_and_is_looked_after() -> None:
    assert re.search(r"^USER (?!root)", DOCKERFILE, re.MULTILINE)
    assert "HEALTHCHECK" in DOCKERFILE
    variables = set(re.findall(r"SESSIOND_[A-Z_]+", DOCKERFILE))
    assert variables <= {f"SESSIOND_{name.replace('.', '__').upper()}" for name in SETTINGS}


def test_the_cluster_file_is_one() -> None:
    found = importlib.util.find_spec("ray")
    assert found is not None
    assert found.submodule_search_locations
    schema = Path(found.submodule_search_locations[0]) / "autoscaler" / "ray-schema.json"
    cluster = yaml.safe_load((ROOT / "cluster.yaml").read_text(encoding="utf-8"))
    jsonschema.validate(cluster, json.loads(schema.read_text(encoding="utf-8")))
    assert cluster["provider"]["type"] == "local"
    for start in ("head_start_ray_commands", "worker_start_ray_commands"):
        assert "RAY_worker_niceness=0" in cluster[start][-1]


def test_every_dependency_is_pinned_without_an_address() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line) for line in lines)
    pinned = {_normal(line.partition("==")[0]) for line in lines}
    wanted = PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["dev"]
    assert {_normal(re.split(r"[\[>=<]", name)[0]) for name in wanted} <= pinned


def test_the_licence_is_the_one_that_is_claimed() -> None:
    assert PROJECT["project"]["license"] == "Apache-2.0"
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License\n                           Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text


def _code(markdown: str) -> str:
    blocks = re.findall(r"^```\w*\n(.*?)^```", markdown, re.MULTILINE | re.DOTALL)
    return "\n".join([*blocks, *re.findall(r"`([^`\n]+)`", markdown)]) + "\n"


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
