"""The check of a GPU does on a CPU what it does there, but for the bars of speed."""
import json
import subprocess
import sys

from engine import ROOT


def test_the_device_check_runs_on_tiny_shapes(tmp_path):
    done = subprocess.run([sys.executable, ROOT / "Benchmarks" / "device" / "check.py", tmp_path, "--small", "--device", "cpu"],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout[done.stdout.index("{\n"):])
    assert report["missed"] == [] and report["stopped_status"] == 75
    assert report["float32_worst_loss_difference"] < 1e-5 and 0 < report["bfloat16_worst_loss_difference"] < 2e-2
    assert report["resumed_worst_loss_difference"] < 1e-5 and report["1.2b"]["tokens_per_second"] > 0
