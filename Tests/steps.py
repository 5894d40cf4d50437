"""What runs the table of Tests/run.py: steps that need nothing of each other run side by side, one a processor, and one
more of those that mostly wait.

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

import reports

# Two even on one processor, because tests wait a lot; more than one a processor would miss their deadlines.
AT_A_TIME = max(2, len(os.sched_getaffinity(0)))


@dataclasses.dataclass(frozen=True)
class Step:
    """One line of the table."""
    name: str
    command: list
    after: tuple = ()             # names of steps that must have succeeded before
    packages: tuple = ()          # the files of Tests/packages with what it needs
    filter: str = ""              # its option that takes an expression which chooses tests
    report: str = ""              # the JUnit file that it writes, relative to build/reports; without one it is no test
    environment: dict = dataclasses.field(default_factory=dict)
    waits: bool = False           # most of its time it waits: it runs beside the others
    minutes: int = 25             # after which it is ended, and has failed


@dataclasses.dataclass(frozen=True)
class Result:
    """What came of a step."""
    step: Step
    report: reports.Report
    seconds: float
    processor_seconds: float = 0     # of all processes that it waited for

    @property
    def ok(self):
        return not self.report.failed


class Runner:
    """Runs steps in `top`; keeps logs and reports in `folder`, which it empties first."""

    def __init__(self, top, folder):
        self.top, self.reports = top, folder
        self.changed = threading.Condition()
        self.results = {}
        self.running = []
        self.processes = []
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)

    def run(self, steps):
        """The results of all steps, in the order of the table."""
        names = [step.name for step in steps]
        for place, step in enumerate(steps):
            missing = set(step.after) - set(names[:place])
            assert not missing, f"{step.name} is after {missing}, which must stand before it in the table"
        with concurrent.futures.ThreadPoolExecutor(AT_A_TIME + 1) as workers:
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
                    report = reports.one_failure(f"not run, because {', '.join(unmet)} failed")
                    self.results[step.name] = Result(step, report, 0)
                    continue
                self.running.append(step)
                print(f"... {step.name}", flush=True)
            workers.submit(self._run_one, step)
        with self.changed:
            self.changed.wait_for(lambda: not self.running)

    def _next(self, waiting):
        """The first step of the table that can begin now."""
        for step in waiting:
            if not all(name in self.results for name in step.after):
                continue
            beside = sum(other.waits == step.waits for other in self.running)
            if beside < (1 if step.waits else AT_A_TIME):
                return step
        return None

    def _run_one(self, step):
        start, processor_seconds = time.monotonic(), 0
        log = self.reports / f"{step.name}.log"
        try:
            code, processor_seconds = self._execute(step, log)
            report = reports.read(self.reports / step.report) if step.report else reports.Report()
            if code != 0 and not report.failed:
                said = code if isinstance(code, str) else f"ended with {code}"
                report = reports.one_failure(f"{said}; see {log.relative_to(self.top)}", report)
            if step.report and not report.passed and not report.failed:
                report = reports.one_failure("no test ran", report)
        except Exception as fault:       # a step that cannot even be run must not leave the others waiting for it
            code, report = str(fault), reports.one_failure(str(fault))
        seconds = time.monotonic() - start
        with self.changed:
            result = self.results[step.name] = Result(step, report, seconds, processor_seconds)
            self.running.remove(step)
            self.changed.notify_all()
            print(f"--- {step.name}: {'ok' if result.ok else f'FAILED ({code})'}, {seconds:.0f} s", flush=True)
            if log.exists() and (text := log.read_text(errors="backslashreplace").rstrip()):
                print(text, flush=True)

    def _execute(self, step, log):
        """Its exit code, and seconds of the processors. One that takes too long is ended with all that it started."""
        with open(log, "wb") as output:
            process = subprocess.Popen(
                step.command, cwd=self.top, env={**os.environ, **step.environment}, stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
            self.processes.append(process)
            until, code = time.monotonic() + step.minutes * 60, None
            while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
                if code is None and time.monotonic() > until:
                    os.killpg(process.pid, signal.SIGKILL)
                    code = f"ended after {step.minutes} minutes"
                time.sleep(0.05)
            _, status, usage = ended
            process.returncode = os.waitstatus_to_exitcode(status)
            return code or process.returncode, usage.ru_utime + usage.ru_stime

    @staticmethod
    def _kill(process):
        """Ends a step with everything that it started and that did not leave its process group."""
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
