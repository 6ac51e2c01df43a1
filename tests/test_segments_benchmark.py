"""The benchmark of segments runs, from films to table, at its smallest size."""

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "segments.py"


def test_the_benchmark_of_segments_runs():
    command = [sys.executable, str(SCRIPT), "--quick", "--json"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    report = json.loads(ran.stdout)
    ways = {way["name"]: way for way in report["noise"]["1"]["results"]}
    assert len(ways) == 8 and report["films"] == 6
    viterbi, refined = ways["Viterbi, tuned"], ways["Viterbi, tuned, edges refined"]
    assert viterbi["f1"] > 0.3, "a film that hardly anything is found in tells nothing of the ways to find it"
    assert refined["edge_error"] < viterbi["edge_error"]
