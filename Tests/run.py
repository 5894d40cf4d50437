"""Builds everything, runs every suite, adds up the results. The last line is `N passed, N failed, N skipped`."""
import os
import pathlib
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree

TOP = pathlib.Path(__file__).resolve().parents[1]
BUILD = TOP / "build"
REPORTS = BUILD / "reports"
PORTS = sorted(path.parent.name for path in TOP.glob("ports/*/port.mk"))
NATIVE = ["host", "amd64"]     # those whose binaries this machine runs itself
SMALL = "Tests/Ports/small"


def run(title, command, **environment):
    """Runs one step, shows how long it took, and returns whether it succeeded."""
    print(f"--- {title}", flush=True)
    start = time.monotonic()
    code = subprocess.run(command, cwd=TOP, env={**os.environ, **environment}).returncode
    print(f"--- {title}: {'ok' if code == 0 else f'FAILED ({code})'}, {time.monotonic() - start:.0f} s", flush=True)
    return code == 0


def count(report):
    """(passed, failed, skipped) of a JUnit report."""
    tests = failed = skipped = 0
    for suite in xml.etree.ElementTree.parse(report).getroot().iter("testsuite"):
        tests += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped += int(suite.get("skipped", 0))
    return tests - failed - skipped, failed, skipped


def pytest(name, folder, **environment):
    report = REPORTS / f"{name}.xml"
    ended_well = run(name, ["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}",
                            folder], PYTHONDONTWRITEBYTECODE="1", **environment)
    return report, ended_well


def swift_test(name, *options):
    report = REPORTS / f"{name}.xml"
    ended_well = run(name, ["swift", "test", "--build-system", "native", "--scratch-path", str(BUILD / name), "-q",
                            "--xunit-output", str(report), *options])
    return REPORTS / f"{name}-swift-testing.xml", ended_well


def mbedtls_of_sysroot():
    """Options with which `swift test` uses the Mbed TLS of Debian 13, whatever this machine has itself."""
    sysroot, folder = BUILD / "sysroot/trixie-amd64/usr", BUILD / "mbedtls-3.6"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "include").mkdir(parents=True)
    (folder / "lib").mkdir()
    for name in ("mbedtls", "psa"):
        (folder / "include" / name).symlink_to(sysroot / "include" / name)
    for name in ("libmbedtls.a", "libmbedx509.a", "libmbedcrypto.a"):
        (folder / "lib" / name).symlink_to(sysroot / "lib/x86_64-linux-gnu" / name)
    return ["-Xcc", f"-I{folder / 'include'}", "-Xlinker", f"-L{folder / 'lib'}"]


def build():
    """Every binary that a suite needs; without them there is nothing to test."""
    example = ["swift", "build", "--build-system", "native", "--package-path", "Tests/Example", "--product", "reverse"]
    steps = [(f"build {port}", ["make", "-s", f"PORT={port}"]) for port in PORTS]
    steps += [(f"build {port}-small", ["make", "-s", f"PORT={port}", f"NAME={port}-small", f"CONFIG={SMALL}"])
              for port in NATIVE]
    steps += [
        ("build example, embedded", [*example, "-c", "release", "--toolset", str(BUILD / "host/toolset.json"),
                                     "--scratch-path", str(BUILD / "example/swift-embedded")]),
        ("build example, ordinary", [*example, "--scratch-path", str(BUILD / "example/swift-ordinary")])]
    if not all(run(title, command) for title, command in steps):
        sys.exit("Tests/run: a build failed, so nothing was tested\n0 passed, 1 failed, 0 skipped")
    for mode, configuration in (("embedded", "release"), ("ordinary", "debug")):
        (BUILD / "example" / mode).mkdir(parents=True, exist_ok=True)
        shutil.copy2(BUILD / "example" / f"swift-{mode}" / configuration / "reverse", BUILD / "example" / mode)


def main():
    shutil.rmtree(REPORTS, ignore_errors=True)
    REPORTS.mkdir(parents=True)
    build()
    results = [
        pytest("tidy", "Tests/Tidy"),
        swift_test("swift-test"),
        swift_test("swift-test-3.6", *mbedtls_of_sysroot()),
        pytest("example", "Tests/Example", BUILD=str(BUILD)),
    ]
    for port in NATIVE:
        results.append(pytest(
            f"acceptance-{port}", "Tests/Acceptance", POSTERN_BINARY=str(BUILD / port / "postern"),
            POSTERN_SMALL_BINARY=str(BUILD / f"{port}-small" / "postern")))
    totals = [0, 0, 0]
    for report, ended_well in results:
        counts = count(report) if report.exists() else (0, 1, 0)
        if not ended_well and counts[1] == 0:
            counts = (counts[0], 1, counts[2])
        print(f"{report.stem}: {counts[0]} passed, {counts[1]} failed, {counts[2]} skipped")
        totals = [total + more for total, more in zip(totals, counts)]
    print(f"{totals[0]} passed, {totals[1]} failed, {totals[2]} skipped")
    sys.exit(1 if totals[1] or not totals[0] else 0)


main()
