"""The filter: documents read as they come, cut, scored, kept or dropped with a reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gem_sim.cli import run
from gem_sim.errors import InputError
from gem_sim.pipeline.documents import html_text, read_documents
from gem_sim.pipeline.near import Seen, sketch_of
from gem_sim.pipeline.relevance import Labelled, held_out, precision_recall, read_model, train, write_model
from gem_sim.pipeline.segments import segments
from tests.conftest import CASES, shared_data

TEXTS = CASES / "pipeline" / "texts.jsonl"


def rows(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_each_row_comes_back_with_its_keys_and_keep_and_score(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    assert run(["filter", str(TEXTS), "--out", str(out), "--whole"]) == 0
    given_rows, judged = rows(TEXTS), rows(out)
    assert [row["id"] for row in judged] == [row["id"] for row in given_rows]
    for before, after in zip(given_rows, judged, strict=True):
        assert before.items() <= after.items()
        assert isinstance(after["keep"], bool) and 0 <= after["score"] <= 1
    assert [row["keep"] for row in judged] == [True, True, True, False]


def test_held_out_quality_on_labelled_texts() -> None:
    labelled = [
        Labelled(row["text"], row["label"] == "procedural", row["doc"], row["borderline"])
        for row in map(json.loads, shared_data("texts.jsonl").read_text().splitlines())
    ]
    folds = [precision_recall(fold)[2] for fold in held_out(labelled)]
    assert sum(folds) / len(folds) >= 0.90


def test_a_fold_holds_out_whole_documents() -> None:
    texts = [Labelled(f"Open the box number {n}. Close the lid.", n % 2 == 0, f"doc{n // 3}") for n in range(30)]
    assert sum(len(fold) for fold in held_out(texts)) == 30


def test_a_higher_precision_keeps_fewer(tmp_path: Path) -> None:
    model = read_model()
    assert model.threshold(0.99) >= model.threshold(0.9)
    with pytest.raises(InputError, match="precision"):
        model._replace(thresholds=((0.5, 0.8),)).threshold(0.9)


def test_a_trained_model_is_the_same_after_writing(tmp_path: Path) -> None:
    texts = [Labelled(f"1. Open the tab {n}.\n2. Click Save.", True, f"a{n}") for n in range(8)]
    texts += [Labelled(f"The old bridge was built in 18{n}0 and closed later.", False, f"b{n}") for n in range(8)]
    model = train(texts)
    write_model(tmp_path / "model.json", model, "a test")
    again = read_model(tmp_path / "model.json")
    for text in texts:
        assert abs(again.score(text.text) - model.score(text.text)) < 0.01
        assert (model.score(text.text) > 0.5) == text.procedural


@given(st.text(alphabet="ab .\n#1", max_size=3000), st.integers(min_value=20, max_value=400))
def test_segments_are_the_text_and_none_is_too_long(text: str, most: int) -> None:
    cut = list(segments(text, most))
    assert "".join(text[s.start : s.end] for s in cut) == text
    assert all(s.end - s.start <= most for s in cut)
    assert [s.number for s in cut] == list(range(1, len(cut) + 1))


def test_a_long_text_is_cut_at_its_headings() -> None:
    parts = [f"# Part {n}\n\n" + "Some words stand here. " * 60 + "\n" for n in range(6)]
    text = "\n".join(parts)
    cut = list(segments(text, 3200))
    assert len(cut) > 1
    assert all(text[s.start : s.end].startswith("# Part") for s in cut)


def test_segments_of_a_long_document_say_where_they_stand(tmp_path: Path) -> None:
    long = "\n".join(f"# Part {n}\n\n" + "Open the lid and press the button. " * 80 for n in range(5))
    (tmp_path / "long.md").write_text(long)
    run(["filter", str(tmp_path / "long.md"), "--out", str(tmp_path / "out.jsonl"), "--keep-twins"])
    judged = rows(tmp_path / "out.jsonl")
    assert len(judged) > 1
    assert [row["id"] for row in judged] == [f"long#{n}" for n in range(1, len(judged) + 1)]
    assert all(long[row["start"] : row["end"]] == row["text"] for row in judged)


def test_a_near_duplicate_is_dropped_and_its_twin_named(tmp_path: Path) -> None:
    row = rows(TEXTS)[0]
    twin = {**row, "id": "twin", "text": str(row["text"]).replace("courier", "driver")}
    (tmp_path / "in.jsonl").write_text(json.dumps(row) + "\n" + json.dumps(twin) + "\n")
    run(["filter", str(tmp_path / "in.jsonl"), "--out", str(tmp_path / "out.jsonl")])
    judged = rows(tmp_path / "out.jsonl")
    assert [row["keep"] for row in judged] == [True, False]
    assert judged[1]["reason"] == "nearly the same as parcel"


def test_different_texts_are_no_twins() -> None:
    seen = Seen()
    for row in rows(TEXTS):
        assert seen.twin(str(row["id"]), sketch_of(str(row["text"]))) is None


def test_a_page_is_read_as_its_visible_text() -> None:
    page = "<html><head><title>x</title><script>bad()</script></head><body><h2>Do &amp; don't</h2>"
    page += "<ol><li>Open <b>it</b>.</li><li>Close it.</li></ol><nav>menu</nav></body></html>"
    assert html_text(page).split("\n") == ["## Do & don't", "", "1. Open it.", "2. Close it.", ""]


def test_of_a_page_with_a_main_part_only_that_is_read() -> None:
    page = "<body><p>Press s to search</p><main><p>Open the lid.</p></main><p>Imprint</p></body>"
    assert html_text(page).strip() == "Open the lid."


def test_a_folder_is_read_file_by_file_in_order(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "b.txt").write_text("second")
    (tmp_path / "sub" / "c.html").write_text("<p>third</p>")
    (tmp_path / "a.jsonl").write_text('{"id": "row", "content": "first"}\n')
    (tmp_path / "photo.png").write_bytes(b"\x89PNG")
    assert [document.text.strip() for document in read_documents([tmp_path])] == ["first", "second", "third"]


def test_a_row_without_text_names_file_line_and_cure(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "x"}\n{"title": "y"}\n')
    with pytest.raises(InputError, match=r"a\.jsonl:2: the row has no text; put it under"):
        list(read_documents([tmp_path / "a.jsonl"]))


def test_parquet_is_read_in_its_order(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.table({"id": ["p", "q"], "text": ["one", "two"]}), tmp_path / "t.parquet")
    found = [(document.id, document.text) for document in read_documents([tmp_path / "t.parquet"])]
    assert found == [("p", "one"), ("q", "two")]


def test_the_model_that_comes_with_the_package_is_what_training_gives(tmp_path: Path) -> None:
    path = shared_data("texts.jsonl")
    assert run(["filter", str(path), "--train", "--out", str(tmp_path / "model.json")]) == 0
    fitted, shipped = read_model(tmp_path / "model.json"), read_model()
    for row in map(json.loads, path.read_text().splitlines()):
        assert abs(fitted.score(row["text"]) - shipped.score(row["text"])) < 0.01


def test_training_without_labels_names_the_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["filter", str(TEXTS), "--train", "--out", str(tmp_path / "model.json")]) == 2
    assert "texts.jsonl:1: the row has no label; label every row" in capsys.readouterr().err
    assert not (tmp_path / "model.json").exists()
