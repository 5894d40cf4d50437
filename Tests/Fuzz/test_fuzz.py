"""Hostile bytes into every parser of ours, under AddressSanitizer: FUZZ_SECONDS a target, two targets at a time."""
import concurrent.futures
import os
import re

import fuzzing
import pytest

BINARY = os.environ.get("POSTERN_BINARY") or str(fuzzing.TOP / "build/host/postern")
CHOSEN = os.environ.get("FUZZ_TARGETS", "").split() or fuzzing.TARGETS


@pytest.fixture(scope="module")
def outcomes():
    """A future for each target: they run while the tests wait for them, one after the other."""
    fuzzing.build_modules()
    fuzzing.build_objects()
    documents = fuzzing.make_documents(BINARY)

    def work(target):
        fuzzing.build(target)
        return fuzzing.fuzz(target, documents)

    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        yield {target: pool.submit(work, target) for target in CHOSEN}


@pytest.mark.parametrize("target", CHOSEN)
def test_nothing_crashes(target, outcomes):
    code, output, again = outcomes[target].result()
    runs = re.search(r"stat::number_of_executed_units: (\d+)", output)
    print(f"{target}: {runs[1] if runs else 'no'} inputs in {fuzzing.SECONDS} s")
    assert code == 0, f"{target} failed; see it again with: {again}\n{output[-6000:]}"
    assert runs and int(runs[1]) > 100, output[-2000:]
