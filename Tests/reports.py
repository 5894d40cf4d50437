"""What came of steps: their JUnit files read, and the end of a run printed. Tests/steps.py and Tests/run.py use it.

Beside its report `<step>.xml` a suite may leave `<step>.left-out`, a line `test<tab>reason` for each test that this
machine cannot run.
"""
import dataclasses
import xml.etree.ElementTree


@dataclasses.dataclass(frozen=True)
class Report:
    """Counts of a step, the names of the tests that failed, and {(test, reason)} of those that were left out."""
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: tuple = ()
    left_out: frozenset = frozenset()


def one_failure(reason, report=Report()):
    """A report of a step that failed as a whole."""
    return dataclasses.replace(report, failed=1, failures=(reason,))


def read(path):
    """The report in a JUnit file. One that should be there and is not is a failure."""
    beside = path.with_suffix(".left-out")
    left_out = frozenset(tuple(line.split("\t")) for line in beside.read_text().splitlines()) if beside.exists() else ()
    if not path.exists():
        return one_failure(f"no report {path.name}", Report(left_out=frozenset(left_out)))
    passed, failures, skipped = 0, [], 0
    for test in xml.etree.ElementTree.parse(path).getroot().iter("testcase"):
        kinds = {child.tag for child in test}
        if kinds & {"failure", "error"}:
            failures.append(name(test))
        elif "skipped" in kinds:
            skipped += 1
        else:
            passed += 1
    return Report(passed, len(failures), skipped, tuple(failures), frozenset(left_out))


def name(test):
    """What a test is called on the command line: `Tests/Ports/test_sysroot.py::test_without_a_network`."""
    place, test_name = test.get("classname", ""), test.get("name")
    if place.startswith("Tests."):
        return f"{place.replace('.', '/')}.py::{test_name}"
    return f"{place}/{test_name}" if place else test_name


def print_end(results):
    """A table of the steps, then what was left out, then what failed, then the line that counts: the last one."""
    width = max((len(result.step.name) for result in results), default=0)
    print(f"\n{'step':{width}}  seconds  processor  passed  failed  skipped")
    for result in sorted(results, key=lambda result: -result.seconds):
        report = result.report
        counts = f"{report.passed:8}{report.failed:8}{report.skipped:9}" if result.step.report or report.failed else ""
        print(f"{result.step.name:{width}}{result.seconds:9.0f}{result.processor_seconds:11.0f}{counts}")
    left_out = {}
    for test, reason in frozenset().union(*(result.report.left_out for result in results)):
        left_out.setdefault(reason, []).append(test)
    for reason, tests in sorted(left_out.items()):
        print(f"left out on this machine: {reason}")
        for test in sorted(tests):
            print(f"  {test}")
    for result in results:
        for failure in result.report.failures:
            print(f"FAILED {result.step.name}: {failure}")
    passed, failed, skipped = (sum(getattr(result.report, kind) for result in results)
                               for kind in ("passed", "failed", "skipped"))
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return failed
