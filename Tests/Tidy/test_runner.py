"""Tests/run itself: what it runs at a time, what it chooses and installs, and how a run ends. Nothing is built here."""
import importlib
import os
import pathlib
import re
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(TOP / "Tests"))

import reports  # noqa: E402
import run      # noqa: E402
import steps    # noqa: E402

REPORT = """<testsuites><testsuite>
<testcase classname="Tests.Ports.test_one" name="test_good"/>
<testcase classname="Tests.Ports.test_one" name="test_bad[1]"><failure message="x"/></testcase>
<testcase classname="Tests.Ports.test_one" name="test_worse"><error message="x"/></testcase>
</testsuite></testsuites>"""


def step(folder, name, script="true", text="", **keywords):
    """A step that runs a script, and leaves a report if it is given one."""
    if text:
        (folder / f"{name}.given").write_text(text)
        script += f"; cp {folder}/{name}.given {folder}/reports/{name}.xml"
        keywords["report"] = f"{name}.xml"
    return steps.Step(name, ["sh", "-c", script], **keywords)


def run_to_the_end(folder, *given):
    return steps.Runner(folder, folder / "reports").run(given)


def end_of(capsys, results):
    capsys.readouterr()
    reports.print_end(results)
    return capsys.readouterr().out


def test_a_run_ends_with_times_then_failures_then_counts(tmp_path, capsys):
    results = run_to_the_end(
        tmp_path, step(tmp_path, "quick"), step(tmp_path, "slow", "sleep 0.3", REPORT),
        step(tmp_path, "broken", "exit 3"), step(tmp_path, "behind", after=("broken",)))
    lines = end_of(capsys, results).splitlines()
    assert lines[-1] == "1 passed, 4 failed, 0 skipped"
    assert lines[-5:-1] == ["FAILED slow: Tests/Ports/test_one.py::test_bad[1]",
                            "FAILED slow: Tests/Ports/test_one.py::test_worse",
                            "FAILED broken: ended with 3; see reports/broken.log",
                            "FAILED behind: not run, because broken failed"]
    table = lines[lines.index("step    seconds  processor  passed  failed  skipped") + 1:-5]
    longest_first = [result.step.name for result in sorted(results, key=lambda result: -result.seconds)]
    assert [line.split()[0] for line in table] == longest_first
    assert any(re.fullmatch(r"slow +\d+ +\d+ +1 +2 +0", line) for line in table)


def test_what_this_machine_cannot_run_is_named(tmp_path, capsys):
    lines = "Tests/Init/test_b.py::test_b\tno mounts\nTests/Init/test_a.py::test_a\tno mounts\n"
    script = f"printf '%s' '{lines}' >{tmp_path}/reports/NAME.left-out"
    results = run_to_the_end(tmp_path, *[
        step(tmp_path, name, script.replace("NAME", name), REPORT) for name in ("one", "two")])
    assert ("left out on this machine: no mounts\n  Tests/Init/test_a.py::test_a\n  Tests/Init/test_b.py::test_b\n"
            "FAILED one: ") in end_of(capsys, results)


@pytest.mark.parametrize("text", ["", "<testsuites><testsuite/></testsuites>"])
def test_a_suite_that_ran_nothing_has_failed(tmp_path, text):
    suite = step(tmp_path, "suite", text=text, **({} if text else {"report": "suite.xml"}))
    assert [result.ok for result in run_to_the_end(tmp_path, suite)] == [False]


@pytest.mark.parametrize("processors, expected", [(1, 2), (2, 2), (8, 8)])
def test_as_many_steps_at_a_time_as_processors(tmp_path, monkeypatch, processors, expected):
    try:
        with monkeypatch.context() as context:
            context.setattr(os, "sched_getaffinity", lambda _: set(range(processors)))
            importlib.reload(steps)
        # Each waits until as many have begun as shall run at the same time.
        script = f"touch {tmp_path}/began-$$; for i in $(seq 100); do set -- {tmp_path}/began-*; " \
                 f"[ $# -lt {expected} ] || exit 0; sleep 0.1; done; exit 1"
        results = run_to_the_end(tmp_path, *[step(tmp_path, f"step-{index}", script) for index in range(expected)])
        assert steps.AT_A_TIME == expected and all(result.ok for result in results)
    finally:
        importlib.reload(steps)


def test_one_step_that_waits_runs_beside_the_others(tmp_path):
    """And no second one: three begin together, the fourth when the first of its kind has ended."""
    began = 'touch {0}/began-$1; for i in $(seq 100); do set -- {0}/began-*; [ $# -lt 3 ] || break; sleep 0.1; done'
    script = began.format(tmp_path) + f"; sleep 0.3; ls {tmp_path}/began-* | wc -l"
    results = run_to_the_end(tmp_path, *[
        step(tmp_path, name, f"set -- {name}; {script}", waits=name.startswith("waits"))
        for name in ("waits-1", "waits-2", *[f"works-{index}" for index in range(steps.AT_A_TIME)])])
    counts = [int((tmp_path / "reports" / f"{result.step.name}.log").read_text()) for result in results]
    assert counts[0] == steps.AT_A_TIME + 1 and counts[1] == steps.AT_A_TIME + 2


def test_what_a_step_took_of_the_processors_is_told(tmp_path):
    busy = "i=0; while [ $i -lt 300000 ]; do i=$((i + 1)); done"
    idle, busy = run_to_the_end(tmp_path, step(tmp_path, "idle", "sleep 0.3"), step(tmp_path, "busy", busy))
    assert idle.processor_seconds < 0.2 < idle.seconds and busy.processor_seconds > 0.1


def test_a_step_that_takes_too_long_is_ended(tmp_path):
    result, = run_to_the_end(tmp_path, step(tmp_path, "endless", "sleep 60 & sleep 60", minutes=0.005))
    assert result.seconds < 20
    assert result.report.failures == ("ended after 0.005 minutes; see reports/endless.log",)


def test_an_expression_chooses_tests_of_the_named_steps_alone():
    chosen = {one.name: one.command for one in run.chosen(run.table(), ["acceptance"], "reload")}
    assert set(chosen) == {"build-host", "acceptance-host"}
    assert chosen["acceptance-host"][-2:] == ["-k", "reload"] and "reload" not in chosen["build-host"]
    chosen = run.chosen(run.table(), ["swift-test"], "DERTests")
    assert [one.command[-2:] for one in chosen] == [["--filter", "DERTests"]]


def test_what_there_is_not_is_refused():
    for names, expression, said in ((["nonsense"], None, "no step nonsense"), (["build-host"], "x", "no tests")):
        with pytest.raises(SystemExit, match=said):
            run.chosen(run.table(), names, expression)


def test_what_a_suite_takes_or_leaves_out_is_there():
    """pytest says nothing of a file to leave out that has another name now."""
    named = {word.removeprefix("--ignore=") for one in run.table() for word in one.command if "Tests/" in word}
    files = {word.partition("::")[0] for word in named if re.match("Tests/[A-Z]", word)}
    assert "Tests/Acceptance/test_names.py" in files and not {name for name in files if not (TOP / name).exists()}


def test_a_suite_installs_only_what_it_needs(monkeypatch):
    asked, chosen = [], run.chosen(run.table(), ["tidy"], None)
    monkeypatch.setattr(subprocess, "run", lambda words, **_: asked.append([str(word) for word in words]))
    run.install(chosen)
    assert asked[0][0].endswith("ports/install-packages.sh")
    assert {"python3-pytest", "shellcheck", "mandoc"} <= set(asked[0])
    assert not {"qemu-user", "gnutls-bin"} & set(asked[0])


def test_every_list_of_packages_belongs_to_a_suite():
    """Or to `make bench`, which is no step."""
    lists = {path.name for path in (TOP / "Tests/packages").iterdir()}
    assert lists == {name for one in run.table() for name in one.packages} | {"benchmarks"}
