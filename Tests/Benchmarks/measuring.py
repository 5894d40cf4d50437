"""The measurements. Each yields figures: dictionaries with table, figure, unit, Postern's and the loop's number, ratio.

What is counted is the slope between two counts of operations, so that start, end and the first connection drop out.
"""

import os
import re
import statistics

from building import BenchmarkError, tool


class Operation:
    """`words` are the load's, without the count; `counts` are the two whose slope is taken, a shorter pair for
    --quick, and another under strace; `timed_count` is what is timed at once."""

    def __init__(self, name, words, counts, short_counts, timed_count, calls_counts=None):
        self.name, self.words, self.timed_count, self.calls_counts = name, words, timed_count, calls_counts
        self.counts, self.short_counts = counts, short_counts


OPERATIONS = [
    Operation("full handshake", ("full",), (10, 60), (3, 15), 150, (5, 25)),
    Operation("resumed handshake", ("resumed",), (10, 60), (3, 15), 400, (5, 25)),
    Operation("64-byte echo", ("echo", 64), (100, 1100), (50, 350), 8000, (20, 120)),
    Operation("16,000-byte echo", ("echo", 16000), (50, 350), (10, 50), 1500),
    Operation("bulk echo, a MiB", ("bulk",), (2, 10), (1, 3), 64),
]


def figure(table, name, unit, postern, loop):
    ratio = postern / loop if postern is not None and loop else None
    return {"table": table, "figure": name, "unit": unit, "postern": postern, "loop": loop, "ratio": ratio}


def both(contenders, measure):
    """The same measurement on Postern and on the loop."""
    return [measure(contender) for contender in contenders]


def rows(versions):
    """Every operation in every version; resumption of TLS 1.3 is another thing than that of 1.2, so are records."""
    return [(operation, version) for operation in OPERATIONS for version in versions]


def agree(name, negotiated):
    if negotiated[0] != negotiated[1]:
        raise BenchmarkError(f"{name} is not comparable: Postern negotiated {negotiated[0]}, "
                             f"the C loop {negotiated[1]}")


def instructions(contenders, versions, quick):
    """Table (a): instructions executed by the server's process, counted by callgrind."""
    valgrind = tool("valgrind", "valgrind")
    for operation, version in rows(versions):
        name = f"{operation.name}, TLS {version}"
        low, high = operation.short_counts if quick else operation.counts
        negotiated = []

        def measure(contender):
            totals = []
            for count in (low, high):
                who = contender.name.replace(" ", "-").lower()
                path = contender.build.folder / f"callgrind.{who}.{name.replace(', ', '-').replace(' ', '-')}.{count}"
                with contender.start([valgrind, "-q", "--tool=callgrind", f"--callgrind-out-file={path}"]) as server:
                    answer = server.load(version, *operation.words, count)
                    server.stop()
                totals.append(callgrind_total(path))
            negotiated.append(answer["negotiated"])
            return (totals[1] - totals[0]) / (high - low)

        numbers = both(contenders, measure)
        agree(name, negotiated)
        yield figure("instructions", name, "", *numbers)


def callgrind_total(path):
    found = re.search(r"^(?:summary|totals): (\d+)", path.read_text(), re.M)
    if not found:
        raise BenchmarkError(f"callgrind left no total in {path}")
    return int(found.group(1))


def processor_time(contenders, versions, rounds):
    """Table (b): CPU time an operation and the rate, Postern and the loop by turns; the ratio is the rounds' median."""
    for operation, version in rows(versions):
        name = f"{operation.name}, TLS {version}"
        spent, rates = ([], []), ([], [])
        with contenders[0].start() as postern, contenders[1].start() as loop:
            for turn in range(rounds + 1):
                for index, server in enumerate((postern, loop)):
                    before = server.processor_seconds()
                    answer = server.load(version, *operation.words, operation.timed_count)
                    if turn == 0:
                        continue  # warming up
                    spent[index].append((server.processor_seconds() - before) / operation.timed_count)
                    rates[index].append(operation.timed_count / answer["seconds"])
            postern.stop()
            loop.stop()
        yield by_turns("CPU time", name, "us", [[value * 1e6 for value in column] for column in spent])
        yield by_turns("rate", name, "MiB/s" if "bulk" in name else "/s", rates)


def by_turns(table, name, unit, columns):
    row = figure(table, name, unit, *(statistics.median(column) for column in columns))
    row["ratio"] = statistics.median(postern / loop for postern, loop in zip(*columns))
    return row


def system_calls(contenders, versions):
    """Table (c): system calls an operation, with those that make up the sum."""
    strace = tool("strace", "strace")
    for operation, version in rows(versions):
        if operation.calls_counts is None:
            continue
        low, high = operation.calls_counts
        slopes = []

        def measure(contender):
            counted = []
            for count in (low, high):
                path = contender.build.folder / "strace.txt"
                # -D: strace stands behind the server, whose process id stays the one we started.
                wrapper = [strace, "-D", "-c", "-f", "-U", "name,calls", "-o", path]
                with contender.start(wrapper) as server:
                    server.load(version, *operation.words, count)
                    server.stop()
                counted.append(dict(re.findall(r"^(\w+)\s+(\d+)$", path.read_text(), re.M)))
            slope = {call: (int(counted[1][call]) - int(counted[0].get(call, 0))) / (high - low) for call in counted[1]}
            total = slope.pop("total")
            slopes.append({call: round(value, 2) for call, value in slope.items() if abs(value) >= 0.005})
            return total

        row = figure("system calls", f"{operation.name}, TLS {version}", "", *both(contenders, measure))
        row["calls"] = {"postern": slopes[0], "loop": slopes[1]}
        yield row


def resources(contenders, versions, starts):
    """Table (d): memory, size and start."""
    few, more = 8, 48  # few connections, and those on top of them: a pool has 64

    def memory(version):
        def measure(contender):
            with contender.start() as server:
                holders = [server.hold(version, few)]
                before = server.memory_bytes()[1]
                holders.append(server.hold(version, more))
                after = server.memory_bytes()[1]
                for holder in holders:
                    holder.communicate()
                server.stop()
            return (after - before) / more
        return measure

    def at_start(contender):
        with contender.start() as server:
            found = server.memory_bytes()
            server.stop()
        return found

    def start_time(contender):
        milliseconds = []
        for _ in range(starts):
            with contender.start() as server:
                milliseconds.append(server.start_milliseconds)
                server.stop()
        return statistics.median(milliseconds)

    for version in versions:
        yield figure("resources", f"PSS an idle connection, TLS {version}", "bytes", *both(contenders, memory(version)))
    started = both(contenders, at_start)
    yield figure("resources", "RSS at start", "bytes", *(both_sizes[0] for both_sizes in started))
    yield figure("resources", "PSS at start", "bytes", *(both_sizes[1] for both_sizes in started))
    build = contenders[0].build
    yield figure("resources", "binary, stripped", "bytes", os.path.getsize(build.postern), build.stripped_loop_bytes())
    yield figure("resources", "start to listening", "ms", *both(contenders, start_time))
