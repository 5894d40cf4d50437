"""Builds everything, runs every suite, adds up the results. The last line is `N passed, N failed, N skipped`.

`table` is the list of what there is to run: a new suite is one line there. Tests/steps.py runs it, one step a processor
at a time; Tests/reports.py prints the end.
"""
import argparse
import dataclasses
import pathlib
import signal
import subprocess
import sys

import port_values
import reports
from steps import Runner, Step

TOP = pathlib.Path(__file__).resolve().parents[1]
BUILD = TOP / "build"
VALUES = {port: port_values.of(port) for port in port_values.PORTS}
BOARDS = [port for port in VALUES if "BASE" in VALUES[port]]           # ports with a configuration and no code
PORTS = [port for port in VALUES if port not in BOARDS]                # those that this machine runs itself come first
PORTS.sort(key=lambda port: "RUNNER" in VALUES[port])
OLD = "armhf-bookworm"                                                 # Mbed TLS 2.28 on a board
BUILDS = tuple(f"build-{port}" for port in [*PORTS, OLD, *BOARDS])
# What a suite is tested on where nothing is said.
DEFAULTS = {"acceptance": "acceptance-host", "board": "board-armhf"}
# For a binary whose code has all tests under another name.
PORT_TESTS = [f"Tests/Acceptance/test_{name}.py" for name in ("port", "kernel", "dates")]
# Under an emulator a test takes three to ten times as long. Every test runs natively on both versions of Mbed TLS (host
# and amd64), and on the port that differs most (armhf: 32 bits, unsigned char, another calling convention, an emulator)
# all but those that decide from names and words what they read and print: it is the same Swift code everywhere, and
# what it is made of (DER, dates, keys, paths, options, files, the same processes and sockets) stays in the others.
# The rest of the ports run what their code generation, their kernel interface or their archive of Mbed TLS can break:
# handshakes of both versions, bulk data, client certificates, clocks and dates, keys and certificates made and read, a
# reload, memory. The order of events (overload, drain, signals) and what other programs see (pid file, log, service
# managers) is the same everywhere too: three ports are enough for it.
SELECTED = [port for port in PORTS if port not in ("host", "amd64", "armhf")]
WORDS_ALONE = [f"Tests/Acceptance/test_{name}.py" for name in (
    "certificate_constraints", "certificate_names", "certificate_sign", "certs_folder", "clients_rules", "file_forms",
    "names", "probe_faults", "probe_trust", "probe_usage", "usage", "warnings")]
ALMOST_WHOLE = ["Tests/Acceptance", *[f"--ignore={path}" for path in WORDS_ALONE]]
SELECTION = [f"Tests/Acceptance/test_{name}.py" for name in (
    "article", "authorized", "certificate_issue", "certificate_show", "clients", "close", "dates", "kernel",
    "own_identity", "port", "probe", "reload", "resumption", "transfer", "versions")]
# Mbed TLS 2.28 on a board: what host and armhf do not show together, its archive for 32 bits and the shim's other half.
OLD_SELECTION = [f"Tests/Acceptance/test_{name}.py" for name in (
    "article", "authorized", "certificate_issue", "clients", "close", "dates", "port", "probe", "resumption",
    "transfer", "versions")]
# What the processor of a board can break beside what the board of armhf shows: what init does with the program, the
# clock, memory. The clients that come to it have the same program on the kernel with large pages.
BOARD_TESTS = ["Tests/Board/test_service.py", "Tests/Board/test_clock.py"]
# What the size of the kernel's pages can break: memory that is given back, and what clients see if it was their own.
LARGE_PAGES_TESTS = [f"Tests/Board/test_{name}" for name in (
    "service.py::test_memory_at_start", "service.py::test_memory_of_an_idle_connection",
    "service.py::test_memory_with_keys_is_in_no_dump", "service.py::test_reload", "service.py::test_restart",
    "clock.py::test_clients_are_authorized_again_when_the_clock_is_set", "acceptance.py::test_openssl",
    "acceptance.py::test_gnutls", "acceptance.py::test_session_survives_a_reset_connection",
    "acceptance.py::test_spoilt_ticket_leads_to_a_full_handshake", "acceptance.py::test_bulk_comes_back_equal",
    "acceptance.py::test_many_connections_at_once_get_their_own_bytes", "acceptance.py::test_record_of_every_size",
    "acceptance.py::test_two_connections_do_not_wait_for_each_other",
    "acceptance.py::test_renegotiation_is_refused", "service.py::test_kernel_has_nothing_to_complain")]


def build(port, suite=""):
    """Both binaries of a port: the one with the configuration of the tests, and the one with its own. That comes last,
    so that a build behind it finds nothing to do. A board's code is that of its base, which has the first one."""
    name = f"{port}-{suite}" if suite else port
    make = f"make -s PORT={port} SUITE={suite}" if suite else f"make -s PORT={port}"
    if port not in BOARDS:
        make = f"{make} NAME={name}-small CONFIG=Tests/Ports/small && {make}"
    return Step(f"build-{name}", ["sh", "-c", make])


def pytest(name, *arguments, after=(), packages=(), waits=False, **environment):
    """A suite of pytest, with the paths or options that choose its tests, and the files of Tests/packages it needs."""
    command = ["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider",
               f"--junitxml={BUILD / 'reports' / name}.xml", *arguments]
    return Step(name, command, after=after, packages=("pytest", *packages), filter="-k", report=f"{name}.xml",
                waits=waits, environment={"PYTHONDONTWRITEBYTECODE": "1", "BUILD": str(BUILD), **environment})


def acceptance(name, build="", options="", tests=("Tests/Acceptance",)):
    """The acceptance suite on the binaries in a folder of build/, under the emulator of the port if it has one."""
    build = build or name
    runner = port_values.of(build.removesuffix("-bookworm")).get("RUNNER", "")
    return pytest(f"acceptance-{name}", *tests, after=(f"build-{build}",), packages=("acceptance",), waits=not runner,
                  POSTERN_RUNNER=runner + options,
                  POSTERN_BINARY=str(BUILD / build / "postern"),
                  POSTERN_SMALL_BINARY=str(BUILD / f"{build}-small" / "postern"))


def board(port, kernel="", tests=("Tests/Board",)):
    """The board of a port, with the binary that everybody gets. `kernel` is one of its others, such as "16k"."""
    name = f"board-{port}-{kernel}" if kernel else f"board-{port}"
    return pytest(name, *tests, after=(f"build-{port}",), packages=("board",),
                  POSTERN_BOARD=port, POSTERN_BOARD_KERNEL=kernel,
                  POSTERN_RUNNER=port_values.of(port)["RUNNER"], POSTERN_BINARY=str(BUILD / port / "postern"))


def conversations(port):
    """Conversations with the binary of a port that this machine runs itself: they cost no processor, and no processor
    breaks them."""
    return pytest(f"conversations-{port}", "Tests/Conversations", after=("python", f"build-{port}"),
                  packages=("conversations",), POSTERN_RUNNER="", POSTERN_BINARY=str(BUILD / port / "postern"))


def python_package(requirement):
    """A package of Python that Debian has not, in build/python."""
    folder = BUILD / "python"
    script = f"test -d {folder}/tlslite || /usr/bin/python3 -m pip install -q --target {folder} {requirement}"
    return Step("python", ["sh", "-c", script], packages=("conversations",))


def swift_test(name, *options, after=(), **environment):
    """The suites of `swift test`. All are built in one folder: what does not differ is compiled once."""
    command = ["swift", "test", "--build-system", "native", "--scratch-path", str(BUILD / "swift-test"), "-q",
               "--xunit-output", str(BUILD / "reports" / f"{name}.xml"), *options]
    return Step(name, command, after=after, packages=("swift-test",), filter="--filter",
                report=f"{name}-swift-testing.xml", environment=environment)


def example(mode, configuration, *options, after=()):
    """The example, built as Embedded or as ordinary Swift."""
    folder = BUILD / "example"
    swift = ["swift", "build", "--build-system", "native", "--package-path", "Tests/Example", "--product", "reverse",
             "-c", configuration, "--scratch-path", str(folder / f"swift-{mode}"), *options]
    copy = f"mkdir -p {folder}/{mode} && cp {folder}/swift-{mode}/{configuration}/reverse {folder}/{mode}"
    return Step(f"build-example-{mode}", ["sh", "-c", f'"$@" && {copy}', "sh", *swift], after=after,
                packages=("example",))


def swift_test_of_sysroot():
    """Those that link Mbed TLS, with that of Debian 13, whatever this machine has itself: the C modules are compiled
    with its headers, and what links them is linked again."""
    sysroot, folder = BUILD / "sysroot/trixie-amd64/usr", BUILD / "mbedtls-3.6"
    links = {folder / "include" / name: sysroot / "include" / name for name in ("mbedtls", "psa")}
    links |= {folder / "lib" / name: sysroot / "lib/x86_64-linux-gnu" / name
              for name in ("libmbedtls.a", "libmbedx509.a", "libmbedcrypto.a")}
    for link, target in links.items():
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.is_symlink():
            link.symlink_to(target)
    headers = folder.relative_to(TOP) / "include"
    return swift_test("swift-test-3.6", "-Xlinker", f"-L{folder / 'lib'}", "--skip", "PosternCoreTests", "--skip",
                      "PosternX509Tests", "--skip", "PosternAuthorizationTests", after=("swift-test", "build-amd64"),
                      MBEDTLS_HEADERS=str(headers))


def table():
    """Every step there is. `after` names what a step needs; the rest is order: what takes long begins early, and a step
    that waits finds its lane free."""
    return [
        *[build(port) for port in ("host", "amd64", "armhf")],
        acceptance("armhf", tests=ALMOST_WHOLE),            # what takes longest
        *[build(port) for port in SELECTED],
        build("armhf", suite="bookworm"),
        *[build(port) for port in BOARDS],
        example("embedded", "release", "--toolset", str(BUILD / "host/toolset.json"), after=("build-host",)),
        example("ordinary", "debug"),
        swift_test("swift-test"),
        swift_test_of_sysroot(),
        pytest("documentation", "Tests/Documentation", after=("swift-test",)),
        pytest("tidy", *[f"Tests/Tidy/test_{name}.py" for name in ("sources", "documents", "runner", "left_out")],
               packages=("tidy",)),
        pytest("binaries", *[f"Tests/Tidy/test_{name}.py" for name in (
            "binaries", "elf", "hardening", "library", "licences", "manual")],
               packages=("tidy", "ports"), after=BUILDS),
        pytest("ports", "Tests/Ports", packages=("acceptance", "ports"),
               after=("build-host", "build-armhf", "build-raspberrypi-zero")),
        pytest("example", "Tests/Example", after=("build-example-embedded", "build-example-ordinary"),
               packages=("example",)),
        acceptance("host"),
        acceptance("amd64"),
        *[acceptance(port, tests=SELECTION) for port in SELECTED],
        acceptance(OLD, tests=OLD_SELECTION),
        acceptance("armhf-4.19", build="armhf", options=" -r 4.19", tests=PORT_TESTS),
        *[acceptance(port, tests=PORT_TESTS) for port in BOARDS],
        python_package("tlslite-ng==0.8.2"),
        conversations("host"),
        conversations("amd64"),
        board("armhf"),
        board("arm64", tests=BOARD_TESTS),
        board("arm64", kernel="16k", tests=LARGE_PAGES_TESTS),
        # Its inputs are kept, so every run begins where the last one ended. `make fuzz` takes six times as long.
        pytest("fuzz", "Tests/Fuzz", after=("build-host", "build-amd64"), packages=("fuzz",),
               FUZZ_SECONDS="5", POSTERN_BINARY=str(BUILD / "host/postern")),
        pytest("init", "Tests/Init", after=("build-amd64", "build-arm64"), packages=("init",), waits=True,
               POSTERN_BINARY=str(BUILD / "amd64/postern")),
    ]


def chosen(steps, names, expression):
    """The named steps, with only the tests that the expression chooses, and what they need; all without names."""
    by_name = {step.name: step for step in steps}
    names = [DEFAULTS.get(name, name) for name in names]
    for name in names:
        if name not in by_name:
            sys.exit(f"Tests/run: there is no step {name}; there are {', '.join([*DEFAULTS, *by_name])}")
        if expression and not by_name[name].filter:
            sys.exit(f"Tests/run: {name} has no tests to choose from; leave -k out")
    wanted = list(names)
    for name in wanted:
        wanted += by_name[name].after
    kept = [step for step in steps if step.name in wanted] if names else steps
    return [dataclasses.replace(step, command=[*step.command, step.filter, expression])
            if expression and step.name in names else step for step in kept]


def install(steps):
    """The packages that these steps need."""
    files = {name for step in steps for name in step.packages}
    packages = {line for name in files for line in (TOP / "Tests/packages" / name).read_text().split()}
    subprocess.run([TOP / "ports/install-packages.sh", *sorted(packages)], check=True)


def arguments():
    parser = argparse.ArgumentParser(
        prog="Tests/run", description="Runs every test on every build, or the named steps and what they need.",
        epilog="For instance: Tests/run acceptance -k test_reload; Tests/run acceptance-armhf -k 'reload and not "
        "watch'; Tests/run swift-test -k DERTests.")
    parser.add_argument("names", nargs="*", metavar="STEP", help="a step of the table, or acceptance (on the host's "
                        "binary) or board (of armhf)")
    parser.add_argument("-k", dest="expression", metavar="EXPRESSION", help="only the tests of the named steps, or of "
                        "acceptance, that fit: an expression of pytest's -k, or of `swift test --filter`")
    parser.add_argument("--list", action="store_true", help="print the steps, run none")
    given = parser.parse_args()
    if given.expression and not given.names:
        given.names = ["acceptance"]
    return given


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Tests/run: told to stop"))
    given = arguments()
    if given.list:
        print("\n".join(step.name for step in chosen(table(), given.names, given.expression)))
        return
    install(chosen(table(), given.names, given.expression))
    # Once more, because a port's emulator is asked for its version.
    results = Runner(TOP, BUILD / "reports").run(chosen(table(), given.names, given.expression))
    failed = reports.print_end(results)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
