"""The goals of the project, the check against them, and the tables as text."""

import dataclasses

MEGABYTE = 1_000_000
KILOBYTE = 1_000


@dataclasses.dataclass(frozen=True)
class Goal:
    """Holds for every figure of `table` whose name begins with `figure`, on one port or (empty) on all."""
    table: str
    figure: str
    column: str  # what is judged: ratio (Postern to loop) or postern
    minimum: float | None = None
    maximum: float | None = None
    port: str = ""
    decimals: int = 3  # as printed: what cannot be seen is not judged
    noise: float = 0.0  # a miss by no more than this part is called "within noise" and does not fail the check

    def wanted(self):
        bound = f"at least {self.minimum:,g}" if self.minimum is not None else f"at most {self.maximum:,g}"
        return f"{bound} ({'Postern to C loop' if self.column == 'ratio' else 'Postern'})"

    def concerns(self, row):
        return (row["table"] == self.table and row["figure"].startswith(self.figure) and
                self.port in ("", row["port"]) and row[self.column] is not None)

    def verdict(self, row):
        value = round(row[self.column], self.decimals)
        below = value < self.minimum if self.minimum is not None else False
        above = value > self.maximum if self.maximum is not None else False
        if not below and not above:
            return "met"
        allowed = value >= self.minimum * (1 - self.noise) if below else value <= self.maximum * (1 + self.noise)
        return "within noise" if allowed else "MISSED"


GOALS = [
    Goal("instructions", "full handshake", "ratio", maximum=1.01),
    Goal("instructions", "resumed handshake", "ratio", maximum=1.03),
    Goal("instructions", "64-byte echo", "ratio", maximum=1.00),
    Goal("instructions", "16,000-byte echo", "ratio", maximum=1.00),
    Goal("system calls", "64-byte echo", "ratio", maximum=1.00, decimals=2),
    Goal("rate", "bulk echo", "ratio", minimum=1.00, noise=0.05),
    Goal("resources", "PSS an idle connection", "postern", maximum=13 * KILOBYTE, decimals=0),
    Goal("resources", "RSS at start", "postern", maximum=1.2 * MEGABYTE, port="amd64", decimals=0),
    Goal("resources", "binary, stripped", "postern", maximum=1.2 * MEGABYTE, port="amd64", decimals=0),
    Goal("resources", "start to listening", "postern", maximum=20, decimals=1),
]

TITLES = {
    "instructions": "Instructions an operation (callgrind): repeatable, the table to judge by",
    "CPU time": "CPU time an operation, microseconds (noisy, for orientation)",
    "rate": "Operations a second, one after the other; bulk in MiB a second (noisy, for orientation)",
    "system calls": "System calls an operation (strace)",
    "resources": "Memory, size and start (PSS and RSS without the kernel's share)",
}


def missed(figures):
    """One sentence for each figure that misses its goal."""
    return [f"{row['port']}: {row['table']}, {row['figure']}: {row[goal.column]:,.3f}, wanted {goal.wanted()}"
            for row in figures for goal in GOALS if goal.concerns(row) and goal.verdict(row) == "MISSED"]


def judged(row):
    return next((goal.verdict(row) for goal in GOALS if goal.concerns(row)), "")


def number(value, unit):
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 or unit == "bytes" else f"{value:,.2f}"


def print_row(row, first_of_table):
    """A line as soon as it is known; the table's head before the first."""
    if first_of_table:
        print(f"\n{row['port']}: {TITLES[row['table']]}")
        print(f"  {'':34} {'Postern':>14} {'C loop':>14} {'ratio':>7}  goal")
    name = f"{row['figure']}, {row['unit']}" if row["table"] == "resources" else row["figure"]
    ratio = "-" if row["ratio"] is None else f"{row['ratio']:.3f}"
    print(f"  {name:34} {number(row['postern'], row['unit']):>14} {number(row['loop'], row['unit']):>14} {ratio:>7}"
          f"  {judged(row)}".rstrip())
    for who, calls in row.get("calls", {}).items():
        print(f"    {who}: " + ", ".join(f"{call} {count:g}" for call, count in sorted(calls.items())))
