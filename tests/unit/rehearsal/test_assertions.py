"""That each assertion can fail: one that cannot would prove nothing, however often it is passed."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace

from lockage.config.load import load_project
from lockage.config.schema import Layer, Project, Zip
from lockage.rehearsal import assertions
from lockage.rehearsal.assertions import StoryBroken
from lockage.rehearsal.handover import Invoke, Row
from lockage.rehearsal.story import Judged, Refused
from lockage.rehearsal.witness import Reply, Served, Tagged, Witness

COMMIT = "c" * 40
DIGEST = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64
ZIP, LAYER = "sha256:" + "d" * 64, "sha256:" + "e" * 64
ARCHIVES = {"packed": ZIP, "shared": LAYER}


def error(code: str, action: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": f"not authorized to perform: {action}"}}, "Call")


class FakeWitness:
    """An embedded AWS in which everything is as it should be, until a test says otherwise."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.services = {
            name: Served(
                version="2",
                digest=ZIP if declared.zip else DIGEST,
                layers=(LAYER,) if declared.zip else (),
                memory_mb=declared.memory_mb,
                weighted=False,
            )
            for name, declared in project.functions.items()
        }
        self.etag = "one"
        self.images = [Tagged(tag=COMMIT, digest=DIGEST)]
        self.reply = Reply(version="2", payload={"ok": True}, failed=False)
        self.rows: dict[str, Any] = {}
        self.passages: list[dict[str, str]] = []
        self.raises: ClientError | None = error("ImageTagAlreadyExistsException")

    def served(self, environment: str) -> dict[str, Served]:
        del environment
        return self.services

    def tagged(self, repository: str, commit: str) -> Tagged | None:
        assert (repository, commit) == ("platform", COMMIT)
        return self.images[0] if self.images else None

    def manifest(self, repository: str, digest: str) -> str:
        assert (repository, digest) == ("platform", DIGEST)
        return "{}"

    def invoke(self, environment: str, function: str, event: object) -> Reply:
        assert environment
        assert function in self.project.functions
        assert event is not None
        return self.reply

    def row(self, environment: str, table: str, key: str) -> Any:  # noqa: ANN401 - any row
        assert environment
        return self.rows.get(f"{table} {key}")

    def record(self, environment: str) -> dict[str, Any]:
        assert environment == "preprod"
        return {"passages": self.passages}

    def place(self, environment: str) -> Any:  # noqa: ANN401 - as declared
        return self.project.environments[environment]

    def registrar(self) -> Any:  # noqa: ANN401 - stands for an operator
        s3 = SimpleNamespace(put_object=self._answer, head_object=lambda **object_: {"ETag": self.etag} | object_)
        session = SimpleNamespace(client=lambda service: s3 if service == "s3" else None)
        return SimpleNamespace(
            client=lambda service: SimpleNamespace(put_image=self._answer, service=service),
            session_of=lambda role: session if role == "platform-publisher" else None,
        )

    def operator(self, environment: str) -> Any:  # noqa: ANN401 - stands for an operator
        calls = ("update_function_code", "publish_version", "update_alias", "publish_layer_version")
        client = SimpleNamespace(**dict.fromkeys(calls, self._answer))
        session = SimpleNamespace(client=lambda service: client if service == "lambda" else None)
        return SimpleNamespace(environment=environment, session_of=lambda role: session if role else None)

    def _answer(self, **arguments: object) -> None:
        assert arguments
        if self.raises:
            raise self.raises


@pytest.fixture
def fake(project_root: Path) -> FakeWitness:
    platform = load_project(project_root / "lockage.yaml", files=False)
    scorer, remediator, onboarding = (platform.functions[name] for name in ("scorer", "remediator", "onboarding"))
    packed = replace(onboarding, image=None, zip="packed")
    return FakeWitness(
        replace(
            platform,
            functions={"scorer": scorer, "remediator": remediator, "onboarding": onboarding, "packed": packed},
            zips={"packed": Zip(sources=("packed",), layers=("shared",))},
            layers={"shared": Layer(sources=("shared",))},
        )
    )


def as_witness(fake: FakeWitness) -> Witness:
    return cast("Witness", fake)


def serves(fake: FakeWitness) -> str:
    return assertions.serves(as_witness(fake), "prod", COMMIT, ARCHIVES.__getitem__)


def test_what_is_served_passes(fake: FakeWitness) -> None:
    assert serves(fake) == "scorer 2, remediator 2, onboarding 2, packed 2"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"digest": OTHER}, f"onboarding: digest is '{OTHER}', not '{DIGEST}'"),
        ({"memory_mb": 999}, "onboarding: memory_mb is 999, not"),
        ({"weighted": True}, "onboarding: weighted is True, not False"),
    ],
)
def test_one_function_that_is_not_as_released_breaks_it(fake: FakeWitness, change: dict[str, Any], said: str) -> None:
    fake.services["onboarding"] = replace(fake.services["onboarding"], **change)
    with pytest.raises(StoryBroken, match="prod does not serve commit cccccccccccc") as caught:
        serves(fake)
    assert said in caught.value.why
    assert "scorer" not in caught.value.why


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"digest": OTHER}, f"packed: digest is '{OTHER}', not '{ZIP}'"),
        ({"layers": (OTHER,)}, f"packed: layers is ('{OTHER}',), not ('{LAYER}',)"),
        ({"layers": ()}, f"packed: layers is (), not ('{LAYER}',)"),
    ],
)
def test_a_zip_or_a_layer_that_was_not_built_breaks_it(fake: FakeWitness, change: dict[str, Any], said: str) -> None:
    fake.services["packed"] = replace(fake.services["packed"], **change)
    with pytest.raises(StoryBroken, match="prod does not serve commit cccccccccccc") as caught:
        serves(fake)
    assert said in caught.value.why


def test_an_image_that_ecr_does_not_know_breaks_it(fake: FakeWitness) -> None:
    fake.images = []
    with pytest.raises(StoryBroken, match="does not serve"):
        serves(fake)


@pytest.mark.parametrize("change", [{"version": "3"}, {"failed": True}, {"version": ""}])
def test_an_answer_by_another_version_or_an_error_breaks_it(
    fake: FakeWitness, change: dict[str, Any], project_root: Path
) -> None:
    assert assertions.answers(as_witness(fake), "prod", project_root.joinpath)
    fake.reply = replace(fake.reply, **change)
    with pytest.raises(StoryBroken, match="scorer in prod does not answer as version 2"):
        assertions.answers(as_witness(fake), "prod", project_root.joinpath)


def test_any_difference_in_an_environment_breaks_it() -> None:
    before = {"scorer": {"aliases": {"live": ("1", "r1")}}}
    assert assertions.unchanged(before, {"scorer": {"aliases": {"live": ("1", "r1")}}}, "prod")
    for after in ({"scorer": {"aliases": {"live": ("1", "r2")}}}, {}, {**before, "another": {}}):
        with pytest.raises(StoryBroken, match="prod was touched"):
            assertions.unchanged(before, after, "prod")


JUDGED = Judged(release=3, place="preprod", state="bad", because="end-to-end checks")
CHECKED = {"release": "r3", "state": "bad", "reason": "1 of 30 end-to-end checks of preprod failed"}


def test_what_the_store_says_of_a_release_passes(fake: FakeWitness) -> None:
    fake.passages = [{**CHECKED, "release": "r2", "state": "good"}, CHECKED]
    assert assertions.judged(as_witness(fake), JUDGED, "r3") == CHECKED["reason"]
    fake.passages.append({"release": "r3", "state": "staged"})
    assert assertions.judged(as_witness(fake), JUDGED, "r3") == CHECKED["reason"], "whatever came after it"


@pytest.mark.parametrize(
    "passages",
    [
        [],
        [{**CHECKED, "release": "r2"}],
        [{**CHECKED, "state": "staged"}],
        [{**CHECKED, "reason": "version 3 of scorer does not answer its probe"}],
    ],
)
def test_a_release_that_failed_for_another_reason_breaks_it(fake: FakeWitness, passages: list[dict[str, str]]) -> None:
    fake.passages = passages
    with pytest.raises(StoryBroken, match="release r3 should be bad in preprod, because of the end-to-end checks"):
        assertions.judged(as_witness(fake), JUDGED, "r3")


def test_a_tag_that_takes_other_content_breaks_it(fake: FakeWitness) -> None:
    assert "ImageTagAlreadyExists" in assertions.tag_is_immutable(as_witness(fake), "platform", COMMIT)
    fake.raises = None
    with pytest.raises(StoryBroken, match="is not immutable"):
        assertions.tag_is_immutable(as_witness(fake), "platform", COMMIT)


def test_another_refusal_does_not_pass_for_immutability(fake: FakeWitness) -> None:
    fake.raises = error("ServerException")
    with pytest.raises(ClientError):
        assertions.tag_is_immutable(as_witness(fake), "platform", COMMIT)


def test_a_repository_without_the_commit_breaks_it(fake: FakeWitness) -> None:
    fake.images = []
    with pytest.raises(StoryBroken, match="platform has no image of commit"):
        assertions.tag_is_immutable(as_witness(fake), "platform", COMMIT)


def test_an_archive_that_takes_other_content_breaks_it(fake: FakeWitness) -> None:
    fake.raises = error("AccessDenied")
    assert assertions.archive_is_written_once(as_witness(fake), ZIP) == "S3 answered AccessDenied"
    fake.raises = None
    with pytest.raises(StoryBroken, match=f"archives/{'d' * 64}.zip is not immutable"):
        assertions.archive_is_written_once(as_witness(fake), ZIP)


def test_another_refusal_does_not_pass_for_an_archive_that_is_kept(fake: FakeWitness) -> None:
    fake.raises = error("SlowDown")
    with pytest.raises(ClientError):
        assertions.archive_is_written_once(as_witness(fake), ZIP)


CODE = Refused(place="prod", role="rollback", action="lambda:UpdateFunctionCode")


def test_a_role_that_may_too_much_breaks_it(fake: FakeWitness) -> None:
    fake.raises = error("AccessDeniedException", CODE.action)
    assert assertions.refused(as_witness(fake), CODE) == "tried on scorer: AccessDeniedException"
    fake.raises = None
    with pytest.raises(StoryBroken, match="platform-rollback in prod may lambda:UpdateFunctionCode"):
        assertions.refused(as_witness(fake), CODE)


@pytest.mark.parametrize(
    "other", [error("AccessDeniedException", "lambda:ListAliases"), error("ValidationException", CODE.action)]
)
def test_another_refusal_does_not_pass_for_this_one(fake: FakeWitness, other: ClientError) -> None:
    fake.raises = other
    with pytest.raises(ClientError):
        assertions.refused(as_witness(fake), CODE)


def test_a_fact_is_compared_with_the_version_that_serves(fake: FakeWitness) -> None:
    fact = Row(table="remediations", key="x", has={"version": "${version.remediator}"})
    fake.rows["remediations x"] = {"version": "2", "more": 1}
    assert assertions.holds(as_witness(fake), "prod", fact) == "row x of remediations"


def test_a_row_that_never_comes_breaks_it(fake: FakeWitness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assertions, "_PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(assertions, "_POLL_SECONDS", 0.0)
    with pytest.raises(StoryBroken, match="row x of remediations in prod is not as declared") as caught:
        assertions.holds(as_witness(fake), "prod", Row(table="remediations", key="x", has={"version": "2"}))
    assert caught.value.why == "the answer is None, not {'version': '2'}"


def test_a_wrong_answer_breaks_it_at_once(fake: FakeWitness) -> None:
    fact = Invoke(function="scorer", event={}, answers={"ok": False})
    with pytest.raises(StoryBroken, match="the answer of scorer in prod is not as declared"):
        assertions.holds(as_witness(fake), "prod", fact)
