#!/usr/bin/env python3
"""Remakes Tests/Fixtures/weights: one GGUF with a tensor of every type that is read, and what the gguf package makes of it;
and a safetensors file with the three float types.

    pip install gguf==0.19.0 numpy safetensors
    tools/make-weight-fixtures.py Tests/Fixtures/weights
"""
import sys
import numpy as np
from gguf import GGUFWriter, quants
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType as T

out = sys.argv[1]
rng = np.random.default_rng(20)
rows, columns = 3, 512
# Where the half-precision scales lie in a block, so that random blocks stay finite.
halves = {
    T.Q4_0: [0], T.Q4_1: [0, 2], T.Q5_0: [0], T.Q5_1: [0, 2], T.Q8_0: [0], T.Q2_K: [80, 82], T.Q3_K: [108],
    T.Q4_K: [0, 2], T.Q5_K: [0, 2], T.Q6_K: [208],
}
writer = GGUFWriter(f"{out}/every-type.gguf", "llama")
writer.add_uint8("test.uint8", 250)
writer.add_int8("test.int8", -5)
writer.add_uint16("test.uint16", 65000)
writer.add_int16("test.int16", -32000)
writer.add_uint32("test.uint32", 4_000_000_000)
writer.add_int32("test.int32", -2_000_000_000)
writer.add_uint64("test.uint64", 1 << 60)
writer.add_int64("test.int64", -(1 << 60))
writer.add_float32("test.float32", 0.5)
writer.add_float64("test.float64", 0.1)
writer.add_bool("test.bool", True)
writer.add_string("test.string", "grüße 🌍")
writer.add_array("test.strings", ["a", "", "▁b"])
writer.add_array("test.integers", [1, -2, 3])
writer.add_array("test.floats", [0.25, -1.5])
values = rng.standard_normal((rows, columns)).astype(np.float32)
values[0, :4] = [0.0, -0.0, 6e-8, 65504.0]
for kind in [T.F32, T.F16, T.BF16, *halves]:
    if kind == T.F32:
        raw, expected = values, values
    elif kind in (T.F16, T.BF16):
        raw = quants.quantize(values, kind)
        expected = quants.dequantize(raw, kind).astype(np.float32)
        if kind == T.F16:
            raw = values.astype(np.float16)
    else:
        elements, size = GGML_QUANT_SIZES[kind]
        raw = rng.integers(0, 256, size=(rows, columns // elements, size), dtype=np.uint8)
        for offset in halves[kind]:
            scale = rng.standard_normal((rows, columns // elements)).astype(np.float16)
            raw[:, :, offset:offset + 2] = scale.view(np.uint8).reshape(rows, columns // elements, 2)
        raw = raw.reshape(rows, -1)
        expected = quants.dequantize(raw, kind).astype(np.float32)
    writer.add_tensor(kind.name, raw, raw_dtype=None if kind in (T.F32, T.F16) else kind)
    writer.add_tensor(kind.name + ".expected", expected)
for kind in [T.F16, T.BF16, T.Q8_0, T.Q4_0, T.Q4_1]:
    raw = values.astype(np.float16) if kind == T.F16 else quants.quantize(values, kind)
    writer.add_tensor(kind.name + ".quantised", raw, raw_dtype=None if kind == T.F16 else kind)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()

import torch
from safetensors.torch import save_file

x = torch.tensor(values[:, :8])
save_file({"f32": x, "f16": x.half(), "bf16": x.bfloat16(), "ids": torch.arange(4)}, f"{out}/three-types.safetensors",
          metadata={"format": "pt"})
