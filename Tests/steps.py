"""What runs the table of Tests/run.py: steps that need nothing of each other run two at a time.

A step's output is kept whole and printed when it ends, and stays in build/reports/<step>.log. Steps begin in the order
of the table as soon as what they need has succeeded; a step whose needs failed counts as failed. Only Tests/run.py
uses this file.
"""
import concurrent.futures
import dataclasses
import os
import shutil
import signal
import subprocess
import threading
import time
import xml.etree.ElementTree

AT_A_TIME = 2      # boards are emulated, clients wait: more would only make them miss their deadlines


@dataclasses.dataclass(frozen=True)
class Step:
    """One line of the table."""
    name: str
    command: list
    after: tuple = ()             # names of steps that must have succeeded before
    report: str = ""              # the JUnit file that it writes, relative to build/reports; without one it is no test
    environment: dict = dataclasses.field(default_factory=dict)
    alone: bool = False           # nothing runs beside it: for what measures time
    minutes: int = 15             # after which it is ended, and has failed


@dataclasses.dataclass(frozen=True)
class Result:
    """What came of a step."""
    step: Step
    passed: int
    failed: int
    skipped: int
    seconds: float
    ok: bool


class Runner:
    """Runs steps in `top`; keeps logs and reports in the folder `reports`, which it empties first."""

    def __init__(self, top, reports):
        self.top, self.reports = top, reports
        self.changed = threading.Condition()
        self.results = {}
        self.running = []
        self.processes = []
        shutil.rmtree(reports, ignore_errors=True)
        reports.mkdir(parents=True)

    def run(self, steps):
        """The results of all steps, in the order of the table."""
        names = [step.name for step in steps]
        for place, step in enumerate(steps):
            missing = set(step.after) - set(names[:place])
            assert not missing, f"{step.name} is after {missing}, which must stand before it in the table"
        with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as workers:
            try:
                self._run_all(list(steps), workers)
            except BaseException:     # of an interrupted run nothing must stay behind
                for process in self.processes:
                    self._kill(process)
                raise
        return [self.results[name] for name in names]

    def _run_all(self, waiting, workers):
        """Begins each step when it can, and returns when all have ended."""
        while waiting:
            with self.changed:
                while (step := self._next(waiting)) is None:
                    self.changed.wait()
                waiting.remove(step)
                unmet = [name for name in step.after if not self.results[name].ok]
                if unmet:
                    print(f"--- {step.name}: NOT RUN, because {', '.join(unmet)} failed", flush=True)
                    self.results[step.name] = Result(step, 0, 1, 0, 0, False)
                    continue
                self.running.append(step)
                print(f"... {step.name}", flush=True)
            workers.submit(self._run_one, step)
        with self.changed:
            self.changed.wait_for(lambda: not self.running)

    def _next(self, waiting):
        """The first step of the table that can begin now. One that must run alone lets nothing overtake it."""
        for step in waiting:
            if not all(name in self.results for name in step.after):
                continue
            if step.alone and self.running:
                return None
            if len(self.running) < AT_A_TIME and not any(other.alone for other in self.running):
                return step
        return None

    def _run_one(self, step):
        start = time.monotonic()
        log = self.reports / f"{step.name}.log"
        try:
            code = self._execute(step, log)
            passed, failed, skipped = self._count(step)
            if code != 0 and failed == 0:
                failed = 1
        except Exception as fault:       # a step that cannot even be run must not leave the others waiting for it
            code, passed, failed, skipped = str(fault), 0, 1, 0
        seconds = time.monotonic() - start
        with self.changed:
            self.results[step.name] = Result(step, passed, failed, skipped, seconds, failed == 0)
            self.running.remove(step)
            self.changed.notify_all()
            print(f"--- {step.name}: {'ok' if failed == 0 else f'FAILED ({code})'}, {seconds:.0f} s", flush=True)
            if log.exists() and (text := log.read_text(errors="backslashreplace").rstrip()):
                print(text, flush=True)

    def _execute(self, step, log):
        """Its exit code. A step that takes too long is ended with everything that it started."""
        with open(log, "wb") as output:
            process = subprocess.Popen(
                step.command, cwd=self.top, env={**os.environ, **step.environment}, stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
            self.processes.append(process)
            try:
                return process.wait(step.minutes * 60)
            except subprocess.TimeoutExpired:
                self._kill(process)
                return f"ended after {step.minutes} minutes"

    @staticmethod
    def _kill(process):
        """Ends a step with everything that it started and that did not leave its process group."""
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _count(self, step):
        """(passed, failed, skipped) of its report; a report that should be there and is not is a failure."""
        if not step.report:
            return 0, 0, 0
        path = self.reports / step.report
        if not path.exists():
            return 0, 1, 0
        tests = failed = skipped = 0
        for suite in xml.etree.ElementTree.parse(path).getroot().iter("testsuite"):
            tests += int(suite.get("tests", 0))
            failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            skipped += int(suite.get("skipped", 0))
        return tests - failed - skipped, failed, skipped
