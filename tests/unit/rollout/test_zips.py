"""Zips and layers through a whole rollout."""

import copy
from collections.abc import Mapping

import pytest
from fakes.aws import Crash
from fakes.environment import Environments, FakeChecks, make_release
from fakes.zips import Zip, digest_of, key_of, of_zips, stocked, zip_release
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from lockage.errors import RolloutFailed
from lockage.model.release import Release
from lockage.rollout.checks import ChecksFailed
from lockage.rollout.plan import ImpossibleError
from lockage.rollout.rollback import UnfitError, rollback

LAYERED = {"dashboard": Zip(code="d1"), "ingestion": Zip(code="i1", layers=("deps", "common"))}
FIRST = zip_release(LAYERED, {"deps": "deps 1", "common": "common 1"})
NEXT = zip_release(LAYERED, {"deps": "deps 1", "common": "common 2"}, commit="b")


def started(*releases: Release) -> Environments:
    texts = ("d1", "i1", "i2", "deps 1", "deps 2", "common 1", "common 2")
    environments = stocked(of_zips("dashboard", "ingestion"), *texts)
    for release in releases:
        environments.roll_out(release)
    return environments


def published(environments: Environments) -> list[str]:
    """Layers in the order in which their versions were made."""
    calls = (given for _, name, given in environments.world.calls if name == "lambda:PublishLayerVersion")
    return [f"{given['LayerName']} {given['Description']}" for given in calls]


def test_layers_are_published_and_given_to_the_functions_that_ask_for_them() -> None:
    environments = started(FIRST)
    assert published(environments) == [
        f"platform-common {digest_of('common 1')}",
        f"platform-deps {digest_of('deps 1')}",
    ]
    fake = environments.lambdas["preprod"]
    assert fake.layers_of("platform-ingestion") == [
        "arn:aws:lambda:eu-central-1:111111111111:layer:platform-deps:1",
        "arn:aws:lambda:eu-central-1:111111111111:layer:platform-common:1",
    ]
    assert fake.layers_of("platform-dashboard") == []
    assert environments.serves() == {"dashboard": (key_of("d1"), 256), "ingestion": (key_of("i1"), 256)}
    held = fake.functions["platform-ingestion"].versions["2"]
    assert (held["Handler"], held["Runtime"]) == ("ingestion.handler.handle", "python3.13")


def test_layers_come_before_the_functions_that_need_them() -> None:
    environments = started(FIRST)
    names = [name.split(":")[1] for _, name, _ in environments.world.calls]
    assert names.count("PublishLayerVersion") == 2
    assert names[: names.index("UpdateFunctionCode")].count("PublishLayerVersion") == 2
    assert names.index("UpdateFunctionCode") < names.index("UpdateFunctionConfiguration")


def test_what_is_proven_is_the_archive_itself() -> None:
    environments = started()
    outcome = environments.roll_out(FIRST)
    assert [(proof.function, proof.version, proof.digest) for proof in outcome.proofs] == [
        ("dashboard", "2", digest_of("d1")),
        ("ingestion", "2", digest_of("i1")),
    ]


def test_only_new_content_is_published_and_only_its_functions_change() -> None:
    environments = started(FIRST, NEXT)
    assert published(environments)[2:] == [f"platform-common {digest_of('common 2')}"]
    fake = environments.lambdas["preprod"]
    assert fake.layers_of("platform-ingestion") == [
        "arn:aws:lambda:eu-central-1:111111111111:layer:platform-deps:1",
        "arn:aws:lambda:eu-central-1:111111111111:layer:platform-common:2",
    ]
    assert {name: fake.serves(f"platform-{name}")[0] for name in LAYERED} == {"dashboard": "2", "ingestion": "3"}


def test_what_the_account_has_is_found_again_by_its_content() -> None:
    environments = started(FIRST, NEXT)
    again = zip_release(LAYERED, {"deps": "deps 1", "common": "common 1"}, commit="c")
    environments.lambdas["preprod"].shown_at_once = 1
    environments.roll_out(again)
    assert len(published(environments)) == 3
    assert environments.lambdas["preprod"].layers_of("platform-ingestion")[1].endswith("platform-common:1")


def test_a_description_alone_is_not_believed() -> None:
    environments = started()
    environments.lambdas["preprod"].publish_layer_version(
        LayerName="platform-common",
        Content={"S3Bucket": "platform-releases", "S3Key": key_of("common 2")},
        Description=digest_of("common 1"),
    )
    environments.roll_out(FIRST)
    assert environments.lambdas["preprod"].layers_of("platform-ingestion")[1].endswith("platform-common:2")


def test_each_account_has_its_own() -> None:
    environments = started(FIRST)
    environments.parameters["prod"].parameters["/platform/table/decisions"] = "t"
    environments.roll_out(FIRST, environment="prod")
    arn = "arn:aws:lambda:eu-central-1:222222222222:layer:platform-common:1"
    assert environments.lambdas["prod"].layers_of("platform-ingestion")[1] == arn


def test_a_rollback_moves_aliases_alone_and_old_versions_keep_their_layers() -> None:
    environments = started(FIRST, NEXT)
    before = environments.world.changes()
    rollback(environments.site(role="rollback"), to=None, reason="orders fail")
    assert set(environments.world.changes()[len(before) :]) == {"lambda:UpdateAlias", "s3:PutObject"}
    assert environments.lambdas["preprod"].layers_of("platform-ingestion")[1].endswith("platform-common:1")


def test_no_release_deletes_a_layer_version() -> None:
    environments = started(FIRST, NEXT)
    environments.roll_out(zip_release({"dashboard": Zip(code="d1"), "ingestion": Zip(code="i2")}, commit="c"))
    assert [name for name in environments.world.changes() if "Delete" in name] == []
    assert len(environments.lambdas["preprod"].layer_arns("platform-common")) == 2


def test_a_layer_version_that_somebody_deleted_is_published_again_and_given() -> None:
    environments = started(FIRST, NEXT)
    environments.lambdas["preprod"].delete_layer_version(LayerName="platform-common", VersionNumber=1)
    environments.roll_out(zip_release(LAYERED, {"deps": "deps 1", "common": "common 1"}, commit="c"))
    assert environments.lambdas["preprod"].layers_of("platform-ingestion")[1].endswith("platform-common:3")


def test_a_version_whose_layer_cannot_be_read_any_more_is_not_gone_back_to() -> None:
    environments = started(FIRST, NEXT)
    environments.lambdas["preprod"].delete_layer_version(LayerName="platform-common", VersionNumber=1)
    before = environments.serves()
    with pytest.raises(UnfitError) as caught:
        rollback(environments.site(role="rollback"), to=None, reason="orders fail")
    assert "ingestion: version 2 is not the release's: layers: " in caught.value.why
    assert "unreadable:arn:aws:lambda:eu-central-1:111111111111:layer:platform-common:1" in caught.value.why
    assert environments.serves() == before


def test_a_layer_of_another_account_is_replaced_by_the_releases_own() -> None:
    environments = started()
    fake = environments.lambdas["preprod"]
    foreign = "arn:aws:lambda:eu-central-1:999999999999:layer:monitoring:7"
    fake.functions["platform-dashboard"].latest["Layers"] = [{"Arn": foreign, "CodeSize": 1}]
    fake.elsewhere[foreign] = b""
    environments.roll_out(FIRST)
    assert fake.layers_of("platform-dashboard") == []


def test_handler_and_runtime_are_the_pipelines() -> None:
    environments = started(FIRST)
    latest = environments.lambdas["preprod"].functions["platform-dashboard"].latest
    latest.update(Handler="by.hand", Runtime="python3.12")
    outcome = environments.roll_out(NEXT)
    assert outcome.kept == ("dashboard",), "$LATEST is not what serves"


SHAPES = {
    "bundled": ({"one": Zip(code="c" * 90)}, {}),
    "bundled anew": ({"one": Zip(code="d" * 90)}, {}),
    "layered": ({"one": Zip(code="s" * 10, layers=("deps",))}, {"deps": "l" * 80}),
    "layered anew": ({"one": Zip(code="t" * 10, layers=("deps",))}, {"deps": "m" * 80}),
    "turned round": ({"one": Zip(code="u" * 80, layers=("deps",))}, {"deps": "n" * 10}),
    "two layers": ({"one": Zip(code="v" * 10, layers=("deps", "more"))}, {"deps": "l" * 80, "more": "p" * 10}),
}
"""What one function may be where 100 bytes fit: every two of them together would not."""


@pytest.mark.parametrize("then", SHAPES)
@pytest.mark.parametrize("first", SHAPES)
def test_from_any_shape_to_any_other_in_place(first: str, then: str) -> None:
    before, after = (zip_release(*SHAPES[shape], commit=commit) for shape, commit in ((first, "a"), (then, "b")))
    environments = of_zips("one")
    for functions, layers in SHAPES.values():
        stocked(environments, *layers.values(), *(one.code for one in functions.values()))
    environments.lambdas["preprod"].largest_unzipped = 100
    environments.roll_out(before)
    environments.roll_out(after)
    assert environments.serves() == {"one": (key_of(SHAPES[then][0]["one"].code), 256)}
    rollback(environments.site(role="rollback"), to=before.id, reason="back")
    assert environments.serves() == {"one": (key_of(SHAPES[first][0]["one"].code), 256)}


def test_a_zip_that_is_not_in_the_store_is_told_and_nothing_moved() -> None:
    environments = started()
    del environments.s3.objects[key_of("i1")]
    before = environments.serves()
    with pytest.raises(RolloutFailed, match="preprod did not take release") as caught:
        environments.roll_out(FIRST)
    assert "NoSuchKey" in caught.value.why
    assert environments.serves() == before


def test_a_role_that_may_not_read_the_archives_is_told_which_right_it_lacks() -> None:
    environments = started()
    with environments.world.denying("deployer", "s3:GetObject of Lambda"), pytest.raises(RolloutFailed) as caught:
        environments.roll_out(FIRST)
    assert caught.value.what.endswith("lacks the permission s3:GetObject")
    assert f"on:  arn:aws:s3:::platform-releases/{key_of('common 1')}" in caught.value.why


def test_an_archive_that_was_exchanged_never_becomes_a_version() -> None:
    environments = started()
    environments.s3.objects[key_of("i1")] = environments.s3.objects[key_of("i2")]
    with pytest.raises(RolloutFailed, match="ingestion was changed by someone else meanwhile") as caught:
        environments.roll_out(FIRST)
    assert "is different from current CodeSHA256 in $LATEST" in caught.value.why
    assert environments.lambdas["preprod"].functions["platform-ingestion"].newest == 1


def test_a_layer_that_was_exchanged_is_not_given_to_any_function() -> None:
    environments = started()
    environments.s3.objects[key_of("deps 1")] = environments.s3.objects[key_of("deps 2")]
    with pytest.raises(RolloutFailed, match="Lambda took another layer deps than was released"):
        environments.roll_out(FIRST)
    assert "lambda:UpdateFunctionConfiguration" not in environments.world.changes()


def test_a_bucket_in_another_region_is_told() -> None:
    environments = started()
    environments.s3.region = "us-east-1"
    with pytest.raises(RolloutFailed) as caught:
        environments.roll_out(FIRST)
    assert "PermanentRedirect" in caught.value.why


@pytest.mark.parametrize("zipped_first", [True, False])
def test_a_package_type_is_for_life(*, zipped_first: bool) -> None:
    environments = stocked(of_zips("scorer") if zipped_first else Environments(functions=("scorer",)), "s1")
    release = make_release("a", functions=("scorer",)) if zipped_first else zip_release({"scorer": Zip(code="s1")})
    with pytest.raises(ImpossibleError) as caught:
        environments.roll_out(release)
    assert caught.value.why == (
        "scorer: it is a zip function, and the release holds an image"
        if zipped_first
        else "scorer: it is an image function, and the release holds a zip"
    )
    assert "Go over a parallel function" in caught.value.remedy
    assert environments.world.changes() == []


def test_a_zip_and_an_image_are_one_release() -> None:
    environments = stocked(Environments(functions=("scorer",)), "d1")
    environments.lambdas["preprod"].add("platform-dashboard", package="Zip")
    images, zips = make_release("a", functions=("scorer",)), zip_release({"dashboard": Zip(code="d1")})
    outcome = environments.roll_out(replace(images, functions=(*zips.functions, *images.functions)))
    assert [proof.function for proof in outcome.proofs] == ["dashboard", "scorer"]


@pytest.mark.parametrize("action", ["lambda:PublishLayerVersion", "lambda:UpdateFunctionCode"])
def test_an_answer_that_was_lost_is_no_conflict(action: str) -> None:
    environments = started()
    environments.lambdas["preprod"].stale_seconds = 0.0
    environments.world.lost.add(action)
    environments.roll_out(FIRST)
    assert environments.serves()["ingestion"][0] == key_of("i1")


FAILURE = ChecksFailed("a check failed", why="it did", remedy="mend it")


@pytest.mark.parametrize("fails", [False, True])
def test_a_rollout_of_layers_that_died_anywhere_is_ended_by_the_next(*, fails: bool) -> None:
    start = started(FIRST)
    points = 0
    for point in range(1, 100):
        environments = copy.deepcopy(start)
        environments.world.crash_after = point
        try:
            environments.roll_out(NEXT, FakeChecks(FAILURE if fails else None))
        except Crash:
            points = point
        except RolloutFailed:
            break
        else:
            break
        environments.world.revive()
        environments.roll_out(NEXT)
        assert environments.lambdas["preprod"].layers_of("platform-ingestion")[1].rpartition(":")[0].endswith("common")
        assert environments.store.record("preprod")[0].release == NEXT.id
        assert len(published(environments)) == 3, f"published once, whatever died: after a crash at {point}"
    assert points > 8, "the crash must have been tried at every call"


NAMES = ("a", "b", "c", "d")
LAYERS = ("deps", "common", "policy")
functions_ = st.fixed_dictionaries(
    {
        name: st.builds(
            Zip, code=st.sampled_from(["one", "two"]), layers=st.lists(st.sampled_from(LAYERS), unique=True).map(tuple)
        )
        for name in NAMES
    }
)
contents = st.fixed_dictionaries({layer: st.sampled_from([f"{layer} {n}" for n in range(3)]) for layer in LAYERS})


@given(st.lists(st.tuples(functions_, contents), min_size=2, max_size=3))
def test_functions_never_drift_apart_on_a_shared_layer(
    releases: list[tuple[Mapping[str, Zip], Mapping[str, str]]],
) -> None:
    """After each release, every function that shares a layer has the release's own content of it, and only those
    functions have a new version whose zip, layers or their order changed."""
    environments = of_zips(*NAMES)
    stocked(environments, "one", "two", *(f"{layer} {n}" for layer in LAYERS for n in range(3)))
    fake = environments.lambdas["preprod"]
    asked: dict[str, tuple[str, ...]] = {}
    for number, (functions, layers) in enumerate(releases):
        before = {name: fake.serves(f"platform-{name}")[0] for name in NAMES}
        environments.roll_out(zip_release(functions, layers, commit="abc"[number]), older=True)
        for name, one in functions.items():
            contents_ = [digest_of(layers[layer]) for layer in one.layers]
            client = environments.site().client
            held = client.state(f"platform-{name}", fake.serves(f"platform-{name}")[0])
            assert held is not None
            assert list(held.configuration.layers) == contents_
            wants = (one.code, *contents_)
            moved = fake.serves(f"platform-{name}")[0] != before[name]
            assert moved == (asked.get(name) != wants)
            asked[name] = wants
