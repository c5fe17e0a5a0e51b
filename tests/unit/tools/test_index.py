import pytest

from lockage.tools.index import KEPT, Index, authorization, default_index, without_credentials


@pytest.mark.parametrize(
    ("said", "index"),
    [
        ("https://a.example/simple", Index(url="https://a.example/simple")),
        ("ours=https://a.example/simple", Index(name="ours", url="https://a.example/simple")),
        ("https://a.example/simple?x=1", Index(url="https://a.example/simple?x=1")),
    ],
)
def test_the_default_index_is_the_environment_s(monkeypatch: pytest.MonkeyPatch, said: str, index: Index) -> None:
    monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)
    monkeypatch.setenv("UV_INDEX_URL", said)
    assert default_index("https://public.example/simple") == index
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://first.example/simple")
    assert default_index("https://public.example/simple").url == "https://first.example/simple"


def test_or_the_public_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)
    monkeypatch.delenv("UV_INDEX_URL", raising=False)
    assert default_index("https://public.example/simple") == Index(url="https://public.example/simple")


OURS = Index(name="our-own", url="https://a.example:8443/simple")


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example:8443/simple/x/",
        "https://a.example/simple/x/",
        "https://b.example:8443/simple/x/",
        "https://a.example.evil.example:8443/simple/x/",
    ],
)
def test_another_server_is_not_told_the_credentials(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("UV_INDEX_OUR_OWN_PASSWORD", "token")
    assert authorization(OURS, url) == {}
    assert authorization(OURS, "https://a.example:8443/files/x") == {"Authorization": "Basic OnRva2Vu"}


def test_credentials_may_stand_in_the_environment_s_address() -> None:
    index = Index(url="https://me:p%40ss@a.example/simple")
    assert authorization(index, "https://a.example/simple/x/") == {"Authorization": "Basic bWU6cEBzcw=="}
    assert without_credentials(index.url) == "https://a.example/simple"


def test_without_credentials_nothing_is_sent() -> None:
    assert authorization(OURS, "https://a.example:8443/simple/x/") == {}


@pytest.mark.parametrize(
    ("variable", "kept"),
    [
        ("UV_CACHE_DIR", True),
        ("UV_INDEX_OUR_OWN_PASSWORD", True),
        ("UV_HTTP_TIMEOUT", True),
        ("UV_INDEX", False),
        ("UV_INDEX_STRATEGY", False),
        ("UV_EXTRA_INDEX_URL", False),
        ("UV_FIND_LINKS", False),
        ("UV_NO_VERIFY_HASHES", False),
        ("UV_TORCH_BACKEND", False),
    ],
)
def test_variables_that_choose_packages_are_not_kept(variable: str, kept: bool) -> None:  # noqa: FBT001 - a table
    assert bool(KEPT.fullmatch(variable)) == kept
