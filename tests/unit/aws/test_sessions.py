import pytest

from lockage.aws.sessions import open_session


def test_a_session_has_the_credentials_it_was_given() -> None:
    credentials = open_session("AKIA1", "s", "t", region="eu-central-1").get_credentials()
    assert credentials is not None
    assert tuple(credentials.get_frozen_credentials()) == ("AKIA1", "s", "t", None)


def test_without_any_the_default_chain_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA2")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    credentials = open_session().get_credentials()
    assert credentials is not None
    assert credentials.access_key == "AKIA2"


def test_sessions_share_what_is_read_from_files_and_nothing_else() -> None:
    one, two = open_session("AKIA1", "s", region="eu-central-1"), open_session("AKIA2", "s", region="eu-west-1")
    assert one._loader is two._loader  # noqa: SLF001 - the sharing itself
    assert (one.region_name, two.region_name) == ("eu-central-1", "eu-west-1")
    assert one.client("sns").meta.region_name != two.client("sns").meta.region_name
