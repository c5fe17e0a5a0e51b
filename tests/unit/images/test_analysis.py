"""How the head of analysis is trained. The model itself is tried where the image is built: images/analysis/check.py."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

FOLDER = Path(__file__).parents[3] / "images" / "analysis"
TABLES = {"train": 300, "heldout": 100}


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("head", FOLDER / "head.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


head = load()


def sentences(table: str) -> tuple[list[str], NDArray[np.bool_]]:
    read: tuple[list[str], NDArray[np.bool_]] = head.read(FOLDER / "sentences" / f"{table}.tsv")
    return read


def plain(sentence: str) -> str:
    return re.sub(r"\W+", " ", sentence.lower()).strip()


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_balanced_and_has_enough(table: str) -> None:
    found, positive = sentences(table)
    assert len(found) >= TABLES[table]
    assert positive.sum() * 2 == len(found)


def test_no_sentence_stands_twice_or_in_both_tables() -> None:
    found = [plain(sentence) for table in TABLES for sentence in sentences(table)[0]]
    assert len(found) == len(set(found))


def test_a_label_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "table.tsv").write_text("positive\tFine.\nneutral\tA table.\n")
    with pytest.raises(ValueError, match=r"table\.tsv has labels other than positive and negative"):
        head.read(tmp_path / "table.tsv")


def example(seed: int, rows: int = 60, columns: int = 8) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    random = np.random.default_rng(seed)
    features = random.normal(size=(rows, columns))
    noisy = features @ random.normal(size=columns) + random.normal(size=rows)
    return features, noisy > 0


@given(st.integers(0, 2**32 - 1))
def test_the_head_is_the_same_in_whatever_order_the_sentences_come(seed: int) -> None:
    features, positive = example(seed)
    order = np.random.default_rng(seed).permutation(len(features))
    assert np.abs(head.fit(features, positive) - head.fit(features[order], positive[order])).max() < 1e-8


@given(st.integers(0, 2**32 - 1), st.floats(-0.01, 0.01), st.integers(0, 8))
def test_nothing_near_the_head_is_better(seed: int, step: float, which: int) -> None:
    features, positive = example(seed)

    def loss(weights: NDArray[np.float64]) -> float:
        odds = features @ weights[:-1] + weights[-1]
        signed = np.where(positive, odds, -odds)
        return float(np.log1p(np.exp(-signed)).mean() + head.STRENGTH / 2 * (weights[:-1] ** 2).sum())

    best = head.fit(features, positive)
    moved = best.copy()
    moved[which] += step
    assert loss(best) <= loss(moved) + 1e-12


def test_a_head_that_does_not_settle_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head, "MOST_STEPS", 1)
    with pytest.raises(ArithmeticError, match="did not settle within 1 steps"):
        head.fit(*example(1))
