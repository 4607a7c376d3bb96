"""The check of a GPU does on a CPU what it does there, but for the bars of speed."""
import json
import subprocess
import sys

from engine import ENVIRONMENT, ROOT


def test_the_device_check_runs_on_tiny_shapes(tmp_path):
    done = subprocess.run([sys.executable, ROOT / "Benchmarks" / "device" / "check.py", tmp_path, "--small", "--device", "cpu"],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout[done.stdout.index("{\n"):])
    assert report["missed"] == [] and report["stopped_status"] == 75
    assert report["float32_worst_loss_difference"] < 1e-5 and 0 < report["bfloat16_worst_loss_difference"] < 2e-2
    assert report["resumed_worst_loss_difference"] < 1e-5
    # Every line that there is on a GPU: of the shapes, of transformers' Trainer with PEFT, of NF4, of memory that runs out.
    assert report["1.2b"]["tokens_per_second"] > 0 and report["8b"]["tokens_per_second"] > 0
    assert report["1.2b"]["trainer_tokens_per_second"] > 0 and report["1.2b"]["times_trainer"] > 0
    assert report["8b_nf4"]["tokens_per_second"] > 0 and report["product_flops"] > 0
    assert report["out_of_memory"] == "skipped: no CUDA device"


def test_what_is_not_there_is_said(tmp_path):
    """Without bitsandbytes and accelerate their lines say so, and nothing is missed."""
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['bitsandbytes'] = sys.modules['accelerate'] = None\n")
    code = (f"import runpy, sys; sys.argv = ['check.py', '{tmp_path}', '--small', '--device', 'cpu']\n"
            f"check = runpy.run_path('{ROOT}/Benchmarks/device/check.py')['Check'](__import__('pathlib').Path('{tmp_path}'), 'cpu', True)\n"
            "check.nf4(None, None); print(check.report['8b_nf4']); print(check.trainer(None, None, 1))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**ENVIRONMENT, "PYTHONPATH": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["skipped: no bitsandbytes", "None"]
