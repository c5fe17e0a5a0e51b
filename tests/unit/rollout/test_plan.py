import pytest
from fakes.environment import digest, image
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from lockage.model.ids import Version
from lockage.model.release import Configuration
from lockage.model.rollout import (
    AliasState,
    CheckVersion,
    CreateAlias,
    Desired,
    Instruction,
    Plan,
    PublishLayer,
    PublishVersion,
    ReadBack,
    RemoteFunction,
    ShiftAlias,
    UpdateCode,
    UpdateConfiguration,
    VersionState,
)
from lockage.rollout.plan import ImpossibleError, drift, plan, plan_rollback
from lockage.rollout.show import PrintingExecutor

CONFIGURATION = Configuration(command=("h",), memory_mb=256, timeout_s=30, environment={}, architecture="x86_64")


def desired(function: str, letter: str = "b", **changes: object) -> Desired:
    configuration = replace(CONFIGURATION, **changes) if changes else CONFIGURATION
    return Desired(
        function=function,
        package="image",
        source=image(letter),
        digest=digest(letter),
        configuration=configuration,
        probe="{}",
    )


def held(letter: str = "a", *, version: str = "$LATEST", **changes: object) -> VersionState:
    state = VersionState(
        version=version,
        revision="r",
        package="Image",
        digest=digest(letter),
        configuration=CONFIGURATION,
        shell=digest("0"),
        state="Active",
        update="Successful",
        reason="",
    )
    return replace(state, **changes) if changes else state


def remote(letter: str = "a", *, version: str = "7", live: str | None = None, alias: bool = True) -> RemoteFunction:
    return RemoteFunction(
        latest=held(letter),
        alias=AliasState(version=version, revision="r") if alias else None,
        live=held(live or letter, version=version) if alias else None,
    )


def about(one: Instruction) -> str:
    return one.layer if isinstance(one, PublishLayer) else one.function


def kinds(planned: Plan) -> list[str]:
    return [f"{type(one).__name__} {about(one)}" for one in (*planned.stage, *planned.check, *planned.shift)]


def zipped(function: str, letter: str = "b", *layers: str) -> Desired:
    configuration = replace(
        CONFIGURATION, command=(), handler="h", runtime="python3.13", layers=tuple(map(digest, layers))
    )
    return Desired(
        function=function,
        package="zip",
        source=f"s3://releases/{letter}",
        digest=digest(letter),
        configuration=configuration,
        probe="{}",
    )


def runs(letter: str, *layers: str) -> RemoteFunction:
    one = zipped("any", letter, *layers)
    state = held(letter, package="Zip", configuration=one.configuration)
    return RemoteFunction(latest=state, alias=AliasState(version="7", revision="r"), live=replace(state, version="7"))


def layer(name: str, letter: str) -> PublishLayer:
    return PublishLayer(
        layer=name,
        name=f"platform-{name}",
        digest=digest(letter),
        source=f"s3://releases/{letter}",
        runtime="python3.13",
        architecture="x86_64",
    )


def test_kind_by_kind_so_that_all_functions_are_worked_on_at_once() -> None:
    wanted = (desired("one", memory_mb=512), desired("two"))
    assert kinds(plan(wanted, {"one": remote(), "two": remote()}, {"one", "two"})) == [
        "UpdateCode one",
        "UpdateCode two",
        "UpdateConfiguration one",
        "PublishVersion one",
        "PublishVersion two",
        "CheckVersion one",
        "CheckVersion two",
        "ShiftAlias one",
        "ShiftAlias two",
    ]


def test_only_memory_changes() -> None:
    planned = plan((desired("one", "a", memory_mb=512),), {"one": remote("a")}, {"one"})
    assert kinds(planned) == ["UpdateConfiguration one", "PublishVersion one", "CheckVersion one", "ShiftAlias one"]


def test_another_architecture_comes_with_the_code() -> None:
    planned = plan((desired("one", "a", architecture="arm64"),), {"one": remote("a")}, {"one"})
    assert kinds(planned)[:2] == ["UpdateCode one", "PublishVersion one"]


def test_what_was_staged_before_is_only_published_and_shifted() -> None:
    planned = plan((desired("one", "b"),), {"one": remote("b", live="a")}, {"one"})
    assert kinds(planned) == ["PublishVersion one", "CheckVersion one", "ShiftAlias one"]


def test_what_runs_is_kept_and_still_read_back() -> None:
    planned = plan((desired("one", "a"),), {"one": remote("a")}, {"one"})
    assert not planned.changes
    assert planned.keeps == {"one": "7"}
    assert planned.verify == (ReadBack(function="one", desired=desired("one", "a"), version=Version("7")),)


@pytest.mark.parametrize(
    "found",
    [
        replace(remote("a"), alias=AliasState(version="7", revision="r", weighted=True)),
        replace(remote("a"), live=held("a", version="7", state="Failed")),
        replace(remote("a"), live=held("a", version="7", shell=digest("1"))),
        replace(remote("a"), live=None),
    ],
    ids=["weighted alias", "failed version", "another role", "version gone"],
)
def test_what_only_looks_like_it_is_published_anew(found: RemoteFunction) -> None:
    planned = plan((desired("one", "a"),), {"one": found}, {"one"})
    assert kinds(planned) == ["PublishVersion one", "CheckVersion one", "ShiftAlias one"]


def test_a_sleeping_version_is_kept() -> None:
    found = replace(remote("a"), live=held("a", version="7", state="Inactive"))
    assert plan((desired("one", "a"),), {"one": found}, {"one"}).keeps == {"one": "7"}


def test_a_layer_is_published_first_and_once_and_only_if_a_function_that_changes_needs_it() -> None:
    wanted = (zipped("one", "b", "d"), zipped("two", "b", "d", "e"), zipped("three", "a", "f"))
    found = {"one": runs("b", "c"), "two": runs("b", "c"), "three": runs("a", "f")}
    lacking = [layer("common", "d"), layer("deps", "e"), layer("unused", "f")]
    assert kinds(plan(wanted, found, found, lacking)) == [
        "PublishLayer common",
        "PublishLayer deps",
        "UpdateConfiguration one",
        "UpdateConfiguration two",
        "PublishVersion one",
        "PublishVersion two",
        "CheckVersion one",
        "CheckVersion two",
        "ShiftAlias one",
        "ShiftAlias two",
    ]


@pytest.mark.parametrize(
    ("before", "after", "steps"),
    [
        ((), ("c",), ["code", ("c",)]),
        (("c",), (), [(), "code"]),
        (("c",), ("d",), [(), "code", ("d",)]),
        (("c", "d"), ("d", "e"), [("d",), "code", ("d", "e")]),
        (("c",), ("c", "d"), ["code", ("c", "d")]),
        (("c", "d"), ("d", "c"), ["code", ("d", "c")]),
        (("c",), ("c",), ["code"]),
    ],
)
def test_layers_that_go_go_before_the_code_and_layers_that_come_come_after(
    before: tuple[str, ...], after: tuple[str, ...], steps: list[str | tuple[str, ...]]
) -> None:
    planned = plan((zipped("one", "b", *after),), {"one": runs("a", *before)}, {"one"})
    told = [
        one.configuration.layers if isinstance(one, UpdateConfiguration) else "code"
        for one in planned.stage
        if isinstance(one, UpdateConfiguration | UpdateCode)
    ]
    assert told == [step if step == "code" else tuple(map(digest, step)) for step in steps]


def test_other_layers_alone_are_one_step() -> None:
    planned = plan((zipped("one", "a", "d"),), {"one": runs("a", "c")}, {"one"})
    assert kinds(planned)[:2] == ["UpdateConfiguration one", "PublishVersion one"]


def test_the_order_of_layers_counts() -> None:
    assert plan((zipped("one", "a", "d", "c"),), {"one": runs("a", "c", "d")}, {"one"}).changes


def test_new_functions_come_last_and_made_aliases_after_them() -> None:
    wanted = (desired("a-made"), desired("b-new"), desired("c-old"))
    found = {"a-made": remote(alias=False), "b-new": remote(), "c-old": remote()}
    planned = plan(wanted, found, {"c-old"})
    assert planned.shift == (
        ShiftAlias(function="c-old", version=None),
        ShiftAlias(function="b-new", version=None),
        CreateAlias(function="a-made"),
    )
    assert planned.before == {"a-made": None, "b-new": "7", "c-old": "7"}


def test_a_function_that_is_removed_is_left_alone() -> None:
    planned = plan((desired("one"),), {"one": remote()}, {"one", "gone"})
    assert {about(one) for one in planned.instructions} == {"one"}


def test_functions_that_terraform_has_yet_to_make_are_all_named() -> None:
    with pytest.raises(ImpossibleError) as caught:
        plan((desired("one"), desired("two")), {"one": None, "two": None})
    assert caught.value.why.splitlines() == [
        "one: there is no such function; Terraform makes its shell",
        "two: there is no such function; Terraform makes its shell",
    ]
    assert "nothing was changed" in caught.value.what
    assert "apply Terraform" in caught.value.remedy


def test_a_change_of_package_type_is_refused_with_the_way_over_a_parallel_function() -> None:
    zipped = replace(remote(), latest=held(package="Zip", digest=None))
    with pytest.raises(ImpossibleError) as caught:
        plan((desired("one"),), {"one": zipped})
    assert caught.value.render() == (
        "error: this release cannot be rolled out here; nothing was changed\n"
        "  why:  one: it is a zip function, and the release holds an image\n"
        "  next: Lambda never changes a function's package type. Go over a parallel function:\n"
        "        1. declare it in lockage.yaml under a new name, with the new packaging; apply Terraform, release, "
        "roll out\n"
        "        2. move its trigger and its callers to the new function, and apply (a topic's trigger: first to both)"
        "\n"
        "        3. release without the old function; Terraform keeps it until no rollback needs it any more\n"
        "        docs/how-to/change-packaging.md has every step, and the way back"
    )


def test_a_rollback_moves_only_what_is_elsewhere_and_reads_back_all() -> None:
    wanted = (desired("one"), desired("two"), desired("three"))
    versions = {"one": Version("3"), "two": Version("4"), "three": Version("5")}
    aliases = {
        "one": AliasState(version="9", revision="r"),
        "two": AliasState(version="4", revision="r"),
        "three": AliasState(version="5", revision="r", weighted=True),
    }
    planned = plan_rollback(wanted, versions, aliases)
    assert (planned.stage, planned.check) == ((), ())
    assert planned.shift == (
        ShiftAlias(function="one", version=Version("3")),
        ShiftAlias(function="three", version=Version("5")),
    )
    assert [about(one) for one in planned.verify] == ["one", "two", "three"]
    assert planned.before == {"one": "9", "two": "4", "three": "5"}


names = st.sampled_from(["a", "b", "c", "d", "e"])
remotes = st.builds(
    remote, st.sampled_from("ab"), version=st.sampled_from(["1", "2"]), live=st.sampled_from("ab"), alias=st.booleans()
)


@given(st.dictionaries(names, remotes, min_size=1), st.sets(names))
def test_every_plan_stages_all_before_it_shifts_and_proves_everything(
    found: dict[str, RemoteFunction], running: set[str]
) -> None:
    wanted = tuple(desired(name) for name in sorted(found))
    planned = plan(wanted, found, running)
    published = {one.function for one in planned.stage if isinstance(one, PublishVersion)}
    shifted = {about(one) for one in planned.shift}
    assert published == shifted == {about(one) for one in planned.check}
    assert published | set(planned.keeps) == set(found)
    assert not published & set(planned.keeps)
    assert [about(one) for one in planned.verify] == sorted(found)
    assert all(isinstance(one, UpdateCode | UpdateConfiguration | PublishVersion) for one in planned.stage)
    assert all(isinstance(one, CheckVersion) for one in planned.check)
    assert set(planned.before) == set(found)


def test_a_plan_can_be_printed() -> None:
    said: list[str] = []
    wanted = (desired("made"), desired("old", memory_mb=512))
    PrintingExecutor(said.append).run(
        plan(wanted, {"made": remote(alias=False), "old": remote()}, {"old"}).instructions
    )
    assert said == [
        f"update code           made: {image('b')}",
        f"update code           old: {image('b')}",
        "update configuration  old: h, 512 MB, 30 s",
        "publish a version     made",
        "publish a version     old",
        "check the version     made: it answers its probe, by version",
        "check the version     old: it answers its probe, by version",
        "shift the alias       old → the new version",
        "create the alias      made → the new version",
        "read back             made: alias → the new version → digest → answer",
        "read back             old: alias → the new version → digest → answer",
    ]


def test_a_plan_of_zips_can_be_printed() -> None:
    said: list[str] = []
    wanted = (zipped("one", "b", "c", "d"),)
    PrintingExecutor(said.append).run(plan(wanted, {"one": runs("a", "c")}, {"one"}, [layer("deps", "d")]).stage)
    assert said == [
        "publish a layer       deps: s3://releases/d",
        "update code           one: s3://releases/b",
        "update configuration  one: h, 256 MB, 30 s, 2 layers",
        "publish a version     one",
    ]


def test_what_was_moved_by_hand_is_told() -> None:
    shared = replace(remote(), alias=AliasState(version="7", revision="r", weighted=True))
    found = {"one": remote(version="6"), "two": remote(), "new": remote(alias=False), "shared": shared}
    assert drift(found, {name: Version("7") for name in found}) == [
        "one: its alias is at version 6, not at the release's 7",
        "shared: its alias sends a part of its traffic to a second version; that part is not kept",
    ]
