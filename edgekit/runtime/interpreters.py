"""An artifact opened in the runtime that will run it: arrays in, arrays out.

The one seam to onnxruntime, LiteRT, TensorFlow, ExecuTorch, Core ML and edgekit's reference
evaluator; :mod:`edgekit.runtime.table` is the table of them.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from edgekit.runtime.onnx_session import as_declared, open_session
from edgekit.runtime.session import Feed, Session

if TYPE_CHECKING:
    from edgekit.mil.program import Program


class OnnxRuntime:
    """onnxruntime on the CPU.

    Args:
        path: the file.
        threads: of one operator; 0 is the runtime's own choice.
    """

    lengths: tuple[int, ...] | None = None
    batched = True

    def __init__(self, path: Path, threads: int = 0) -> None:
        import onnxruntime

        self.runtime = f"onnxruntime {onnxruntime.__version__}"
        self._path, self._session = path, open_session(path, threads)
        self._outputs = [output.name for output in self._session.get_outputs()]

    def run(self, feed: Feed) -> dict[str, np.ndarray]:
        """See :meth:`edgekit.runtime.session.Session.run`."""
        values = self._session.run(None, as_declared(self._session, feed))
        return dict(zip(self._outputs, values, strict=True))

    def layers(self, feed: Feed) -> list[np.ndarray]:
        """See :meth:`edgekit.runtime.session.Session.layers`."""
        import onnx

        model = onnx.load(self._path)
        names = [
            node.output[0] for node in model.graph.node if node.op_type == "LayerNormalization"
        ]
        model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
        session = open_session(model.SerializeToString())
        shape = feed["input_ids"].shape
        return [_by_text(value, *shape) for value in session.run(names, as_declared(session, feed))]


def _by_text(value: np.ndarray, batch: int, length: int) -> np.ndarray:
    """A value with a text for each row of axis 0.

    Some files keep tokens in rows, (length * batch, width): these become (batch, length, width).
    Others stay as they are.
    """
    if value.ndim != 2 or len(value) != batch * length:
        return value
    return value.reshape(length, batch, -1).swapaxes(0, 1)


class TfliteInterpreter:
    """LiteRT's interpreter, or TensorFlow's own: both have the same signatures API.

    Args:
        path: the file.
        threads: how many it may use; 0 is its own choice.
        library: the module that has the interpreter.
        runtime: its name and version.
        most_bytes: XNNPACK packs the weights once more for every signature; where that would take
            more than this, the interpreter does without XNNPACK. None: it never does.
    """

    batched = False

    def __init__(
        self,
        path: Path,
        threads: int,
        library: ModuleType,
        runtime: str,
        *,
        most_bytes: int | None = None,
    ) -> None:
        self.runtime = runtime
        self._path = path
        self._open = partial(library.Interpreter, model_path=str(path), num_threads=threads or None)
        self._interpreter = self._open()
        names = self._interpreter.get_signature_list()
        if most_bytes is not None and len(names) * path.stat().st_size > most_bytes:
            self.runtime += " without XNNPACK"
            plain = library.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
            self._open = partial(self._open, experimental_op_resolver_type=plain)
            self._interpreter = self._open()
        self._runners: dict[int, tuple[Any, dict[str, Any]]] = {}  # and the inputs' types
        self._names = {self._length(name): name for name in names}
        self.lengths = tuple(sorted(self._names))

    def run(self, feed: Feed) -> dict[str, np.ndarray]:
        """See :meth:`edgekit.runtime.session.Session.run`."""
        length = next(iter(feed.values())).shape[1]
        if length not in self._runners:
            runner = self._interpreter.get_signature_runner(self._names[length])
            types = {name: row["dtype"] for name, row in runner.get_input_details().items()}
            self._runners[length] = runner, types
        runner, types = self._runners[length]
        return dict(runner(**{name: feed[name].astype(types[name], copy=False) for name in feed}))

    def _length(self, name: str) -> int:
        """The length of a signature in tokens, by edgekit's name for it or else by its input."""
        if name.startswith("seq_"):
            return int(name.removeprefix("seq_"))
        details = self._interpreter.get_signature_runner(name).get_input_details()
        return int(next(iter(details.values()))["shape"][1])

    def layers(self, feed: Feed) -> list[np.ndarray]:
        """See :meth:`edgekit.runtime.session.Session.layers`.

        They are found by the names that the converter gives to tensors:
        ``signature/operator/number``.
        """
        from ai_edge_litert import schema_py_generated as schema

        length = feed["input_ids"].shape[1]
        model = schema.Model.GetRootAs(self._path.read_bytes())
        graphs = [model.Subgraphs(number) for number in range(model.SubgraphsLength())]
        number = next(i for i, row in enumerate(graphs) if row.Name() == f"seq_{length}".encode())
        last: dict[str, int] = {}
        for index in range(graphs[number].TensorsLength()):
            operator = graphs[number].Tensors(index).Name().decode().split("/")[1]
            if operator.startswith("layer_norm"):
                last[operator] = index
        interpreter = self._open(experimental_preserve_all_tensors=True)
        interpreter.get_signature_runner(f"seq_{length}")(**feed)
        return [interpreter.get_tensor(index, number) for index in last.values()]


class ReferenceEvaluator:
    """edgekit's evaluator of a saved ML Program: not Core ML, but every operation of the file.

    Args:
        path: the ``.mlpackage``.
        threads: plays no part: numpy's matrices have one thread. Those of one text are so small
            that a second one, on a machine with other work, made each product 15 to 40 times
            slower.
    """

    runtime = "edgekit reference evaluator"
    batched = False

    def __init__(self, path: Path, threads: int = 0) -> None:
        from threadpoolctl import ThreadpoolController

        from edgekit.mil.package import functions

        self._threads = ThreadpoolController()
        self._path = path
        self._functions = {length: name for name, length in functions(path).items()}
        self._programs: dict[int, Program] = {}
        self.lengths = tuple(sorted(self._functions))

    def run(self, feed: Feed) -> dict[str, np.ndarray]:
        """See :meth:`edgekit.runtime.session.Session.run`."""
        with self._threads.limit(limits=1, user_api="blas"):
            return dict(self._program(feed).predict(feed))

    def layers(self, feed: Feed) -> list[np.ndarray]:
        """See :meth:`edgekit.runtime.session.Session.layers`."""
        found = []

        def keep(op_type: str, name: str, value: np.ndarray) -> None:
            if op_type == "layer_norm":
                found.append(value.astype(np.float32))

        self._program(feed).predict(feed, keep)
        return found

    def _program(self, feed: Feed) -> Program:
        """The function for the feed's length; only the last one that was used stays in memory."""
        from edgekit.mil.program import Program

        length = feed["input_ids"].shape[1]
        if length not in self._programs:
            self._programs = {length: Program.load(self._path, self._functions[length])}
        return self._programs[length]


class CoreMl:
    """Core ML itself, on macOS.

    Args:
        path: the ``.mlpackage``.
        threads: plays no part.
    """

    batched = False

    def __init__(self, path: Path, threads: int = 0) -> None:
        from edgekit.mil.package import functions

        self.runtime = "Core ML"
        self._path = path
        self._functions = {length: name for name, length in functions(path).items()}
        self._models: dict[int, Any] = {}
        self.lengths = tuple(sorted(self._functions))

    def run(self, feed: Feed) -> dict[str, np.ndarray]:
        """See :meth:`edgekit.runtime.session.Session.run`."""
        import coremltools

        length = feed["input_ids"].shape[1]
        if length not in self._models:
            name = self._functions[length] if len(self._functions) > 1 else None
            self._models[length] = coremltools.models.MLModel(str(self._path), function_name=name)
        return dict(self._models[length].predict(dict(feed)))

    def layers(self, feed: Feed) -> list[np.ndarray]:
        """See :meth:`edgekit.runtime.session.Session.layers`."""
        return []


class ExecuTorch:
    """ExecuTorch with XNNPACK and its quantised kernels; the inputs' order is in the file.

    Args:
        path: the ``.pte`` file.
        threads: how many XNNPACK may use, in this whole process; 0 is its own choice.
    """

    lengths: tuple[int, ...] | None = None
    batched = False

    def __init__(self, path: Path, threads: int = 0) -> None:
        import importlib.metadata

        from edgekit.converters import executorch_file

        if threads:
            executorch_file.use_threads(threads)
        self.runtime = f"ExecuTorch {importlib.metadata.version('executorch')}"
        program = executorch_file.load(path)
        facts = executorch_file.facts(program)
        self._inputs, self._outputs = facts["inputs"], facts["outputs"]
        self._method = program.load_method(executorch_file.METHOD)
        self._dtypes = executorch_file.input_dtypes(self._method)

    def run(self, feed: Feed) -> dict[str, np.ndarray]:
        """See :meth:`edgekit.runtime.session.Session.run`."""
        import torch

        tensors = [
            torch.from_numpy(feed[name].astype(dtype, copy=False))
            for name, dtype in zip(self._inputs, self._dtypes, strict=True)
        ]
        values = [value.clone().numpy() for value in self._method.execute(tensors)]
        return dict(zip(self._outputs, values, strict=True))

    def layers(self, feed: Feed) -> list[np.ndarray]:
        """See :meth:`edgekit.runtime.session.Session.layers`."""
        return []


def open_litert(path: Path, threads: int, *, most_bytes: int | None = None) -> Session:
    """Opens a .tflite file in LiteRT's interpreter.

    Arguments are those of :class:`TfliteInterpreter`.
    """
    import importlib.metadata

    from ai_edge_litert import interpreter

    name = f"LiteRT {importlib.metadata.version('ai-edge-litert')}"
    return TfliteInterpreter(path, threads, interpreter, name, most_bytes=most_bytes)


def open_tensorflow(path: Path, threads: int, *, most_bytes: int | None = None) -> Session:
    """Opens a .tflite file in TensorFlow's interpreter.

    Arguments as of :class:`TfliteInterpreter`.
    """
    import tensorflow as tf
    from tensorflow.lite.python import interpreter

    name = f"TensorFlow {tf.__version__}"
    return TfliteInterpreter(path, threads, interpreter, name, most_bytes=most_bytes)
