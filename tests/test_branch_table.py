"""Branch tables: what a laboratory's files may look like, and the one line that says what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from plastisim.engine.errors import ConfigError
from plastisim.lab.branch_table import ELIMINATION, FORMATION, HEAD_WIDTH, SPINE_DENSITY, BranchTable, concatenate
from plastisim.lab.table_reader import read_branch_table

HEADER = "mouse_id,sex,condition,fov,dendrite,day_-3,day_-1,day_1"
ROWS = ["a,F,saline,1,1,0.50,0.40,0.45", "a,F,saline,1,2,0.30,,0.36", "b,M,psilocybin,1,1,0.40,0.40,0.50"]


def write(path: Path, *lines: str) -> Path:
    """Write lines to a CSV file and return its path."""
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def refused(path: Path, *words: str) -> None:
    """Check that reading stops with one line that holds the file's name and all `words`."""
    with pytest.raises(ConfigError) as caught:
        read_branch_table(path)
    message = str(caught.value)
    assert "\n" not in message
    for word in (path.name, *words):
        assert word in message, message


def test_one_file(tmp_path: Path):
    table = read_branch_table(write(tmp_path / "table.csv", HEADER, *ROWS))
    assert table.mouse.tolist() == ["a", "a", "b"]
    assert table.condition.tolist() == ["vehicle", "vehicle", "psilocybin"]
    assert table.days.tolist() == [-3, -1, 1]
    np.testing.assert_array_equal(table.spine_density, [[0.5, 0.4, 0.45], [0.3, np.nan, 0.36], [0.4, 0.4, 0.5]])
    assert table.has(SPINE_DENSITY)
    assert not table.has(HEAD_WIDTH)
    assert table.drugs() == ("psilocybin",)


def test_one_file_leaves_its_siblings_alone(tmp_path: Path):
    path = write(tmp_path / "spine_density.csv", HEADER, *ROWS)
    write(tmp_path / "spine_head_width.csv", "nonsense")
    assert not read_branch_table(path).has(HEAD_WIDTH)
    refused(tmp_path / "spine_head_width.csv", "no header")


def test_the_name_of_a_file_decides_the_quantity(tmp_path: Path):
    table = read_branch_table(write(tmp_path / "my_formation_rate.csv", HEADER, *ROWS))
    assert table.has(FORMATION)
    assert not table.has(SPINE_DENSITY)
    np.testing.assert_array_equal(table.values(FORMATION)[0], [0.5, 0.4, 0.45])


def test_what_spreadsheets_add_is_accepted(tmp_path: Path):
    """A byte order mark, Windows line ends, spaces, blank lines, capitals, NA and a column of its own."""
    path = tmp_path / "table.csv"
    lines = [HEADER + ",remark", *(f" {row.replace('saline', 'Saline')} ,x" for row in ROWS), ",,,,,,,,", ""]
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).replace(",,0.36", ",NA,0.36").encode())
    table = read_branch_table(path)
    assert table.mouse.tolist() == ["a", "a", "b"]
    assert table.select("vehicle").spine_density.shape == (2, 3)
    assert np.isnan(table.spine_density[1, 1])


def test_another_drug_is_the_drug_arm(tmp_path: Path):
    rows = [row.replace("psilocybin", "Ketamine") for row in ROWS]
    assert read_branch_table(write(tmp_path / "t.csv", HEADER, *rows)).drugs() == ("ketamine",)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], ["empty"]),
        ([HEADER], ["no data"]),
        (ROWS, ["row 1", "no header"]),
        ([HEADER.replace(",", ";")], ["no header", "commas"]),
        ([HEADER.replace("fov", "field"), *ROWS], ["row 1", "column fov", "missing"]),
        ([HEADER.replace("day_-1", "day_-3"), *ROWS], ["column day_-3", "2 times"]),
        ([HEADER.replace("day_-1", "day_9"), *ROWS], ["column day_1", "comes after day 9"]),
        ([HEADER.replace("day_-1", "Day -1"), *ROWS], ["column Day -1", "rename"]),
        ([HEADER.replace("fov", "sex"), *ROWS], ["column fov", "missing"]),
        ([HEADER.replace("sex", "fov"), *ROWS], ["column fov", "2 times"]),
        ([HEADER.replace("day_-3", "day_0.5").replace("day_-1", "day_0.7"), *ROWS], ["before day 0"]),
        ([HEADER.replace("day_1", "day_3"), *ROWS], ["column day_1", "missing", "24 h"]),
        ([HEADER, *ROWS, "c,F,saline,1,1,0.5,O.4,0.4"], ["row 5", "column day_-1", "'O.4'", "1/um"]),
        ([HEADER, *ROWS, "c,F,saline,1,1,0.5,-0.4,0.4"], ["row 5", "column day_-1", "-0.4", "not negative"]),
        ([HEADER, *ROWS, "c,F,saline,1,1,0.5,inf,0.4"], ["row 5", "column day_-1", "inf", "finite"]),
        ([HEADER, *ROWS, "", "c,F,saline,1,1,0.5,x,0.4"], ["row 6", "column day_-1"]),
        ([HEADER, *ROWS, "c,F,saline,1,1,0,5,0,4,0,4"], ["row 5", "11 cells", "expected 8", "decimal comma"]),
        ([HEADER, *ROWS, "c,F,saline,1,1,0.5"], ["row 5", "6 cells", "expected 8"]),
        ([HEADER, *ROWS, ",F,saline,1,1,0.5,0.4,0.4"], ["row 5", "column mouse_id", "blank"]),
        ([HEADER, *ROWS, ROWS[0]], ["row 5", "already in row 2"]),
        ([HEADER, *ROWS, "a,F,psilocybin,7,1,0.5,0.4,0.4"], ["row 5", "mouse a is psilocybin", "vehicle above"]),
        ([HEADER, ROWS[2]], ["column condition", "psilocybin", "none recognised as vehicle"]),
        ([HEADER, *ROWS[:2]], ["column condition", "only one arm"]),
        ([HEADER, *(row.replace("0.", "4.") for row in ROWS)], None),
        ([HEADER, *(row.replace("0.", "6.") for row in ROWS)], ["median 6.4", "per 10 um"]),
        ([HEADER, *(row.replace("0.40", "0") for row in ROWS)], ["exactly 0", "formation_rate.csv"]),
        ([HEADER, *(row.rsplit(",", 3)[0] + ",,," for row in ROWS)], ["no spine density"]),
        ([HEADER, '"a,F,saline', *ROWS], ["row 2", "several lines", "quote"]),
        (['"' + HEADER, *ROWS], ["row 1", "several lines", "quote"]),
    ],
)
def test_nonsense_is_refused_in_one_line(tmp_path: Path, lines: list[str], words: list[str] | None):
    path = write(tmp_path / "t.csv", *lines)
    if words is None:  # 4 spines per um is odd, and possible
        assert len(read_branch_table(path)) == 3
    else:
        refused(path, *words)


def test_units_of_the_other_quantities(tmp_path: Path):
    percent = [row.replace("0.", "1") for row in ROWS]
    refused(write(tmp_path / "formation_rate.csv", HEADER, *percent), "per cent")
    refused(write(tmp_path / "elimination.csv", HEADER, *percent), "row 2", "at most 1", "per cent")
    refused(write(tmp_path / "head_width.csv", HEADER, *percent), "median", "nanometres")


def test_files_that_are_not_text(tmp_path: Path):
    refused(tmp_path / "absent.csv", "no such file")
    for name, content, word in (
        ("latin.csv", HEADER.encode() + b"\nb\xe9b\xe9,F", "UTF-8"),
        ("book.csv", b"PK\x03\x04\xff\xfe", "Excel"),
        ("zero.csv", HEADER.encode() + b"\n\0\0", "zero bytes"),
    ):
        (tmp_path / name).write_bytes(content)
        refused(tmp_path / name, word)


def test_folder_without_density(tmp_path: Path):
    write(tmp_path / "formation_rate.csv", HEADER, *ROWS)
    refused(tmp_path, "spine_density.csv", "formation_rate.csv")


def test_folder_joins_rows_by_name_and_days_by_number(tmp_path: Path):
    write(tmp_path / "spine_density.csv", HEADER, *ROWS)
    later = [f"{row.rsplit(',', 3)[0]},0.1,0.{i}" for i, row in enumerate(ROWS, start=2)]
    write(tmp_path / "formation_rate.csv", HEADER.replace("day_-3,", "") + ",day_3", *(f"{r},0.9" for r in later[::-1]))
    table = read_branch_table(tmp_path)
    assert table.days.tolist() == [-3, -1, 1, 3]
    np.testing.assert_array_equal(table.values(FORMATION)[:, 1:], [[0.1, 0.2, 0.9], [0.1, 0.3, 0.9], [0.1, 0.4, 0.9]])
    assert np.isnan(table.values(FORMATION)[:, 0]).all()
    assert np.isnan(table.spine_density[:, 3]).all()
    assert table.notes == ()


def test_folder_with_other_rows_is_refused(tmp_path: Path):
    write(tmp_path / "spine_density.csv", HEADER, *ROWS)
    other = write(tmp_path / "spine_head_width.csv", HEADER, ROWS[0], ROWS[1].replace("1,2,", "1,3,"), ROWS[2])
    with pytest.raises(ConfigError, match=r"head_width\.csv, row 3: mouse_id a, fov 1, dendrite 3.*spine_density\.csv"):
        read_branch_table(tmp_path)
    write(other, HEADER, ROWS[0], ROWS[2])
    with pytest.raises(ConfigError, match=r"density\.csv, row 3: mouse_id a, fov 1, dendrite 2.*head_width\.csv"):
        read_branch_table(tmp_path)
    write(other, HEADER, *(row.replace("psilocybin", "ketamine") for row in ROWS))
    with pytest.raises(ConfigError, match="condition ketamine"):
        read_branch_table(tmp_path)


def test_spellings_of_one_mouse_are_joined_and_noted(tmp_path: Path):
    write(tmp_path / "spine_density.csv", HEADER, *ROWS)
    write(tmp_path / "spine_head_width.csv", HEADER, *(row.replace("a,F", "A_,F") for row in ROWS))
    table = read_branch_table(tmp_path)
    assert table.mouse.tolist() == ["a", "a", "b"]
    assert len(table.notes) == 1
    assert "A_" in table.notes[0]


def test_mice_that_differ_by_punctuation_only_are_never_joined(tmp_path: Path):
    rows = ["1-11,F,saline,1,1,0.5,0.4,0.45", "11-1,F,psilocybin,1,1,0.3,0.3,0.36"]
    write(tmp_path / "spine_density.csv", HEADER, *rows)
    write(tmp_path / "spine_head_width.csv", HEADER, *rows)
    assert read_branch_table(tmp_path).notes == ()
    write(tmp_path / "spine_head_width.csv", HEADER, rows[0].replace("1-11", "1_11"), rows[1])
    with pytest.raises(ConfigError, match="1_11"):
        read_branch_table(tmp_path)


def test_concatenation_keeps_mice_apart():
    days = np.array([-1.0, 1.0])
    one = BranchTable(np.array(["a"]), np.array(["vehicle"]), days, np.array([[0.5, 0.6]]))
    rates = np.array([[0.1, 0.2]])
    two = BranchTable(one.mouse, one.condition, days + 2.0, np.array([[0.7, 0.8]]), formation=rates)
    both = concatenate({"x": one, "y": two})
    assert both.mouse.tolist() == ["x/a", "y/a"]
    assert both.days.tolist() == [-1, 1, 3]
    np.testing.assert_array_equal(both.spine_density, [[0.5, 0.6, np.nan], [np.nan, 0.7, 0.8]])
    np.testing.assert_array_equal(both.values(FORMATION), [[np.nan] * 3, [np.nan, 0.1, 0.2]])
    assert not both.has(ELIMINATION)


def test_asking_for_what_is_not_there():
    table = BranchTable(np.array(["a"]), np.array(["vehicle"]), np.array([-1.0, 1.0]), np.array([[0.5, 0.6]]))
    with pytest.raises(ConfigError, match="day 3; this table has days -1, 1"):
        table.sessions((3.0,))
    with pytest.raises(ConfigError, match=r"formation_rate\.csv"):
        table.values(FORMATION)
    with pytest.raises(ValueError, match="shape"):
        BranchTable(table.mouse, table.condition, table.days, np.zeros((2, 2)))
    with pytest.raises(ValueError, match="ascend"):
        BranchTable(table.mouse, table.condition, np.array([1.0, 1.0]), table.spine_density)
    with pytest.raises(ValueError, match="condition"):
        BranchTable(table.mouse, np.array(["vehicle", "vehicle"]), table.days, table.spine_density)


def test_deposited_tables_are_accepted_as_they_are(shared: Path):
    thy1, pt = (read_branch_table(shared / "data" / name) for name in ("shao2021", "shao2025_pt"))
    assert [len(thy1), len(thy1.select("vehicle")), len(set(thy1.mouse))] == [161, 85, 12]
    assert [len(pt), len(pt.select("vehicle")), len(set(pt.mouse))] == [160, 85, 17]
    assert thy1.days.tolist() == [-3, -1, 1, 3, 5, 7, 34]
    assert np.isfinite(thy1.values(FORMATION)[:, -1]).sum() == 34
    assert all(thy1.has(q) and pt.has(q) for q in (SPINE_DENSITY, HEAD_WIDTH, FORMATION, ELIMINATION))
    assert pt.notes == ()
    assert len(thy1.notes) == 3  # male3 is also spelled male-3, and one branch is labelled 2/2 and 3/1
    assert np.isfinite(thy1.values(HEAD_WIDTH)[:, :6]).all()
