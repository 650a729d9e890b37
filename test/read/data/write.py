"""Writes the files of this folder: Python 3.11, safetensors 0.8.0, numpy (pip install both)."""
import numpy as np
from safetensors import TensorSpec, serialize
from safetensors.numpy import save_file

kinds = ["float64", "float32", "float16", "int8", "uint8", "int16", "uint16", "int32", "uint32",
         "int64", "uint64"]
tensors = {f"a.{k}": (np.arange(6).reshape(2, 3) * 9 - (0 if k[0] == "u" else 20)).astype(k)
           for k in kinds}
tensors |= {"a.bool": np.array([True, False, True]), "scalar": np.array(1.5, "float32"),
            "empty": np.zeros((0, 4), "float32"), "ünï \"quoted\"": np.array([7], "int8")}
save_file(tensors, "kinds.safetensors", metadata={"framework": "numpy", "note": "line\nbreak"})

bits = np.array([0x3F80, 0xC000, 0x7F80, 0x0001], "uint16")  # 1, -2, infinity, 2^-133
with open("bfloat16.safetensors", "wb") as f:
    f.write(serialize({"w": TensorSpec(dtype="bfloat16", shape=[4], data_ptr=bits.ctypes.data, data_len=8)}))

np.savez_compressed("keras.npz", **{
    "stem/conv/kernel:0": np.arange(12, dtype="float32").reshape(1, 2, 2, 3),
    "stem/conv/bias:0": np.arange(3, dtype="float32")})
